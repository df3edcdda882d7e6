"""Where a person can look at what stopped a mailing, and mend it."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from crm.models import DeliveryEvent, Mailing, Message
from crm.outbox import guarding, preparing


@dataclass(frozen=True, slots=True)
class Way:
    url: str
    action: str


def ways(mailing: Mailing) -> tuple[Way, ...]:
    """By the reason for which it is paused; () where going on is all there is to decide."""
    kinds = DeliveryEvent.Kind
    match mailing.reason:
        case guarding.RETURNED:
            return (_returned(kinds.HARD, _("See what came back")),)
        case guarding.COMPLAINED:
            return (_returned(kinds.COMPLAINED, _("See who complained")),)
        case guarding.LOST | guarding.NOTHING_TAKEN:
            return (_refused(mailing, _("See its answers")), sender(mailing.sender_id))
        case preparing.UNWRITTEN:
            return (_refused(mailing, _("See which mails")),)
    return ()


def sender(sender_id: int | None) -> Way:
    """The settings of the one by whom it is sent, else of all."""
    url = reverse("crm:sender", args=[sender_id]) if sender_id else reverse("crm:senders")
    return Way(url, _("Settings of the sender"))


def _returned(kind: str, action: str) -> Way:
    return Way(f"{reverse('crm:returns')}?kind={kind}", action)


def _refused(mailing: Mailing, action: str) -> Way:
    """Its mails with what was said of them; a server that only fell silent refused none."""
    state = Message.State
    refused = mailing.messages.filter(state=state.FAILED).exists()
    chosen = state.FAILED if refused else state.UNSURE
    return Way(f"{reverse('crm:outbox')}?mailing={mailing.pk}&state={chosen}", action)
