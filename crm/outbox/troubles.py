"""What stands against sending at the moment, of each sender, in words for the owner."""

from __future__ import annotations

from django.core.cache import cache
from django.utils.translation import gettext

from crm.models import Sender
from crm.outbox import channels

KEPT = 3600


def _key(number: int | None) -> str:
    return f"outbox:trouble:{number or 0}"


def note(sender: Sender | None, text: str) -> None:
    cache.set(_key(sender.pk if sender else None), text, KEPT)


def clear(sender: Sender | None) -> None:
    key = _key(sender.pk if sender else None)
    if cache.get(key):
        cache.delete(key)


def of(sender_id: int | None) -> str:
    """Why nothing of this sender is being sent, in words; "" when all is well."""
    text = cache.get(_key(sender_id), "")
    return channels.refusal() or (gettext(text) if text else "")


def everywhere() -> str:
    """Why nothing, or nothing of one sender, is being sent; "" when all is well."""
    if refused := channels.refusal():
        return refused
    if text := cache.get(_key(None), ""):
        return gettext(text)
    for pk, name in Sender.objects.filter(is_active=True).values_list("pk", "name"):
        if text := cache.get(_key(pk), ""):
            return f"{name}: {gettext(text)}"
    return ""
