"""Shops and sources that keep the data in step, and how good the data are."""

from __future__ import annotations

from django.contrib import admin

from crm.admin.bases import ReadOnlyAdmin
from crm.models import (
    Feed,
    FeedFile,
    QualityException,
    QualityFinding,
    QualityRun,
    ShopConnection,
    ShopEvent,
)


@admin.register(ShopConnection)
class ShopConnectionAdmin(ReadOnlyAdmin):
    list_display = ("name", "kind", "domain", "state", "last_event_at")
    exclude = ("secret", "token")


@admin.register(ShopEvent)
class ShopEventAdmin(ReadOnlyAdmin):
    list_display = ("topic", "connection", "number", "state", "attempts", "received_at")
    list_filter = ("state",)
    list_select_related = ("connection",)
    search_fields = ("=event_id", "=number")
    exclude = ("body",)
    ordering = ("-id",)


@admin.register(Feed)
class FeedAdmin(ReadOnlyAdmin):
    list_display = ("name", "kind", "content", "state", "looked_at")
    list_filter = ("state",)
    exclude = ("authorization",)


@admin.register(FeedFile)
class FeedFileAdmin(ReadOnlyAdmin):
    list_display = ("name", "feed", "batch", "at")
    list_select_related = ("feed", "batch")
    ordering = ("-id",)


@admin.register(QualityRun)
class QualityRunAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "state", "finished_at")
    list_filter = ("state",)


@admin.register(QualityFinding)
class QualityFindingAdmin(ReadOnlyAdmin):
    list_display = ("rule", "row")
    search_fields = ("=rule",)


@admin.register(QualityException)
class QualityExceptionAdmin(ReadOnlyAdmin):
    list_display = ("rule", "row", "reason", "by", "at")
    list_select_related = ("by",)
    search_fields = ("=rule",)
