"""What large changes did, so that they can be undone."""

from __future__ import annotations

from django.contrib import admin

from crm.admin.bases import ReadOnlyAdmin
from crm.models import Journal, JournalEntry


@admin.register(Journal)
class JournalAdmin(ReadOnlyAdmin):
    list_display = ("title", "kind", "state", "at", "undone_at")
    list_filter = ("kind", "state")
    search_fields = ("title", "=reference")
    ordering = ("-id",)


@admin.register(JournalEntry)
class JournalEntryAdmin(ReadOnlyAdmin):
    list_display = ("journal", "model", "row", "kind")
    list_filter = ("kind",)
    list_select_related = ("journal",)
    search_fields = ("=model", "=row")
    exclude = ("image",)
    ordering = ("-id",)
