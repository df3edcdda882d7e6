"""Cases and what belongs to service. What was said and received can be read but not changed."""

from __future__ import annotations

from django.contrib import admin

from crm.admin.bases import LargeAdmin, ReadOnlyAdmin
from crm.models import (
    BusinessHours,
    CannedReply,
    Case,
    CaseAttachment,
    CaseMessage,
    Holiday,
    Mailbox,
    ReceivedMail,
    ServiceLevel,
    SlaPolicy,
)


@admin.register(Case)
class CaseAdmin(ReadOnlyAdmin):
    list_display = ("id", "subject", "customer", "state", "priority", "owner", "channel", "opened_at")
    list_filter = ("state", "priority", "channel")
    list_select_related = ("customer", "owner")
    search_fields = ("search_text", "=id")
    ordering = ("-id",)


@admin.register(CaseMessage)
class CaseMessageAdmin(ReadOnlyAdmin):
    list_display = ("case_id", "direction", "sender_email", "is_automatic", "at")
    list_filter = ("direction", "is_automatic")
    search_fields = ("=case__id", "sender_email")
    ordering = ("-id",)


@admin.register(CaseAttachment)
class CaseAttachmentAdmin(ReadOnlyAdmin):
    list_display = ("name", "content_type", "size", "reason")
    search_fields = ("name",)
    ordering = ("-id",)


@admin.register(ReceivedMail)
class ReceivedMailAdmin(ReadOnlyAdmin):
    list_display = ("subject", "sender", "state", "reason", "case_id", "received_at")
    list_filter = ("state", "reason")
    search_fields = ("sender", "subject")
    ordering = ("-id",)


@admin.register(Mailbox)
class MailboxAdmin(ReadOnlyAdmin):
    list_display = ("name", "address", "kind", "is_active", "checked_at", "error")
    exclude = ("secret", "hook")


@admin.register(CannedReply)
class CannedReplyAdmin(LargeAdmin):
    list_display = ("title", "uses")
    search_fields = ("title", "text")


@admin.register(Holiday)
class HolidayAdmin(LargeAdmin):
    list_display = ("on", "name")


@admin.register(SlaPolicy)
class SlaPolicyAdmin(LargeAdmin):
    list_display = ("priority", "first_minutes", "solve_minutes")


@admin.register(ServiceLevel)
class ServiceLevelAdmin(LargeAdmin):
    list_display = ("name", "group", "position", "first_minutes", "solve_minutes")


@admin.register(BusinessHours)
class BusinessHoursAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "reopen_days", "close_days", "acknowledge")
