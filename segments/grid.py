"""The RFM page in numbers: 25 cells, ten groups, and the cut points in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from segments.groups import ADVICE, GROUPS
from segments.models import CustomerFeatures
from segments.numerics.rfm import LEVELS, CutPoints, group_table

FEW_BUYERS = 10
HEATS = 5


@dataclass(frozen=True, slots=True)
class Cell:
    recency: int
    frequency: int
    count: int
    revenue: Decimal
    group: str
    label: str | Promise
    share: float  # Of all buyers, or of their revenue.
    heat: int  # 0 to 5.


@dataclass(frozen=True, slots=True)
class Group:
    code: str
    label: str | Promise
    advice: str | Promise
    count: int
    revenue: Decimal
    share: float
    revenue_share: float


@dataclass(frozen=True, slots=True)
class Grid:
    rows: list[list[Cell]]  # The most recent buyers first, few orders left.
    groups: list[Group]
    buyers: int
    revenue: Decimal

    @property
    def is_small(self) -> bool:
        return 0 < self.buyers < FEW_BUYERS


def build(*, by_revenue: bool = False) -> Grid:
    """Read the live scores with one query."""
    found = CustomerFeatures.objects.filter(rfm_recency__isnull=False).order_by()
    counted = found.values_list("rfm_recency", "rfm_frequency").annotate(Count("pk"), Sum("revenue"))
    cells = {(r, f): (count, revenue or Decimal()) for r, f, count, revenue in counted}
    buyers = sum(count for count, _ in cells.values())
    revenue = sum((money for _, money in cells.values()), Decimal())
    most = max((float(pair[by_revenue]) for pair in cells.values()), default=0)
    total = float(revenue) if by_revenue else buyers
    table = group_table()
    rows = []
    for r in range(LEVELS, 0, -1):
        row = []
        for f in range(1, LEVELS + 1):
            count, money = cells.get((r, f), (0, Decimal()))
            size = max(0.0, float(money) if by_revenue else count)
            group = table[r - 1][f - 1]
            share = size / total if total > 0 else 0.0
            row.append(Cell(r, f, count, money, group, GROUPS[group], share, _heat(size, most)))
        rows.append(row)
    return Grid(rows, _groups(rows, buyers, revenue), buyers, revenue)


def explain(cuts: CutPoints, money: Sequence[str]) -> list[tuple[str, list[tuple[int, str]]]]:
    """Per measure its scores, best first, in plain words; scores that ties left empty are not named.

    `money` are the monetary cut points as the reader writes amounts.
    """
    recency = [(LEVELS - level, low, high) for level, low, high in _levels(cuts.recency)]
    frequency = [(level + 1, low, high) for level, low, high in _levels(cuts.frequency)]
    amounts: dict[float | None, str] = dict(zip(cuts.monetary, money, strict=True))
    spent = [(level + 1, low, high) for level, low, high in _levels(cuts.monetary)]
    return [
        (_("Recency: the last purchase"), [(score, _days(low, high)) for score, low, high in recency]),
        (_("Frequency: orders"), [(score, _orders(low, high)) for score, low, high in reversed(frequency)]),
        (
            _("Monetary: revenue, refunds taken off"),
            [(score, _money(amounts.get(low), amounts.get(high))) for score, low, high in reversed(spent)],
        ),
    ]


def _levels(cuts: Sequence[float]) -> list[tuple[int, float | None, float | None]]:
    """Each level that values can reach: its number, the cut point below it and the one that ends it."""
    levels: list[tuple[int, float | None, float | None]] = []
    for level in range(len(cuts) + 1):
        low = cuts[level - 1] if level else None
        high = cuts[level] if level < len(cuts) else None
        if low is None or low != high:
            levels.append((level, low, high))
    return levels


def _days(low: float | None, high: float | None) -> str:
    if low is None:
        return _("up to %(high)d days ago") % {"high": high}
    if high is None:
        return _("more than %(low)d days ago") % {"low": low}
    return _("%(low)d to %(high)d days ago") % {"low": low + 1, "high": high}


def _orders(low: float | None, high: float | None) -> str:
    if low is None:
        return _("up to %(high)d") % {"high": high} if high != 1 else _("one")
    if high is None:
        return _("%(low)d or more") % {"low": low + 1}
    return f"{high:.0f}" if high == low + 1 else _("%(low)d to %(high)d") % {"low": low + 1, "high": high}


def _money(low: str | None, high: str | None) -> str:
    if low is None:
        return _("up to %(high)s") % {"high": high}
    if high is None:
        return _("more than %(low)s") % {"low": low}
    return _("more than %(low)s, up to %(high)s") % {"low": low, "high": high}


def _groups(rows: list[list[Cell]], buyers: int, revenue: Decimal) -> list[Group]:
    groups = []
    for code, label in GROUPS.items():
        mine = [cell for row in rows for cell in row if cell.group == code]
        count = sum(cell.count for cell in mine)
        money = sum((cell.revenue for cell in mine), Decimal())
        share = float(money / revenue) if revenue > 0 else 0.0
        groups.append(
            Group(code, label, ADVICE[code], count, money, count / buyers if buyers else 0.0, share)
        )
    return groups


def _heat(size: float, most: float) -> int:
    if size <= 0 or most <= 0:
        return 0
    return min(HEATS, 1 + int(HEATS * (size / most) ** 0.5 * 0.999))
