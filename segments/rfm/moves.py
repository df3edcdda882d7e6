"""Moves between RFM groups: noted by each refresh, and how customers stood on two days.

A refresh keeps one row per customer who changed group, so the group at the end of any day is the `before`
of the first move after it, else today's; somebody without a purchase by then was not a buyer yet. Only moves
that purchases (or their absence) made go to the ledger; those of new cut points count in the matrix only.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from crm.models import Customer, Interaction
from segments import days
from segments.models import CustomerFeatures, RfmChoice, RfmMove, ScoringRun
from segments.numerics.rfm import CutPoints
from segments.rfm import names as rfm_names
from segments.rfm.names import Names

KIND = "rfm_move"
NOBODY = ""  # Not a buyer yet, or no longer one.


def note(live: str, fresh: str, names: Names, cuts: CutPoints | None, at: datetime, today: date) -> int:
    """Keep who is in another group in the table `fresh` than in `live`; returns how many moved.

    Under a new map nobody moved: the history begins anew with it.
    """
    before = ScoringRun.objects.filter(kind=ScoringRun.Kind.RFM, is_live=True).first()
    choice = rfm_names.choice()
    if before is None or not _same(rfm_names.in_use(), names):
        _begin(today)
        return 0
    by_cuts = bool(choice.period) and _are_other(before.result.get("cut_points"), cuts, names)
    values: dict[str, Any] = {
        "at": days.moment(at),
        "today": connection.ops.adapt_datefield_value(today),
        "not_yet": names.map.not_yet,
        "by_cuts": by_cuts,
    }
    joined = f"FROM {fresh} f JOIN {live} l ON l.customer_id = f.customer_id"
    joined += f" JOIN {_table(Customer)} c ON c.id = f.customer_id"
    joined += " WHERE l.rfm_group NOT IN ('', %(not_yet)s) AND f.rfm_group <> l.rfm_group"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_table(RfmMove)} (customer_id, moved_on, before, after, by_cuts)"
            f" SELECT f.customer_id, %(today)s, l.rfm_group, f.rfm_group, %(by_cuts)s {joined}",
            values,
        )
        moved = int(cursor.rowcount)
        if moved and not by_cuts:
            cursor.execute(_to_the_ledger(joined), values)
    return moved


def _to_the_ledger(joined: str) -> str:
    is_postgres = connection.vendor == "postgresql"
    entry = "jsonb_build_object('from', l.rfm_group)" if is_postgres else "json_object('from', l.rfm_group)"
    return f"""
INSERT INTO {_table(Interaction)}
    (customer_id, kind, at, source, "key", subject, title, metric, number, properties)
SELECT f.customer_id, '{KIND}', %(at)s, 'rfm', f.customer_id || ':' || %(today)s || ':' || f.rfm_group,
    f.rfm_group, '', '', NULL, {entry} {joined} AND f.rfm_group NOT IN ('', %(not_yet)s)
ON CONFLICT DO NOTHING"""


def _same(one: Names, other: Names) -> bool:
    is_middle = one.map.kind == "middle"
    return one.map.table == other.map.table and (not is_middle or one.middle == other.middle)


def _are_other(kept: dict[str, Any] | None, cuts: CutPoints | None, names: Names) -> bool:
    if not kept or cuts is None:
        return False
    was = CutPoints.from_json(kept)
    return was != cuts or (names.map.kind == "middle" and was.middle != cuts.middle)


def _begin(today: date) -> None:
    RfmMove.objects.all().delete()
    RfmChoice.objects.update_or_create(pk=1, defaults={"compared_from": today})


@dataclass(frozen=True, slots=True)
class Matrix:
    """`counts[before, after]` customers; NOBODY stands for who was not, or is no longer, a buyer."""

    first: date
    last: date
    counts: dict[tuple[str, str], int]
    by_cuts: int  # Moves that new cut points made.

    @property
    def people(self) -> int:
        return sum(self.counts.values())

    @property
    def moved(self) -> dict[tuple[str, str], int]:
        """Who changed between two groups; first purchases are none, most frequent first."""
        pairs = [(pair, n) for pair, n in self.counts.items() if pair[0] != pair[1] and NOBODY not in pair]
        return dict(sorted(pairs, key=lambda one: (-one[1], one[0])))

    def before(self) -> Counter[str]:
        return self._sums(0)

    def after(self) -> Counter[str]:
        return self._sums(1)

    def _sums(self, side: int) -> Counter[str]:
        found: Counter[str] = Counter()
        for pair, n in self.counts.items():
            found[pair[side]] += n
        return found


def matrix(first: date, last: date) -> Matrix:
    """Where everybody stood at the end of both days; one statement."""
    sql = f"SELECT was, now, COUNT(*) FROM ({_stood()}) stood GROUP BY was, now"
    with connection.cursor() as cursor:
        cursor.execute(sql, _values(first, last))
        counts = {(was, now): int(n) for was, now, n in cursor.fetchall() if was or now}
    noted = RfmMove.objects.filter(moved_on__gt=first, moved_on__lte=last, by_cuts=True)
    return Matrix(first, last, counts, noted.count())


def people(first: date, last: date, before: str, after: str) -> QuerySet[CustomerFeatures]:
    """Who stood in `before` at the end of one day and in `after` at the end of another."""
    values = [*_values(first, last), before, after]
    sql = f"SELECT customer_id FROM ({_stood()}) stood WHERE was = %s AND now = %s"
    return CustomerFeatures.objects.filter(customer_id__in=RawSQL(sql, values))  # noqa: S611 - no user's words.


def _stood() -> str:
    """A row per customer with the groups at the end of two days; both days are given twice, in this order."""
    names = rfm_names.in_use().map

    def later(name: str) -> str:
        return f"""{name} AS MATERIALIZED (
    SELECT customer_id, before FROM (
        SELECT customer_id, before, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY id) AS place
        FROM {_table(RfmMove)} WHERE moved_on > %s
    ) later WHERE place = 1
)"""

    def group(name: str) -> str:
        found = f"CASE WHEN f.first_bought_on > %s THEN '' ELSE COALESCE({name}.before, f.rfm_group) END"
        return f"COALESCE(NULLIF({found}, '{names.not_yet}'), '')"

    return (
        f"WITH {later('one')}, {later('two')}"
        f" SELECT f.customer_id, {group('one')} AS was, {group('two')} AS now"
        f" FROM {_table(CustomerFeatures)} f LEFT JOIN one ON one.customer_id = f.customer_id"
        " LEFT JOIN two ON two.customer_id = f.customer_id"
    )


def _values(first: date, last: date) -> list[Any]:
    adapt = connection.ops.adapt_datefield_value
    return [adapt(first), adapt(last), adapt(first), adapt(last)]


def said(row: Interaction) -> str:
    """An entry of the ledger in words, for the timeline."""
    before = row.properties.get("from", "") if isinstance(row.properties, dict) else ""
    after = rfm_names.name_of(row.subject)
    return f"{rfm_names.name_of(before)} → {after}" if before else after


def _table(model: Any) -> str:
    return connection.ops.quote_name(model._meta.db_table)
