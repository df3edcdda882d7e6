"""What a campaign earned: those who got it beside those held out, and what attribution would claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.db.models import Count, F, QuerySet, Sum

from campaigns import kept, reports
from campaigns.models import Campaign
from crm.models import Business, Message, Purchase
from crm.models.purchase import counting
from crm.outbox import reasons
from segments.numerics import comparing, effects, trials

GOT_IT = (Message.State.SENT, Message.State.UNSURE, Message.State.FAILED)
FEWEST = 20  # People in each group; of fewer nothing is said.
PART, QUARTER = "effect", "quarter."


@dataclass(frozen=True, slots=True)
class Group:
    people: int
    buyers: int
    revenue: float

    @property
    def rate(self) -> float:
        return self.buyers / self.people if self.people else 0.0


class OfHundred:
    """A lift as pages say it: so many of 100 people."""

    lift_points: float
    lift_hundred: tuple[float, float]

    @property
    def more(self) -> float:
        return max(0.0, round(self.lift_points, 1))

    @property
    def less(self) -> float:
        return max(0.0, round(-self.lift_points, 1))


@dataclass(frozen=True)
class Effect(OfHundred):
    """Lift in shares and in money per person, each with its 95 % interval."""

    treated: Group
    control: Group
    lift: float
    lift_interval: tuple[float, float]
    p_value: float
    amount: float
    amount_interval: tuple[float, float]
    cap: float | None
    cut: int
    smallest: float
    until: str  # When the window of orders ends, as ISO.

    @property
    def is_sure(self) -> bool:
        return self.lift_interval[0] > 0 or self.lift_interval[1] < 0

    @property
    def lift_points(self) -> float:  # type: ignore[override]
        return 100 * self.lift

    @property
    def lift_hundred(self) -> tuple[float, float]:  # type: ignore[override]
        return 100 * self.lift_interval[0], 100 * self.lift_interval[1]

    @property
    def smallest_hundred(self) -> float:
        return 100 * self.smallest

    @property
    def treated_mean(self) -> float:
        return self.treated.revenue / self.treated.people

    @property
    def control_mean(self) -> float:
        return self.control.revenue / self.control.people

    @property
    def orders(self) -> float:
        """How many buyers more than without it."""
        return self.lift * self.treated.people

    @property
    def orders_interval(self) -> tuple[float, float]:
        return self.lift_interval[0] * self.treated.people, self.lift_interval[1] * self.treated.people

    @property
    def revenue(self) -> float:
        return self.amount * self.treated.people

    @property
    def revenue_interval(self) -> tuple[float, float]:
        return self.amount_interval[0] * self.treated.people, self.amount_interval[1] * self.treated.people


def of(campaign: Campaign) -> Effect | None:
    """The effect as kept; None without people held out, or with too few."""
    if campaign.mailing_id is None or campaign.started_at is None:
        return None
    data = kept.figures(campaign, PART, lambda: count(campaign)).data
    return _read(data) if data else None


def _read(data: dict[str, Any]) -> Effect:
    pairs = ("lift_interval", "amount_interval")
    groups = {name: Group(**data[name]) for name in ("treated", "control")}
    return Effect(**{**data, **groups, **{name: tuple(data[name]) for name in pairs}})


def window(campaign: Campaign) -> tuple[datetime, datetime]:
    """When orders count: the same days for both groups, from the beginning of the sending."""
    assert campaign.started_at is not None
    return campaign.started_at, campaign.started_at + timedelta(days=campaign.effect_days)


def count(campaign: Campaign) -> dict[str, Any]:
    """Count both groups; {} when there is nothing to compare.

    Everybody counts in the group that was drawn, whether the mail arrived or not: else the comparison would
    be between unlike people.
    """
    mine = Message.objects.filter(mailing=campaign.mailing_id or 0, customer__isnull=False)
    treated, control = mine.filter(state__in=GOT_IT), mine.filter(state=Message.State.HELD_OUT)
    n, m = treated.count(), control.count()
    if min(n, m) < FEWEST:
        return {}
    start, end = window(campaign)
    spent = [spending(group.values("customer"), start, end) for group in (treated, control)]
    return compared(n, m, spent[0], spent[1], seed=campaign.pk, until=end.isoformat())


def spending(customers: QuerySet[Any, Any], start: datetime, end: datetime) -> np.ndarray[Any, Any]:
    """What each buyer among these people left, less refunds."""
    found = Purchase.objects.filter(
        counting(), customer__in=customers, bought_at__gte=start, bought_at__lte=end
    )
    sums = found.order_by().values("customer").annotate(net=Sum(F("charged") - F("refunded")))
    return np.array([float(net) for net in sums.values_list("net", flat=True)], dtype=np.float64)


def compared(n: int, m: int, spent: Any, spent_control: Any, *, seed: int, until: str) -> dict[str, Any]:
    shares = comparing.shares((len(spent_control), len(spent)), (m, n))
    money = effects.amounts(spent, n, spent_control, m, seed=seed)
    base = (len(spent) + len(spent_control)) / (n + m)
    return {
        "treated": {"people": n, "buyers": len(spent), "revenue": float(spent.sum())},
        "control": {"people": m, "buyers": len(spent_control), "revenue": float(spent_control.sum())},
        "lift": shares.difference,
        "lift_interval": list(shares.interval),
        "p_value": shares.p_value,
        "amount": money.difference,
        "amount_interval": list(money.interval),
        "cap": money.cap,
        "cut": money.cut,
        "smallest": trials.smallest_lift(base, n, m),
        "until": until,
    }


@dataclass(frozen=True, slots=True)
class Account:
    """What the campaign cost and left. Margins of the effect are what would not have come anyway."""

    sent: int
    sending: Decimal
    other: Decimal
    discount: Decimal
    margin: float | None  # Of the incremental revenue; None without hold-out.
    margin_interval: tuple[float, float] | None

    @property
    def cost(self) -> Decimal:
        return self.sending + self.other + self.discount

    @property
    def gain(self) -> float | None:
        return None if self.margin is None else self.margin - float(self.cost)

    @property
    def roi(self) -> float | None:
        """(incremental margin − discount − sending cost) / (discount + sending cost)."""
        return None if self.gain is None or not self.cost else self.gain / float(self.cost)

    @property
    def roi_interval(self) -> tuple[float, float] | None:
        if self.margin_interval is None or not self.cost:
            return None
        cost = float(self.cost)
        return (self.margin_interval[0] - cost) / cost, (self.margin_interval[1] - cost) / cost


def account(campaign: Campaign, business: Business, sent: int, found: Effect | None) -> Account:
    share = float(business.margin_percent) / 100
    discount = reports.coupon_orders(campaign).aggregate(sum=Sum("discount"))["sum"] or Decimal(0)
    return Account(
        sent,
        (business.cost_per_mail * sent).quantize(Decimal("0.01")),
        campaign.cost,
        discount,
        found.revenue * share if found else None,
        (found.revenue_interval[0] * share, found.revenue_interval[1] * share) if found else None,
    )


@dataclass(frozen=True)
class Together(OfHundred):
    """All campaigns with a hold-out as one: the common lift, weighted by how sure each is."""

    rows: list[tuple[Campaign, Effect]]
    lift: effects.Pooled
    amount: effects.Pooled | None
    treated: int

    @property
    def lift_points(self) -> float:  # type: ignore[override]
        return 100 * self.lift.effect

    @property
    def lift_hundred(self) -> tuple[float, float]:  # type: ignore[override]
        return 100 * self.lift.interval[0], 100 * self.lift.interval[1]

    @property
    def is_sure(self) -> bool:
        return self.lift.interval[0] > 0 or self.lift.interval[1] < 0


def together(campaigns: Sequence[Campaign]) -> Together | None:
    rows = [(one, found) for one in campaigns if (found := of(one)) is not None]
    lift = effects.pool([e.lift for _c, e in rows], [effects.error_of(e.lift_interval) for _c, e in rows])
    if lift is None:
        return None
    amount = effects.pool(
        [e.amount for _c, e in rows], [effects.error_of(e.amount_interval) for _c, e in rows]
    )
    return Together(rows, lift, amount, sum(e.treated.people for _c, e in rows))


def with_hold_out() -> QuerySet[Campaign]:
    """Campaigns that held somebody out, newest first."""
    held = Message.objects.filter(state=Message.State.HELD_OUT).values("mailing")
    return Campaign.objects.filter(mailing__in=held, started_at__isnull=False).order_by("-started_at")


def quarter_of(day: date) -> tuple[date, date]:
    """The first day of the quarter of this day, and of the next one."""
    start = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    return start, date(start.year + (start.month == 10), (start.month + 2) % 12 + 1, 1)


def of_quarter(day: date, business: Business) -> Effect | None:
    """The hold-out from all campaigns over the quarter of this day, kept with its newest such campaign."""
    start, _end = quarter_of(day)
    held = _planned(start, business).filter(state=Message.State.HELD_OUT, reason=reasons.HELD_FROM_ALL)
    newest = (
        Campaign.objects.filter(mailing__in=held.values("mailing")).order_by("-started_at", "-pk").first()
    )
    if newest is None:
        return None
    part = f"{QUARTER}{start}"
    data = kept.figures(newest, part, lambda: count_quarter(part, business)).data
    return _read(data) if data else None


def _moments(start: date, business: Business) -> list[datetime]:
    return [datetime.combine(day, time(), business.zone) for day in quarter_of(start)]


def _planned(start: date, business: Business) -> QuerySet[Message]:
    begin, end = _moments(start, business)
    return Message.objects.filter(
        mailing__kind="campaign", planned_at__gte=begin, planned_at__lt=end, customer__isnull=False
    )


def count_quarter(part: str, business: Business) -> dict[str, Any]:
    """People, not mails: who got any campaign of the quarter beside who was held from all."""
    start = date.fromisoformat(part.removeprefix(QUARTER))
    mine = _planned(start, business)
    control = mine.filter(state=Message.State.HELD_OUT, reason=reasons.HELD_FROM_ALL)
    treated = mine.filter(state__in=GOT_IT)
    n, m = (group.aggregate(n=Count("customer", distinct=True))["n"] for group in (treated, control))
    if min(n, m) < FEWEST:
        return {}
    begin, end = _moments(start, business)
    spent = [spending(group.values("customer"), begin, end) for group in (treated, control)]
    return compared(n, m, spent[0], spent[1], seed=start.toordinal(), until=end.isoformat())
