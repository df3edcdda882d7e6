"""How often and how a customer wants to hear from the shop, as they say on their own page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm import audit
from crm.models import Channel, ContactWish, Customer, Purpose

PACES = {
    "": gettext_lazy("As often as there is something to say"),
    "4": gettext_lazy("Once a week at most"),
    "2": gettext_lazy("Twice a month at most"),
    "1": gettext_lazy("Once a month at most"),
}
PAUSES = {
    "": gettext_lazy("No pause"),
    "30": gettext_lazy("For a month"),
    "90": gettext_lazy("For three months"),
}
KEPT = "kept"  # The pause that is in force.

type Choice = tuple[str, str, bool]  # Value, words, whether it holds.


@dataclass(frozen=True, slots=True)
class Rhythm:
    paces: list[Choice]
    pauses: list[Choice]
    channels: list[Choice]  # Empty where the shop writes by e-mail only.


def of(customer: Customer, today: date) -> Rhythm:
    """What the page offers, and what holds now."""
    wish = _wish(customer)
    pace = "" if wish.at_most is None else str(wish.at_most)
    paces = {value: str(words) for value, words in PACES.items()}
    if pace not in paces:
        n = wish.at_most or 0
        words = ngettext("At most %(n)s mail in 30 days", "At most %(n)s mails in 30 days", n)
        paces[pace] = words % {"n": n}
    pauses = {value: str(words) for value, words in PAUSES.items()}
    paused = wish.pause_until if wish.pause_until and wish.pause_until > today else None
    if paused:
        pauses[KEPT] = _("Until %(day)s") % {"day": date_format(paused)}
    return Rhythm(
        _chosen(paces, pace), _chosen(pauses, KEPT if paused else ""), _chosen(_channels(), wish.channel)
    )


@transaction.atomic
def choose(customer: Customer, said: Mapping[str, str], today: date) -> bool:
    """Take over what the page sent, as far as it was offered; True when it changed something."""
    wish = _wish(customer)
    before = (wish.at_most, wish.pause_until, wish.channel)
    if (pace := said.get("pace")) in PACES:
        wish.at_most = int(pace) if pace else None
    if (pause := said.get("pause")) in PAUSES:
        wish.pause_until = today + timedelta(days=int(pause)) if pause else None
    if (channel := said.get("channel")) in _channels():
        wish.channel = channel
    if (wish.at_most, wish.pause_until, wish.channel) == before:
        return False
    wish.save()
    audit.record(None, "changed", customer, detail="wishes about contact, by the customer")
    return True


def _wish(customer: Customer) -> ContactWish:
    return ContactWish.objects.filter(customer=customer).first() or ContactWish(customer=customer)


def _channels() -> dict[str, str]:
    """The ways that the shop asks permission for, when there is a choice."""
    asked = {one for purpose in Purpose.objects.filter(is_public=True) for one in purpose.channels}
    ways = [one for one in Channel if one == Channel.EMAIL or one.value in asked]
    return {"": _("No wish"), **{one.value: str(one.label) for one in ways}} if len(ways) > 1 else {}


def _chosen(offered: Mapping[str, str], now: str) -> list[Choice]:
    return [(value, words, value == now) for value, words in offered.items()]
