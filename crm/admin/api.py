"""Programs that speak with this one: tokens, webhooks, the website."""

from __future__ import annotations

from django.contrib import admin

from crm.admin.bases import ReadOnlyAdmin
from crm.models import (
    AnonymousEvent,
    ApiToken,
    ExportFile,
    RememberedAnswer,
    Visitor,
    WebhookDelivery,
    WebhookEndpoint,
    Website,
)


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    list_display = ("name", "prefix", "user", "created_at", "last_used_at", "revoked_at")
    list_select_related = ("user",)
    search_fields = ("name", "=prefix")
    exclude = ("digest",)


@admin.register(RememberedAnswer)
class RememberedAnswerAdmin(ReadOnlyAdmin):
    list_display = ("key", "token", "status", "at")
    list_select_related = ("token",)
    search_fields = ("=key",)
    exclude = ("body",)
    ordering = ("-id",)


@admin.register(Website)
class WebsiteAdmin(ReadOnlyAdmin):
    list_display = ("key", "is_on", "last_event_at")
    exclude = ("signing_secret",)


@admin.register(AnonymousEvent)
class AnonymousEventAdmin(ReadOnlyAdmin):
    list_display = ("kind", "at", "subject")
    search_fields = ("=kind", "=visitor")
    ordering = ("-id",)


@admin.register(Visitor)
class VisitorAdmin(ReadOnlyAdmin):
    list_display = ("visitor", "customer", "identified_at", "seen_at")
    list_select_related = ("customer",)
    search_fields = ("=visitor",)
    ordering = ("-id",)


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    list_display = ("name", "url", "state", "failing_since")
    list_filter = ("state",)
    search_fields = ("name", "url")
    exclude = ("secret",)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    list_display = ("event", "endpoint", "state", "attempts", "response_status", "created_at")
    list_filter = ("state",)
    list_select_related = ("endpoint",)
    search_fields = ("=message_id", "=event")
    ordering = ("-id",)


@admin.register(ExportFile)
class ExportFileAdmin(ReadOnlyAdmin):
    list_display = ("id", "format", "by", "state", "rows", "created_at")
    list_filter = ("state",)
    list_select_related = ("by",)
    exclude = ("path",)
