"""What the owner may look into; features, memberships and clusters are calculated, never typed."""

from __future__ import annotations

from django.contrib import admin

from crm.admin.bases import LargeAdmin, ReadOnlyAdmin
from segments.models import (
    ClusterMember,
    CustomerFeatures,
    HandPick,
    Membership,
    ModelTag,
    ScoringRun,
    Segment,
)


@admin.register(Segment)
class SegmentAdmin(LargeAdmin):
    list_display = ("name", "slug", "kind", "member_count", "refreshed_at", "error")
    list_filter = ("kind",)
    search_fields = ("name", "slug")
    readonly_fields = ("member_count", "refreshed_at", "error", "created_at")


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    list_display = ("segment", "customer", "entered_at", "left_at")
    list_select_related = ("segment", "customer")
    list_filter = ("segment",)


@admin.register(HandPick)
class HandPickAdmin(ReadOnlyAdmin):
    list_display = ("segment", "customer", "included", "made_at", "made_by", "ended_at")
    list_select_related = ("segment", "customer", "made_by")
    list_filter = ("included", "segment")


@admin.register(CustomerFeatures)
class CustomerFeaturesAdmin(ReadOnlyAdmin):
    list_display = ("customer", "as_of", "orders", "revenue", "recency_days", "rfm_group", "cluster")
    list_select_related = ("customer",)
    list_filter = ("rfm_group",)
    search_fields = ("customer__email", "customer__external_id")


@admin.register(ModelTag)
class ModelTagAdmin(ReadOnlyAdmin):
    list_display = ("code", "tag", "is_on", "limit", "was_given")
    list_select_related = ("tag",)


@admin.register(ScoringRun)
class ScoringRunAdmin(ReadOnlyAdmin):
    list_display = ("id", "kind", "state", "is_live", "as_of", "created_at", "finished_at", "error")
    list_filter = ("kind", "state", "is_live")


@admin.register(ClusterMember)
class ClusterMemberAdmin(ReadOnlyAdmin):
    list_display = ("run", "customer", "cluster")
    list_select_related = ("run", "customer")
