"""The audit log as a table."""

from __future__ import annotations

from django.contrib import admin

from crm.admin.bases import ReadOnlyAdmin
from crm.models import AuditEntry, AuditPass, RecoveryCode, SecondFactor


@admin.register(AuditPass)
class AuditPassAdmin(ReadOnlyAdmin):
    pass


@admin.register(SecondFactor)
class SecondFactorAdmin(ReadOnlyAdmin):
    list_display = ("user", "confirmed_at")
    fields = ("user", "confirmed_at", "created_at")


@admin.register(RecoveryCode)
class RecoveryCodeAdmin(ReadOnlyAdmin):
    list_display = ("user", "used_at")
    fields = ("user", "used_at")


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor", "action", "kind", "object_key", "count")
    list_filter = ("action",)
    list_select_related = ("actor",)
    search_fields = ("=kind", "=object_key")
    ordering = ("-at", "-id")
