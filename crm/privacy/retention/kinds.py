"""What may be kept for a time only: in plain words, whom it is about, and what is done."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm import languages
from crm.models import RetentionRule
from crm.privacy.retention import people, things

Kind = RetentionRule.Kind
type Clear = Callable[[Collection[Any], datetime, Callable[[], object]], int]

PERIODS: dict[int, str | Promise] = {
    30: _("1 month"),
    91: _("3 months"),
    182: _("6 months"),
    365: _("12 months"),
    548: _("18 months"),
    730: _("24 months"),
    1095: _("36 months"),
    1826: _("5 years"),
    2557: _("7 years"),
    3653: _("10 years"),
}


def period(days: int) -> str:
    """As people say it."""
    return str(PERIODS.get(days) or languages.days(days))


@dataclass(frozen=True, slots=True)
class Keeping:
    """One kind of rule. `sentence` has a place for the time; `find` asks for what was before a moment."""

    kind: str
    sentence: str | Promise
    keeps: str | Promise
    find: Callable[[datetime], QuerySet[Any]]
    clear: Clear
    proposed: int
    shortest: int
    at_once: int
    people: bool = False

    @property
    def label(self) -> str:
        return str(Kind(self.kind).label)

    @property
    def choices(self) -> list[tuple[int, str]]:
        return [(days, str(name)) for days, name in PERIODS.items() if days >= self.shortest]

    def says(self, days: int) -> str:
        return str(self.sentence) % {"time": period(days)}


_NOBODY = _(
    "Sales, refunds and ratings stay as figures of nobody, so totals do not change. "
    "They may come back as somebody new."
)
KEEPINGS: dict[str, Keeping] = {
    one.kind: one
    for one in (
        Keeping(
            Kind.CUSTOMERS,
            _(
                "Anonymise customers who have had no purchase, mail or contact for %(time)s "
                "and have no open case, task, request or running subscription."
            ),
            _NOBODY, people.buyers, people.anonymise,
            proposed=1095, shortest=182, at_once=5000, people=True,
        ),
        Keeping(
            Kind.LEADS,
            _(
                "Anonymise people who never bought and have had no mail or contact for %(time)s "
                "and have no open case, task or request."
            ),
            _NOBODY, people.leads, people.anonymise,
            proposed=730, shortest=91, at_once=5000, people=True,
        ),
        Keeping(
            Kind.CASES,
            _("Delete words, attachments and addresses of cases and chats that were closed %(time)s ago."),
            _("That there was a case, when, and how it ended stays."),
            things.cases, things.clear_cases, proposed=1095, shortest=91, at_once=500,
        ),
        Keeping(
            Kind.MAILS,
            _("Delete addresses and personal details of mails that were sent %(time)s ago."),
            _("Who got which mail, when, and whether it was opened stays."),
            things.mails, things.clear_mails, proposed=730, shortest=91, at_once=2000,
        ),
        Keeping(
            Kind.IMPORTS,
            _("Delete uploaded files, and what rows that failed said, of imports that are %(time)s old."),
            _("What the imports brought in, their counts and reasons stay."),
            things.imports, things.clear_imports, proposed=91, shortest=30, at_once=50,
        ),
    )
}  # fmt: skip
