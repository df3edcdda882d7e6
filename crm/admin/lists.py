"""Saved views and actions on many."""

from __future__ import annotations

from django.contrib import admin

from crm.admin.bases import LargeAdmin, ReadOnlyAdmin
from crm.models import BulkJob, BulkTarget, CustomerView, ListHabit


@admin.register(CustomerView)
class CustomerViewAdmin(LargeAdmin):
    list_display = ("name", "by", "place")
    list_select_related = ("by",)
    raw_id_fields = ("by",)


@admin.register(ListHabit)
class ListHabitAdmin(LargeAdmin):
    list_display = ("user", "opens")
    list_select_related = ("user", "opens")
    raw_id_fields = ("user", "opens")


@admin.register(BulkJob)
class BulkJobAdmin(ReadOnlyAdmin):
    list_display = ("title", "state", "by", "total", "changed", "created_at")
    list_filter = ("state",)
    list_select_related = ("by",)


@admin.register(BulkTarget)
class BulkTargetAdmin(ReadOnlyAdmin):
    list_display = ("job_id", "customer_id")
    ordering = ("-pk",)
