"""Sign-up forms and subscriptions."""

from __future__ import annotations

from django.contrib import admin

from crm.admin.bases import LargeAdmin, ReadOnlyAdmin
from crm.models import SignUpForm, Subscription


@admin.register(SignUpForm)
class SignUpFormAdmin(LargeAdmin):
    list_display = ("name", "slug", "state", "seen", "sent", "confirmed")
    list_filter = ("state",)


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    """Changed on its own page, where renewals are written down with it."""

    list_display = ("customer", "product", "amount", "interval", "renews_on", "state")
    list_select_related = ("customer", "product")
    list_filter = ("state", "interval")
    ordering = ("-id",)
