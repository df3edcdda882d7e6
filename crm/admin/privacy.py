"""Encrypted values: who has one, never what it says."""

from __future__ import annotations

from django.contrib import admin

from crm.admin.bases import ReadOnlyAdmin
from crm.models import SensitiveValue


@admin.register(SensitiveValue)
class SensitiveValueAdmin(ReadOnlyAdmin):
    list_display = ("customer", "field")
    list_select_related = ("customer", "field")
    list_filter = ("field",)
    exclude = ("value",)
    ordering = ("-id",)
