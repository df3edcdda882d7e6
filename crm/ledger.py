"""The only door into the ledger of interactions, for every app."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.models import Interaction

# Kinds the program itself writes; anything else is a custom event.
KINDS: dict[str, str | Promise] = {
    "note": _("Note"),
    "call": _("Call"),
    "meeting": _("Meeting"),
    "chat": _("Chat"),
    "email": _("E-mail written by hand"),
    "stage": _("Came to another stage"),
    "rfm_move": _("Came to another RFM group"),
    "open": _("Opened a mail"),
    "click": _("Clicked in a mail"),
    "answer": _("Answered a survey"),
    "unsubscribe": _("Unsubscribed"),
    "bounce": _("A mail came back for good"),
    "soft_bounce": _("A mail came back for now"),
    "complaint": _("Marked a mail as spam"),
    "consent": _("Consent changed"),
    "view": _("Viewed a page"),
    "cart": _("Put into the cart"),
    "login": _("Signed in"),
    "case": _("A case was opened"),
    "case_solved": _("A case was solved"),
    "case_reopened": _("A case was opened again"),
    "sign_up": _("Signed up by a form"),
    "subscription_started": _("A subscription began"),
    "subscription_paused": _("A subscription was paused"),
    "subscription_resumed": _("A subscription goes on"),
    "subscription_cancelled": _("A subscription was cancelled"),
    "subscription_ended": _("A subscription ended"),
}
# Where somebody stands with the shop: what `segments.lifecycle` works out.
STAGES: dict[str, str | Promise] = {
    "lead": _("Lead"),
    "first": _("First purchase"),
    "active": _("Active"),
    "loyal": _("Loyal"),
    "regained": _("Regained"),
    "sleeping": _("Sleeping"),
    "lost": _("Lost"),
}


def record(entries: Iterable[Interaction]) -> None:
    """Append to the ledger. Writing the same (source, key) twice leaves one row."""
    Interaction.objects.bulk_create(entries, batch_size=1000, ignore_conflicts=True)


def correct(entry: Interaction) -> None:
    """Append, or replace what the same (source, key) said before: a corrected answer."""
    Interaction.objects.bulk_create(
        [entry],
        update_conflicts=True,
        unique_fields=["source", "key"],
        update_fields=["at", "title", "metric", "number", "properties"],
    )
