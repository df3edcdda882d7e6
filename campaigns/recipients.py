"""Whom a number of the report is about: filters of the list of recipients, and the list as a file."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import groups, reports
from campaigns.models import Campaign, MessageEvent
from crm import access
from crm.models import Customer, Message, User
from crm.outbox import reasons
from crm.spreadsheets import safe

STEP = 2000
HEARD: dict[str, str | Promise] = {
    "opened": gettext_lazy("Opened"),
    "clicked": gettext_lazy("Clicked"),
    "unsubscribed": gettext_lazy("Unsubscribed"),
    "answered": gettext_lazy("Answered the survey"),
    "bought": gettext_lazy("Bought after a click"),
    "machine": gettext_lazy("Touched by machines only"),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for; everything empty is the whole audience."""

    state: str = ""
    reason: str = ""
    link: int | None = None
    arm: str = ""
    by: str = ""
    key: str = ""
    words: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Wish:
        link = query.get("link", "")
        by = query.get("by", "")
        return cls(
            query.get("state", ""),
            query.get("reason", ""),
            int(link) if link.isdecimal() and len(link) < 6 else None,
            query.get("arm", "")[:1],
            by if by in ("segment", "domain", "language") else "",
            query.get("key", "")[:120],
            query.get("q", "").strip()[:100],
        )

    @property
    def query(self) -> str:
        """The same as part of an address."""
        names = {"state": self.state, "reason": self.reason, "arm": self.arm, "by": self.by, "key": self.key}
        given = {name: value for name, value in names.items() if value}
        if self.link is not None:
            given["link"] = str(self.link)
        return urlencode(given | ({"q": self.words} if self.words else {}))


def found(campaign: Campaign, wish: Wish, user: User) -> QuerySet[Message]:
    """The messages asked for, of people whom this member of staff may see."""
    if wish.state == "machine":
        rows = _machines_only(campaign)
    else:
        rows = reports.recipients(campaign, wish.state, wish.reason, wish.link)
    if wish.arm:
        rows = rows.filter(arm=wish.arm)
    if wish.by:
        rows = groups.of(rows, wish.by, wish.key)
    if wish.words:
        people = access.customers(user).search(wish.words)
        rows = rows.filter(customer__in=people.order_by().values("pk"))
    return access.visible(user, rows)


def _machines_only(campaign: Campaign) -> QuerySet[Message]:
    events = MessageEvent.objects.filter(message=OuterRef("pk"), kind__in=("open", "click", "trap"))
    rows = Message.objects.filter(mailing=campaign.mailing_id or 0)
    return rows.filter(Exists(events.filter(verdict="machine")), ~Exists(events.filter(verdict="human")))


def title(campaign: Campaign, wish: Wish) -> str:
    if wish.link is not None:
        link = campaign.links.filter(position=wish.link).first()
        return _("Clicked on %s") % link.url if link else ""
    if wish.reason:
        return reasons.label(wish.reason)
    if wish.state in HEARD:
        return str(HEARD[wish.state])
    if wish.state in Message.State.values:
        return str(Message.State(wish.state).label)
    return _("Everybody of the audience")


def heard(campaign: Campaign, rows: list[Message]) -> None:
    """Put on each message what its person did and why it was left out, with one query."""
    events = MessageEvent.objects.filter(message__in=[one.pk for one in rows], verdict="human")
    did = set(events.order_by().values_list("message", "kind").distinct())
    for one in rows:
        one.why = reports.why(one)  # type: ignore[attr-defined]
        one.opened = (one.pk, "open") in did  # type: ignore[attr-defined]
        one.clicked = (one.pk, "click") in did  # type: ignore[attr-defined]


def file_of(campaign: Campaign, rows: QuerySet[Message]) -> tuple[IO[bytes], int]:
    """The list as CSV, and how many lines it has; masked where the reader's pages are."""
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - The answer closes it.
    count = 0
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow(
        [
            _("Customer"),
            _("Address"),
            _("State"),
            _("Why"),
            _("Version"),
            _("Sent"),
            _("Opened"),
            _("Clicked"),
        ]
    )
    for some in _steps(rows):
        heard(campaign, some)
        writer.writerows(_line(one) for one in some)
        count += len(some)
    text.detach()
    file.seek(0)
    return file, count


def _steps(rows: QuerySet[Message]) -> Iterator[list[Message]]:
    after = 0
    while some := list(rows.filter(pk__gt=after).select_related("customer").order_by("pk")[:STEP]):
        yield some
        after = some[-1].pk


def _line(one: Any) -> list[str]:
    customer: Customer | None = one.customer
    sent = localtime(one.sent_at).strftime("%Y-%m-%d %H:%M") if one.sent_at else ""
    said = [customer.name if customer else "", one.to_email, str(one.get_state_display()), one.why]
    return [safe(value) for value in (*said, one.arm.upper(), sent, _yes(one.opened), _yes(one.clicked))]


def _yes(value: bool) -> str:
    return _("yes") if value else ""
