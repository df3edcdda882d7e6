"""Giving the tags: worked out by the features in sight, and only what changed is written.

One statement a class finds who has it now; three more bring the tags of customers to that. What a person, a
rule or an import put on is never touched, even under the same name.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.utils import timezone, translation

from crm.models import Business, Customer, CustomerTag, Tag
from segments import days
from segments.at_hand import within
from segments.lifecycle import stages
from segments.model_tags import figures
from segments.model_tags.catalogue import CLASSES, MEASURED, PERCENT
from segments.models import CustomerFeatures, ModelTag

ENOUGH = 20  # Buyers; among fewer, nobody stands out.
TABLE = "model_tags_now"
KEPT = f"source = '{CustomerTag.Source.MODEL}'"


@dataclass(frozen=True, slots=True)
class Ground:
    """What holds for a class: the limit, the stages, and what customers are compared by (`cut`)."""

    limit: float
    active_days: int
    lost_days: int
    loyal_orders: int
    by: str = "value"  # Or "revenue", where values are not known.
    cut: float = 0.0
    why: str = ""  # A code of `words.WHY`: nobody can have it yet.

    @property
    def worth(self) -> str:
        return "f.clv" if self.by == "value" else "f.revenue"


def classes() -> list[ModelTag]:
    """All classes as the shop has them; one whose tag was deleted is off."""
    known = set(ModelTag.objects.values_list("code", flat=True))
    fresh = [ModelTag(code=code) for code in CLASSES if code not in known]
    ModelTag.objects.bulk_create(fresh, ignore_conflicts=True)
    ModelTag.objects.filter(tag=None, was_given=True, is_on=True).update(is_on=False)
    rows = {row.code: row for row in ModelTag.objects.select_related("tag")}
    return [rows[code] for code in CLASSES]


def usual(code: str, now: stages.Thresholds) -> float:
    """The limit that holds where the shop says none."""
    one = CLASSES[code]
    return float(one.usual if one.usual is not None else getattr(now, one.stage))


def ground(
    row: ModelTag, now: stages.Thresholds, day: date, business: Business, known: tuple[int, int]
) -> Ground:
    """What holds for a class by the features in sight; asks for `figures` that it needs."""
    limit = usual(row.code, now) if row.limit is None else row.limit
    buyers, valued = known
    by = "value" if valued >= max(ENOUGH, buyers / 2) else "revenue"
    found = Ground(limit, now.active_days, now.lost_days, now.loyal_orders, by)
    one = CLASSES[row.code]
    why = "few" if buyers < ENOUGH else figures.lacks(one.needs)
    cut = figures.best(found.worth, limit, buyers) if one.share and not why else 0.0
    why = "alike" if one.share and not why and not cut else why
    return replace(found, cut=cut, why=why)


def prepare(day: date, business: Business, now: stages.Thresholds) -> list[ModelTag]:
    """Find who has which tag by the features in sight, in `TABLE`; nothing is given yet."""
    known = figures.buyers()
    rows = [row for row in classes() if row.is_on]
    _create()
    with figures.at_hand(day, business):
        for row in rows:
            held = ground(row, now, day, business, known)
            row.found = asdict(held)
            if not held.why:
                row.tag = row.tag or _tag_of(row.code, business)
                row.was_given = True
                _find(row, held, day)
    if connection.vendor == "postgresql":
        _run(f"ANALYZE {TABLE}")
    return rows


def give(rows: list[ModelTag]) -> int:
    """Bring the tags of customers to what was prepared; returns how many changed."""
    if not rows:
        return 0
    ModelTag.objects.bulk_update(rows, ["found", "tag", "was_given"])
    changed = _give()
    _run(f"DROP TABLE {TABLE}")
    return changed


def give_few(day: date, business: Business) -> int:
    """The tags of those `at_hand`, by the limits of the last night."""
    rows = ModelTag.objects.filter(is_on=True, tag__isnull=False).exclude(found={})
    held = [(row, Ground(**row.found)) for row in rows]
    _create()
    with figures.at_hand(day, business, few=True):
        for row, one in held:
            if not one.why:
                _find(row, one, day, few=True)
    changed = _give(few=True)
    _run(f"DROP TABLE {TABLE}")
    return changed


def foresee(code: str, limit: float, day: date, business: Business) -> Ground | int:
    """How many customers would have the tag with this limit; a ground with its reason where nobody can."""
    row = ModelTag(code=code, limit=limit)
    with transaction.atomic(), figures.at_hand(day, business):
        held = ground(row, stages.thresholds(), day, business, figures.buyers())
        if held.why:
            return held
        return int(_rows(f"SELECT COUNT(*) FROM ({_select(code, held, day)}) found")[0][0])


@transaction.atomic
def switch(row: ModelTag, *, on: bool) -> None:
    """Begin or stop giving the tag; stopping takes away what was given by itself."""
    ModelTag.objects.filter(pk=row.pk).update(is_on=on, was_given=False if on else row.was_given)
    if not on and row.tag_id:
        _run(f'DELETE FROM "{CustomerTag._meta.db_table}" WHERE tag_id = {row.tag_id} AND {KEPT}')


def _find(row: ModelTag, held: Ground, day: date, *, few: bool = False) -> None:
    found = _select(row.code, held, day, few=few)
    _run(
        f"INSERT INTO {TABLE} (tag_id, customer_id, weight, reason)"
        f" SELECT {row.tag_id}, found.* FROM ({found}) found WHERE true ON CONFLICT DO NOTHING"
    )


def _select(code: str, held: Ground, day: date, *, few: bool = False) -> str:
    """(customer, score, reason) of those who have the tag."""
    one = CLASSES[code]
    words = {
        "limit": held.limit / 100 if code in PERCENT else held.limit,
        "active": held.active_days,
        "lost": held.lost_days,
        "loyal": held.loyal_orders,
        "worth": held.worth,
        "cut": held.cut,
        "by": held.by,
    }
    since = f"CAST('{day}' AS date)" if connection.vendor == "postgresql" else f"'{day}'"
    words["x"] = MEASURED.get(code, "").format(age=days.days_between(since, "f.first_bought_on"))
    when, score, reason = (text.format(**words) for text in (one.when, one.score, one.reason))
    own = f"JOIN {figures.TABLE} g ON g.kind = '{one.join}' AND g.customer_id = f.customer_id"
    join = own if one.join else ""
    return f"""
SELECT f.customer_id, CAST(ROUND(({score}) / 5.0) * 5 AS integer), '=model {code}' || {reason}
FROM "{CustomerFeatures._meta.db_table}" f {join}
JOIN "{Customer._meta.db_table}" c ON c.id = f.customer_id AND c.erased_at IS NULL
WHERE f.orders > 0 AND {when}{within("f.customer_id", few)}"""


def _give(*, few: bool = False) -> int:
    """Tags by model that were not found go, whatever class they came from: off, or its tag merged."""
    uses = f'"{CustomerTag._meta.db_table}"'
    same = f"n.tag_id = {uses}.tag_id AND n.customer_id = {uses}.customer_id"
    gone = _run(
        f"DELETE FROM {uses} WHERE {KEPT}{within('customer_id', few)}"
        f" AND NOT EXISTS (SELECT 1 FROM {TABLE} n WHERE {same})"
    )
    moved = _run(
        f"UPDATE {uses} SET weight = n.weight, reason = n.reason FROM {TABLE} n WHERE {same}"
        f" AND {uses}.{KEPT} AND ({uses}.weight <> n.weight OR {uses}.reason <> n.reason)"
    )
    come = _run(  # NOT EXISTS beside a table that was empty when last counted reads it for each row.
        f"INSERT INTO {uses} (customer_id, tag_id, weight, source, reason, tagged_at)"
        f" SELECT n.customer_id, n.tag_id, n.weight, '{CustomerTag.Source.MODEL}', n.reason, %s"
        f" FROM {TABLE} n WHERE true ON CONFLICT DO NOTHING",
        days.moment(timezone.now()),
    )
    return gone + moved + come


def _tag_of(code: str, business: Business) -> Tag:
    one = CLASSES[code]
    with translation.override(business.language):
        name = str(one.name)
    found = Tag.objects.filter(name__iexact=name).first()
    return found or Tag.objects.create(name=name, color=one.colour)


def _create() -> None:
    _run(f"DROP TABLE IF EXISTS {TABLE}")
    _run(
        f"CREATE TEMPORARY TABLE {TABLE} (tag_id bigint, customer_id bigint, weight smallint,"
        " reason varchar(200), PRIMARY KEY (customer_id, tag_id))"
    )


def _run(sql: str, *values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return max(int(cursor.rowcount), 0)


def _rows(sql: str) -> list[tuple[int]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())
