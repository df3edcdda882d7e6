"""What leaves and how: senders and their pace, rules of writing, what came back, the brand of mails."""

from __future__ import annotations

from django.contrib import admin

from crm.admin.bases import ReadOnlyAdmin
from crm.models import Brand, ContactRules, ContactWish, DeliveryEvent, Pace, PaceCount, Picture, Sender


@admin.register(Sender)
class SenderAdmin(ReadOnlyAdmin):
    list_display = ("name", "from_email", "kind", "provider", "is_usual", "is_active")
    search_fields = ("name", "from_email")
    exclude = ("secret", "dkim_key", "hook", "hook_secret")


@admin.register(Pace)
class PaceAdmin(ReadOnlyAdmin):
    list_display = ("sender", "domain", "next_at")
    list_select_related = ("sender",)
    search_fields = ("=domain",)


@admin.register(PaceCount)
class PaceCountAdmin(ReadOnlyAdmin):
    list_display = ("sender", "at", "n")
    list_select_related = ("sender",)
    search_fields = ("sender__name",)


@admin.register(DeliveryEvent)
class DeliveryEventAdmin(ReadOnlyAdmin):
    list_display = ("kind", "status", "reason", "source", "at")
    search_fields = ("=to_email", "=source")
    exclude = ("raw",)
    ordering = ("-id",)


@admin.register(ContactRules)
class ContactRulesAdmin(ReadOnlyAdmin):
    list_display = ("cap_messages", "cap_days", "quiet_from", "quiet_until", "soft_bounces")


@admin.register(ContactWish)
class ContactWishAdmin(ReadOnlyAdmin):
    list_display = ("customer", "at_most", "pause_until", "channel")
    list_select_related = ("customer",)
    search_fields = ("=customer__email",)


@admin.register(Brand)
class BrandAdmin(ReadOnlyAdmin):
    list_display = ("background", "text_color", "font")


@admin.register(Picture)
class PictureAdmin(ReadOnlyAdmin):
    list_display = ("name", "width", "height", "size", "created_at")
    search_fields = ("name",)
