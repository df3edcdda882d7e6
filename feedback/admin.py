"""Surveys, their questions, invitations and answers in the admin."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from crm.admin.bases import LargeAdmin, ReadOnlyAdmin
from feedback.models import Answer, Invitation, Question, Survey


class QuestionInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Question
    extra = 0


@admin.register(Survey)
class SurveyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "slug", "kind", "state", "is_imported", "created_at")
    list_filter = ("kind", "state", "is_imported")
    search_fields = ("name", "slug")
    inlines = (QuestionInline,)


@admin.register(Question)
class QuestionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("key", "survey", "kind", "is_required", "position")
    list_filter = ("kind", "survey")
    list_select_related = ("survey",)
    search_fields = ("key",)


@admin.register(Invitation)
class InvitationAdmin(LargeAdmin):
    list_display = ("survey", "customer", "source", "state", "asked_at", "expires_at")
    list_filter = ("state", "survey")
    list_select_related = ("survey", "customer")
    raw_id_fields = ("customer",)
    search_fields = ("customer__email", "source")


@admin.register(Answer)
class AnswerAdmin(ReadOnlyAdmin):
    """To look at only: an answer is the customer's, and the ledger would not hear of a change made here."""

    list_display = ("survey", "customer", "score", "comment", "answered_at")
    list_filter = ("survey",)
    list_select_related = ("survey", "customer")
    search_fields = ("customer__email", "comment")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Answer]:
        return super().get_queryset(request).order_by("-answered_at", "-id")
