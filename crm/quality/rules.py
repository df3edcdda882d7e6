"""What can be wrong with a row: each rule is a condition that a database, or the last look, answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from django.db.models import DateTimeField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.db.models.functions import Cast
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.models import (
    Business,
    ConsentState,
    Customer,
    Purchase,
    PurchaseLine,
    QualityException,
    QualityFinding,
    QualityRun,
)

OLDEST: Final = 110  # Years.
FARTHEST: Final = 3.5  # Robust z.


class About(StrEnum):
    CUSTOMER = "customer"
    PURCHASE = "purchase"


class Group(StrEnum):
    INVALID = "invalid"
    OUTLYING = "outlying"
    CONTRADICTORY = "contradictory"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Measure:
    """What rules compare with: this moment, and what the last look found."""

    now: datetime
    today: date
    home: str
    limits: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that can be wrong. `field` is the column whose line of the table names it too."""

    key: str
    about: About
    group: Group
    label: Promise
    explain: Promise
    condition: Callable[[Measure], Any]
    field: str = ""

    def rows(self, measure: Measure) -> QuerySet[Any]:
        """The rows that it names, without those that somebody said are right."""
        fine = QualityException.objects.filter(rule=self.key).values("row")
        return base(self.about).filter(self.condition(measure)).exclude(pk__in=fine)


def base(about: About) -> QuerySet[Any]:
    """All rows that rules look at: people who were erased have nothing left to mend."""
    return Customer.objects.filter(erased_at=None) if about == About.CUSTOMER else Purchase.objects.all()


def measure(now: datetime, limits: Mapping[str, Any] | None = None) -> Measure:
    """As of now, with the limits of the last finished look unless others are given."""
    business = Business.current()
    if limits is None:
        last = QualityRun.objects.filter(state=QualityRun.State.DONE).order_by("-pk").first()
        limits = last.figures.get("limits", {}) if last else {}
    return Measure(now, business.today(now), business.currency, limits)


def _stored(key: str) -> Callable[[Measure], Any]:
    return lambda _measure: Q(pk__in=QualityFinding.objects.filter(rule=key).values("row"))


def _unknown_country(measure: Measure) -> Any:
    return Q(country__in=measure.limits.get("countries", []))


def _very_old(measure: Measure) -> Any:
    day = measure.today
    return Q(birth_date__lt=date(day.year - OLDEST, day.month, min(day.day, 28)))


def _since_too_late(_measure: Measure) -> Any:
    """A day is borne: the day of the shop and the one of UTC may differ."""
    since = ExpressionWrapper(
        Cast(OuterRef("created_on"), DateTimeField()) - timedelta(days=1), output_field=DateTimeField()
    )
    return Exists(Purchase.objects.filter(customer=OuterRef("pk"), bought_at__lt=since))


def _unreachable(_measure: Measure) -> Any:
    by_mail = Q(email_consent=Customer.EmailConsent.GRANTED, suppressed_at=None) & ~Q(email="")
    other = ConsentState.objects.filter(customer=OuterRef("pk"), state=ConsentState.State.GRANTED)
    return ~by_mail & ~Exists(other.exclude(channel="email"))


def _far_total(measure: Measure) -> Any:
    low, high = measure.limits.get("low"), measure.limits.get("high")
    if high is None:
        return Q(pk__in=[])
    return Q(charged__gt=Decimal(str(high))) | Q(charged__gt=0, charged__lt=Decimal(str(low)))


def _tomorrow(measure: Measure) -> datetime:
    return datetime.combine(measure.now.astimezone(UTC).date(), time(), UTC) + timedelta(days=2)


def _negative(_measure: Measure) -> Any:
    lines = PurchaseLine.objects.filter(Q(price__lt=0) | Q(amount__lt=0) | Q(quantity__lt=0))
    return Q(pk__in=lines.values("purchase"))


PEOPLE, SALES = About.CUSTOMER, About.PURCHASE
RULES: Final[dict[str, Rule]] = {
    one.key: one
    for one in (
        Rule(
            "email_invalid", PEOPLE, Group.INVALID, _("E-mail cannot receive mail"),
            _("The address is not written like one, or its part after the @ cannot exist."),
            _stored("email_invalid"), "email",
        ),
        Rule(
            "phone_invalid", PEOPLE, Group.INVALID, _("Phone is no number of its country"),
            _("No phone in that country has a number like this; or the country is not known."),
            _stored("phone_invalid"), "phone",
        ),
        Rule(
            "country_unknown", PEOPLE, Group.INVALID, _("Country is not known"),
            _("The text is neither the code nor the name of a country."), _unknown_country, "country",
        ),
        Rule(
            "birth_future", PEOPLE, Group.INVALID, _("Born in the future"),
            _("The date of birth lies after today."),
            lambda measure: Q(birth_date__gt=measure.today), "birth_date",
        ),
        Rule(
            "age_high", PEOPLE, Group.OUTLYING, _("Older than 110 years"),
            _("Perhaps a placeholder such as 1900-01-01."), _very_old, "birth_date",
        ),
        Rule(
            "since_too_late", PEOPLE, Group.CONTRADICTORY, _("Customer since after the first purchase"),
            _("Somebody who bought before they were a customer; a day of difference is borne."),
            _since_too_late, "created_on",
        ),
        Rule(
            "unreachable", PEOPLE, Group.UNREACHABLE, _("Cannot be reached"),
            _("No agreed channel: no mail with consent, nor any other channel that they agreed to."),
            _unreachable,
        ),
        Rule(
            "total_far", SALES, Group.OUTLYING, _("Unusual order total"),
            _(
                "More than 3.5 robust z from the usual, on logarithms: "
                "0.6745 × (ln total − median) ÷ median distance."
            ),
            _far_total,
        ),
        Rule(
            "bought_future", SALES, Group.INVALID, _("Bought in the future"),
            _("The moment of the purchase lies after tomorrow."),
            lambda measure: Q(bought_at__gte=_tomorrow(measure)),
        ),
        Rule(
            "negative", SALES, Group.INVALID, _("Negative price or quantity"),
            _("A line of a sale below zero; refunds are kept apart."), _negative,
        ),
        Rule(
            "refund_larger", SALES, Group.CONTRADICTORY, _("Refunded more than was charged"),
            _("More money went back than came in for the same order."),
            lambda _measure: Q(refunded__gt=F("charged")),
        ),
        Rule(
            "no_rate", SALES, Group.CONTRADICTORY, _("Other currency without a rate"),
            _("The amount was added up as if it were in your currency."),
            lambda measure: ~Q(currency__in=["", measure.home]) & Q(own_charged=None),
        ),
    )
}  # fmt: skip
