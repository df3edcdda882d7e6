"""The audit log as a table."""

from __future__ import annotations

from django.contrib import admin

from crm.admin.bases import ReadOnlyAdmin
from crm.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor", "action", "kind", "object_key", "count")
    list_filter = ("action",)
    list_select_related = ("actor",)
    search_fields = ("=kind", "=object_key")
    ordering = ("-at", "-id")
