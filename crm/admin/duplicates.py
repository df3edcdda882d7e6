"""Duplicates: searches, groups, merges and what merged people were known by."""

from __future__ import annotations

from django.contrib import admin

from crm.admin.bases import ReadOnlyAdmin
from crm.models import (
    BulkMerge,
    CustomerAlias,
    CustomerMerge,
    DifferentPeople,
    DuplicateGroup,
    DuplicateMember,
    DuplicateSearch,
)


@admin.register(DuplicateSearch)
class DuplicateSearchAdmin(ReadOnlyAdmin):
    list_display = ("asked_at", "state", "customers", "compared", "groups")
    list_filter = ("state",)


@admin.register(DuplicateGroup)
class DuplicateGroupAdmin(ReadOnlyAdmin):
    list_display = ("found_at", "state", "confidence")
    list_filter = ("state",)


@admin.register(DuplicateMember)
class DuplicateMemberAdmin(ReadOnlyAdmin):
    list_display = ("group", "customer")
    list_select_related = ("group", "customer")


@admin.register(DifferentPeople)
class DifferentPeopleAdmin(ReadOnlyAdmin):
    list_display = ("one", "other", "said_at")
    list_select_related = ("one", "other")


@admin.register(BulkMerge)
class BulkMergeAdmin(ReadOnlyAdmin):
    list_display = ("asked_at", "state", "confidence", "merged", "skipped")
    list_filter = ("state",)


@admin.register(CustomerMerge)
class CustomerMergeAdmin(ReadOnlyAdmin):
    list_display = ("merged_at", "state", "survivor")
    list_filter = ("state",)


@admin.register(CustomerAlias)
class CustomerAliasAdmin(ReadOnlyAdmin):
    list_display = ("kind", "value", "customer")
    list_filter = ("kind",)
    search_fields = ("value",)
    list_select_related = ("customer",)
