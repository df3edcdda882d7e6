"""Campaigns, their links, templates and events in the admin."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from campaigns.models import Campaign, Link, MailTemplate, MessageEvent
from crm.admin.bases import ReadOnlyAdmin


@admin.register(Campaign)
class CampaignAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """States move only through the pages, which check what may follow what."""

    list_display = ("name", "slug", "state", "scheduled_at", "started_at", "finished_at")
    list_filter = ("state", "is_demo")
    search_fields = ("name", "slug", "subject")
    filter_horizontal = ("include", "exclude")
    raw_id_fields = ("mailing", "created_by")
    readonly_fields = ("state", "mailing", "error", "started_at", "finished_at", "created_at")
    date_hierarchy = "created_at"

    def has_delete_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        return obj is None or obj.state == Campaign.State.DRAFT


@admin.register(MailTemplate)
class MailTemplateAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "language", "description", "updated_at")
    list_filter = ("language",)
    search_fields = ("name", "subject")


@admin.register(Link)
class LinkAdmin(ReadOnlyAdmin):
    """To look at only: mails already sent point to these addresses."""

    list_display = ("campaign", "position", "url")
    list_select_related = ("campaign",)
    search_fields = ("url", "campaign__name")


@admin.register(MessageEvent)
class MessageEventAdmin(ReadOnlyAdmin):
    """Raw hits, as they came."""

    list_display = ("kind", "message", "link", "at", "verdict", "signal", "agent")
    list_filter = ("kind", "verdict", "signal")
    list_select_related = ("message", "link")
