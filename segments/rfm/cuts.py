"""RFM cut points that hold for a while, so that nobody changes group without buying or falling silent."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from segments import frames, since_refresh
from segments.models import CustomerFeatures, RfmChoice
from segments.numerics import rfm
from segments.numerics.rfm_maps import Kind
from segments.rfm import names as rfm_names
from segments.rfm.names import Names

MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
MEASURES = {"recency": "recency_days", "frequency": "orders", "monetary": "revenue"}


def held(choice: RfmChoice, today: date) -> rfm.CutPoints | None:
    """The cut points that still hold today; None when a refresh is to find them anew."""
    is_over = choice.renew_on is not None and choice.renew_on <= today
    if not choice.period or not choice.cuts or is_over:
        return None
    return rfm.CutPoints.from_json(choice.cuts)


def on_day(day: date) -> rfm.CutPoints | None:
    """The cut points that hold now, for a day since they were found; None for fresh ones of that day."""
    choice = rfm_names.choice()
    return held(choice, day) if choice.cut_on and choice.cut_on <= day else None


def keep(cuts: rfm.CutPoints | None, today: date) -> None:
    """After a live scoring: hold its cut points from today on, where the shop wants some held."""
    choice = rfm_names.choice()
    if not choice.period or cuts is None:
        return
    is_new = not choice.cuts or rfm.CutPoints.from_json(choice.cuts) != cuts
    is_over = choice.renew_on is not None and choice.renew_on <= today
    if is_new or is_over:
        choice.cut_on, choice.renew_on = today, renewal(choice.period, today)
    choice.cuts = cuts.as_json()
    RfmChoice.objects.filter(pk=1).update(cuts=choice.cuts, cut_on=choice.cut_on, renew_on=choice.renew_on)


def renewal(period: str, day: date) -> date | None:
    """The day on which cut points of `day` are found anew; None for never by themselves."""
    if period not in MONTHS:
        return None
    months = day.year * 12 + day.month - 1 + MONTHS[period]
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True)
class Foreseen:
    """People per score of each measure, best first, and per group of the map."""

    scores: dict[str, dict[int, int]]
    groups: dict[str, int]
    buyers: int


def foresee(cuts: rfm.CutPoints, names: Names) -> Foreseen:
    """How many would have which score and group by these cut points; one statement, nothing is written."""
    name = f"foreseen.{cuts.as_json()}.{names.as_json()}"
    return since_refresh.figures(name, lambda: _foreseen(cuts, names))


def _foreseen(cuts: rfm.CutPoints, names: Names) -> Foreseen:
    scores: dict[str, Counter[int]] = defaultdict(Counter)
    groups: Counter[str] = Counter()
    for recency, frequency, monetary, is_late, side, count in _counted(cuts):
        for measure, score in zip(MEASURES, (recency, frequency, monetary), strict=True):
            scores[measure][score] += count
        if names.map.kind is Kind.MIDDLE:
            row, column = 1 + is_late, 1 + side
        else:
            row, column = names.map.cell(recency, frequency, monetary)
        groups[names.map.table[row - 1][column - 1]] += count
    if names.map.not_yet:
        groups[names.map.not_yet] = CustomerFeatures.objects.filter(orders=0).count()
    levels = range(rfm.LEVELS, 0, -1)
    return Foreseen(
        {measure: {level: scores[measure][level] for level in levels} for measure in MEASURES},
        {code: groups[code] for code in names.map.codes},
        scores["recency"].total(),
    )


def _counted(cuts: rfm.CutPoints) -> list[tuple[int, ...]]:
    """(R, F, M, recency better than the middle, side of orders and money, people) of all buyers."""
    values: dict[str, Any] = {}
    cases = []
    for measure, column in MEASURES.items():
        steps = []
        for place, cut in enumerate(getattr(cuts, measure)):
            values[f"{measure}{place}"] = float(cut)
            score = rfm.LEVELS - place if measure == "recency" else place + 1
            steps.append(f"WHEN {column} <= %({measure}{place})s THEN {score}")
        last = 1 if measure == "recency" else rfm.LEVELS
        cases.append(f"CASE {' '.join(steps)} ELSE {last} END")
    middle = cuts.middle or (0.0, 0.0, 0.0)
    values |= dict(zip(("days", "count", "money"), map(float, middle), strict=True))
    cases.append("CASE WHEN recency_days < %(days)s THEN 1 ELSE 0 END")
    cases.append(
        "CASE WHEN orders > %(count)s THEN 2 ELSE 0 END + CASE WHEN revenue > %(money)s THEN 1 ELSE 0 END"
    )
    named = ", ".join(f"{case} AS c{place}" for place, case in enumerate(cases))
    sql = (
        f"SELECT c0, c1, c2, c3, c4, COUNT(*) FROM (SELECT {named} FROM {_table()} WHERE orders > 0) scored"
        " GROUP BY c0, c1, c2, c3, c4"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [tuple(map(int, row)) for row in cursor.fetchall()]


def fresh(middle: str) -> rfm.CutPoints | None:
    """The cut points that today's buyers would give; None without buyers."""
    buyers = frames.buyers()
    recency, orders, revenue = buyers.values.T
    return rfm.cut_points(recency, orders, revenue, middle) if len(buyers.ids) else None


def shown(value: float, measure: str) -> Decimal:
    """A cut point as people write it: whole days and orders, money with cents."""
    return round(Decimal(str(value)), 2 if measure == "monetary" else 0)


def _table() -> str:
    return connection.ops.quote_name(CustomerFeatures._meta.db_table)
