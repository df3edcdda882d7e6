"""What the tables of the admin share."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest


class LargeAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """No count of everything beside each search, no list of all related rows in a select box."""

    show_full_result_count = False
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER


class ReadOnlyAdmin(LargeAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
