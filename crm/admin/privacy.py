"""Permission and privacy: what proves something is read here, never changed."""

from __future__ import annotations

from django.contrib import admin

from crm.admin.bases import LargeAdmin, ReadOnlyAdmin
from crm.models import (
    BackupRecord,
    ConsentState,
    ConsentWording,
    ErasedIdentity,
    OptIn,
    PersonalArchive,
    PrivacyRequest,
    Purpose,
    RetentionRule,
    SensitiveValue,
)


@admin.register(SensitiveValue)
class SensitiveValueAdmin(ReadOnlyAdmin):
    """Who has a value, never what it says."""

    list_display = ("customer", "field")
    list_select_related = ("customer", "field")
    list_filter = ("field",)
    exclude = ("value",)
    ordering = ("-id",)


@admin.register(Purpose)
class PurposeAdmin(LargeAdmin):
    list_display = ("name", "key", "is_public", "position")


@admin.register(ConsentWording)
class ConsentWordingAdmin(ReadOnlyAdmin):
    list_display = ("purpose", "language", "version", "since")
    list_select_related = ("purpose",)


@admin.register(ConsentState)
class ConsentStateAdmin(ReadOnlyAdmin):
    list_display = ("customer", "purpose", "channel", "state", "at")
    list_select_related = ("customer",)
    list_filter = ("state",)
    ordering = ("-id",)


@admin.register(OptIn)
class OptInAdmin(ReadOnlyAdmin):
    list_display = ("source", "customer", "state", "asked_at", "sent_count", "confirmed_at")
    list_select_related = ("customer",)
    list_filter = ("state",)
    ordering = ("-id",)


@admin.register(ErasedIdentity)
class ErasedIdentityAdmin(ReadOnlyAdmin):
    list_display = ("kind", "digest", "at")
    list_filter = ("kind",)
    ordering = ("-id",)


@admin.register(PrivacyRequest)
class PrivacyRequestAdmin(ReadOnlyAdmin):
    list_display = ("kind", "customer", "state", "due_on", "settled_at")
    list_select_related = ("customer",)
    list_filter = ("state", "kind")


@admin.register(PersonalArchive)
class PersonalArchiveAdmin(ReadOnlyAdmin):
    list_display = ("customer", "size", "made_at", "expires_at")
    list_select_related = ("customer",)


@admin.register(RetentionRule)
class RetentionRuleAdmin(ReadOnlyAdmin):
    list_display = ("kind", "keep_days", "is_on", "ran_at", "last_count")


@admin.register(BackupRecord)
class BackupRecordAdmin(ReadOnlyAdmin):
    list_display = ("name", "made_at", "rows", "deleted_at")
