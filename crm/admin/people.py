"""Tasks, households and companies, interests."""

from __future__ import annotations

from django.contrib import admin

from crm.admin.bases import LargeAdmin
from crm.models import Group, GroupMember, GroupRefusal, Interest, Task


@admin.register(Task)
class TaskAdmin(LargeAdmin):
    list_display = ("title", "owner", "due_on", "done_at")
    list_select_related = ("owner",)
    raw_id_fields = ("customer", "case")


@admin.register(Group)
class GroupAdmin(LargeAdmin):
    list_display = ("name", "kind", "domain")
    list_filter = ("kind",)
    search_fields = ("name", "domain")


@admin.register(GroupMember)
class GroupMemberAdmin(LargeAdmin):
    list_display = ("group", "customer", "role", "is_main")
    list_select_related = ("group", "customer")
    raw_id_fields = ("group", "customer")


@admin.register(GroupRefusal)
class GroupRefusalAdmin(LargeAdmin):
    list_display = ("kind", "key")


@admin.register(Interest)
class InterestAdmin(LargeAdmin):
    list_display = ("category", "tag", "is_on")
    list_select_related = ("tag",)
