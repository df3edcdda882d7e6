"""The RFM page in numbers: the cells of the map in use, its groups, and the cut points in plain words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.templatetags.crm_format import number
from segments import since_refresh
from segments.models import CustomerFeatures
from segments.numerics.rfm import LEVELS, CutPoints
from segments.numerics.rfm_maps import Kind, Map
from segments.rfm.names import Names

FEW_BUYERS = 10
HEATS = 5


@dataclass(frozen=True, slots=True)
class Cell:
    row: int
    column: int
    count: int
    revenue: Decimal
    group: str
    label: str | Promise
    share: float  # Of all buyers, or of their revenue.
    heat: int  # 0 to 5.
    query: str  # The address of the people in it.


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
    """`rows` with their head, the most recent buyers first; `columns` are the heads, little left."""

    rows: list[tuple[str, list[Cell]]]
    columns: list[str]
    groups: list[Group]
    buyers: int
    revenue: Decimal
    kind: str

    @property
    def is_small(self) -> bool:
        return 0 < self.buyers < FEW_BUYERS

    @property
    def cells(self) -> int:
        return len(self.rows) * len(self.columns)


type Sums = dict[tuple[int, int], tuple[int, Decimal]]


def build(names: Names, *, by_revenue: bool = False) -> Grid:
    """Read the live scores with one query; with another who has not bought, where the map names them."""
    sums = since_refresh.figures(f"rfm.{names.map.name}", lambda: _sums(names.map))
    buyers = sum(count for count, _ in sums.values())
    revenue = sum((money for _, money in sums.values()), Decimal())
    most = max((float(pair[by_revenue]) for pair in sums.values()), default=0)
    total = float(revenue) if by_revenue else buyers
    rows, cells = [], []
    heads, columns = _heads(names.map.kind)
    for row in range(len(names.map.table), 0, -1):
        line = []
        for column, group in enumerate(names.map.table[row - 1], start=1):
            count, money = sums.get((row, column), (0, Decimal()))
            size = max(0.0, float(money) if by_revenue else count)
            share = size / total if total > 0 else 0.0
            query = _query(names.map, row, column)
            line.append(
                Cell(row, column, count, money, group, names.label(group), share, _heat(size, most), query)
            )
        rows.append((heads[row - 1], line))
        cells += line
    return Grid(rows, columns, _groups(names, cells, buyers, revenue), buyers, revenue, names.map.kind)


def _sums(names: Map) -> Sums:
    """People and revenue per row and column."""
    found = CustomerFeatures.objects.filter(rfm_recency__isnull=False).order_by()
    keys = {
        Kind.RF: ("rfm_recency", "rfm_frequency"),
        Kind.RV: ("rfm_recency", "rfm_frequency", "rfm_monetary"),
        Kind.MIDDLE: ("rfm_group",),
    }[names.kind]
    places = {
        code: (row, column)
        for row, codes in enumerate(names.table, start=1)
        for column, code in enumerate(codes, start=1)
    }
    sums: Sums = defaultdict(lambda: (0, Decimal()))
    for *key, count, money in found.values_list(*keys).annotate(Count("pk"), Sum("revenue")):
        place = places.get(key[0]) if names.kind is Kind.MIDDLE else names.cell(key[0], key[1], key[-1])
        if place:
            sums[place] = sums[place][0] + count, sums[place][1] + (money or Decimal())
    return dict(sums)


def _heads(kind: Kind) -> tuple[list[str], list[str]]:
    """Of rows and columns, the worst first."""
    if kind is not Kind.MIDDLE:
        levels = [str(level) for level in range(1, LEVELS + 1)]
        return levels, levels
    columns = [
        _("few orders, little money"),
        _("few orders, much money"),
        _("many orders, little money"),
        _("many orders, much money"),
    ]
    return [_("longer ago"), _("lately")], columns


def _query(names: Map, row: int, column: int) -> str:
    match names.kind:
        case Kind.RF:
            return f"r={row}&f={column}"
        case Kind.RV:
            return f"r={row}&v={column}"
    return f"group={names.table[row - 1][column - 1]}"


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


def explain_middle(cuts: CutPoints, names: Names, money: Callable[[float], str]) -> list[str]:
    """What is high in the map of eight classes; empty for other maps."""
    if names.map.kind is not Kind.MIDDLE or not cuts.middle:
        return []
    days, orders, revenue = cuts.middle
    return [
        ngettext("Lately: fewer than %(days)s day ago.", "Lately: fewer than %(days)s days ago.", round(days))
        % {"days": number(days, days % 1 > 0)},
        _("Many orders: more than %(orders)s.") % {"orders": number(orders, orders % 1 > 0)},
        _("Much money: more than %(revenue)s.") % {"revenue": money(revenue)},
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
        assert high is not None
        text = ngettext("up to %(high)d day ago", "up to %(high)d days ago", int(high))
        return text % {"high": high}
    if high is None:
        return ngettext("more than %(low)d day ago", "more than %(low)d days ago", int(low)) % {"low": low}
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


def _groups(names: Names, cells: Sequence[Cell], buyers: int, revenue: Decimal) -> list[Group]:
    groups = []
    for code, label in names.labels.items():
        mine = [cell for cell in cells if cell.group == code]
        count = sum(cell.count for cell in mine)
        if code == names.map.not_yet:
            count = since_refresh.figures(
                f"rfm.{code}", CustomerFeatures.objects.filter(rfm_group=code).count
            )
        money = sum((cell.revenue for cell in mine), Decimal())
        share = float(money / revenue) if revenue > 0 else 0.0
        part = count / buyers if buyers and code != names.map.not_yet else 0.0
        groups.append(Group(code, label, names.advice(code), count, money, part, share))
    return groups


def _heat(size: float, most: float) -> int:
    if size <= 0 or most <= 0:
        return 0
    return min(HEATS, 1 + int(HEATS * (size / most) ** 0.5 * 0.999))
