"""What helps to read files."""

from __future__ import annotations

from django.contrib import admin

from crm.admin.bases import LargeAdmin, ReadOnlyAdmin
from crm.models import ImportProfile, Rate


@admin.register(Rate)
class RateAdmin(LargeAdmin):
    list_display = ("currency", "valid_from", "rate")
    list_filter = ("currency",)


@admin.register(ImportProfile)
class ImportProfileAdmin(ReadOnlyAdmin):
    list_display = ("file_name", "kind", "used_at")
    list_filter = ("kind",)
