"""What winning customers cost by channel, and what they bring back, by counts and the spending entered."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from crm.models import Business
from segments.measures import periods
from segments.measures.counting import months_in
from segments.models import Spending

FEW = 20  # Customers below which a value says little.
Z95 = 1.959964


@dataclass(slots=True)
class Channel:
    """New customers of the months for which spending is known. `steps`: (customers, net money) by month of
    being a customer. `is_typed`: the cost is the one of the business profile."""

    name: str
    margin: float
    spent: float = 0.0
    new: int = 0
    valued: int = 0
    worth: float = 0.0
    squares: float = 0.0
    all_new: int = 0
    typed: float | None = None
    has_spending: bool = False
    steps: list[tuple[int, float]] = field(default_factory=list)

    @property
    def is_typed(self) -> bool:
        return not self.has_spending and self.typed is not None

    @property
    def cac(self) -> float | None:
        """Cost of a new customer; None where nothing is known or nobody came."""
        if self.has_spending:
            return self.spent / self.new if self.new else None
        return self.typed

    @property
    def is_few(self) -> bool:
        return self.valued < FEW

    @property
    def ltv(self) -> float | None:
        return self.worth / self.valued if not self.is_few else None

    @property
    def ltv_range(self) -> tuple[float, float] | None:
        """Mean ± 1.96 standard errors."""
        if self.ltv is None or self.valued < 2:
            return None
        spread = max(0.0, self.squares - self.valued * self.ltv**2) / (self.valued - 1)
        half = Z95 * math.sqrt(spread / self.valued)
        return self.ltv - half, self.ltv + half

    @property
    def ratio(self) -> float | None:
        return self.ltv / self.cac if self.ltv is not None and self.cac else None

    @property
    def returns(self) -> float | None:
        """(Lifetime value − cost) ÷ cost."""
        return self.ratio - 1 if self.ratio is not None else None

    @property
    def payback(self) -> int | None:
        """The month of being a customer in which the margin in sum reaches the cost; 0: not so far."""
        known = [(n, money) for n, money in self.steps if n >= FEW]
        if self.cac is None or not known:
            return None
        brought = 0.0
        for month, (n, money) in enumerate(known, 1):
            brought += self.margin * money / n
            if brought >= self.cac:
                return month
        return 0


def build(counts: Mapping[str, Any], business: Business, day: date) -> tuple[list[Channel], Channel]:
    """The channels, most new customers first, and all of them together.

    A channel is judged by the months with spending of its own; all together by the months with any, and
    where no spending is known their value by all months.
    """
    found, spent = _collected(counts, business), _spent(day, counts["length"])
    total = Channel("", float(business.margin_percent) / 100)
    paid_months = {month for months in spent.values() for month in months}
    for key, months in spent.items():
        found[key].has_spending = True
        found[key].spent = sum(months.values())
    won: Sequence[Sequence[Any]] = counts["won"]
    for name, month, *figures in won:
        one = found[_key(name)]
        one.all_new += figures[0]
        total.all_new += figures[0]
        if month in spent.get(_key(name), {}) or one.is_typed:
            _add(one, figures)
        if month in paid_months or not paid_months:
            _add(total, figures)
    total.has_spending = bool(paid_months)
    total.spent = sum(one.spent for one in found.values())
    longest = max((len(one.steps) for one in found.values()), default=0)
    for at in range(longest):
        known = [one.steps[at] for one in found.values() if len(one.steps) > at]
        total.steps.append((sum(n for n, _money in known), sum(money for _n, money in known)))
    return sorted(found.values(), key=lambda one: (-one.all_new, one.name)), total


def _collected(counts: Mapping[str, Any], business: Business) -> defaultdict[str, Channel]:
    margin = float(business.margin_percent) / 100
    found: defaultdict[str, Channel] = defaultdict(lambda: Channel("", margin))
    for name, *_rest in counts["won"]:
        found[_key(name)].name = found[_key(name)].name or name
    for name, cost in business.acquisition_costs.items():
        if _key(name) in found:
            found[_key(name)].typed = float(cost)
    for name, _step, n, money in counts["paying_back"]:
        found[_key(name)].steps.append((n, money))
    return found


def _spent(day: date, length: int) -> dict[str, dict[int, float]]:
    """{channel: {month: amount}} of the months that are over, as many as the period has."""
    now = periods.number_of(day, periods.MONTH)
    first = periods.first_day(now - months_in(length), periods.MONTH)
    found: defaultdict[str, dict[int, float]] = defaultdict(dict)
    rows = Spending.objects.filter(month__gte=first, month__lt=periods.first_day(now, periods.MONTH))
    for month, channel, amount in rows.values_list("month", "channel", "amount"):
        months = found[_key(channel)]
        number = periods.number_of(month, periods.MONTH)
        months[number] = months.get(number, 0.0) + float(amount)
    return dict(found)


def _add(one: Channel, figures: Sequence[Any]) -> None:
    new, valued, worth, squares = figures
    one.new += new
    one.valued += valued
    one.worth += worth
    one.squares += squares


def _key(name: str) -> str:
    return name.strip().casefold()
