"""How answers to a mapped question are spread over segments, clusters or stages, and how many are known."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.charts import Chart, Series
from crm.ledger import STAGES
from crm.models import Customer, CustomField
from feedback import attitudes
from feedback.models import Attitude
from segments.clusters import naming
from segments.models import CustomerFeatures, Membership, Segment

FEW = 10  # Known answers below which shares say little, and could tell who it was.
SHOWN_GROUPS, SHOWN_VALUES = 12, 8
WAYS: dict[str, str | Promise] = {
    "segment": gettext_lazy("By segment"),
    "cluster": gettext_lazy("By cluster"),
    "stage": gettext_lazy("By lifecycle stage"),
}


@dataclass(slots=True)
class Group:
    """`people` in all, `known` of them with an answer, `counts` of each answer; sums for numbers."""

    name: str
    people: int = 0
    known: int = 0
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    total: float = 0.0
    squares: float = 0.0

    @property
    def is_few(self) -> bool:
        return self.known < FEW

    @property
    def mean(self) -> float | None:
        return self.total / self.known if not self.is_few else None

    @property
    def range(self) -> tuple[float, float] | None:
        """Mean ± 1.96 standard errors."""
        if self.mean is None:
            return None
        spread = max(0.0, self.squares - self.known * self.mean**2) / (self.known - 1)
        half = 1.959964 * math.sqrt(spread / self.known)
        return self.mean - half, self.mean + half

    def share(self, value: str) -> float:
        return self.counts.get(value, 0) / self.known if self.known else 0.0


@dataclass(frozen=True, slots=True)
class Leaning:
    """`values` are the choices, most frequent first; free texts and what few said are told to nobody."""

    everybody: Group
    groups: list[Group]
    values: list[str]
    is_number: bool
    is_text: bool
    chart: Chart | None

    @property
    def rows(self) -> list[Group]:
        return [self.everybody, *self.groups]


def of(attitude: Attitude, by: str) -> Leaning:
    """Two statements: everybody, and the groups of this kind with most people."""
    own = attitude.field
    is_number = own.kind == CustomField.Kind.NUMBER
    everybody = Group(str(_("Everybody")))
    for _name, value, n in _read(own.key, "", "''"):
        _add(everybody, value, n, is_number=is_number)
    found: dict[str, Group] = {}
    names = _names(by)
    for name, value, n in _grouped(own.key, by):
        if name in names:
            _add(found.setdefault(name, Group(names[name])), value, n, is_number=is_number)
    groups = sorted(found.values(), key=lambda one: -one.people)[:SHOWN_GROUPS]
    is_text = own.kind in (CustomField.Kind.TEXT, CustomField.Kind.LONG_TEXT)
    said = [] if is_text or everybody.is_few else [one for one in own.choices if one in everybody.counts]
    values = sorted(said, key=lambda one: -everybody.counts[one])
    shown = values[:SHOWN_VALUES]
    return Leaning(everybody, groups, shown, is_number, is_text, _chart(everybody, groups, shown, is_number))


def _add(group: Group, value: Any, n: int, *, is_number: bool) -> None:
    group.people += n
    if value is None or value in ("", "[]"):
        return
    if is_number:
        try:
            number = float(value)
        except ValueError:
            return
        group.total += n * number
        group.squares += n * number**2
        group.known += n
        return
    group.known += n
    for one in attitudes.read(value):
        group.counts[one] += n


def _names(by: str) -> dict[str, str]:
    if by == "stage":
        return {code: str(label) for code, label in STAGES.items()}
    if by == "cluster":
        return {key: str(name) for key, name in naming.in_use().items()}
    rows = Segment.objects.order_by("-member_count", "name")[:SHOWN_GROUPS]
    return {str(one.pk): one.name for one in rows}


def _grouped(key: str, by: str) -> list[tuple[str, Any, int]]:
    features, members = _table(CustomerFeatures), _table(Membership)
    join, column = {
        "stage": (f"JOIN {features} f ON f.customer_id = c.id", "f.stage"),
        "cluster": (f"JOIN {features} f ON f.customer_id = c.id", "f.cluster"),
        "segment": (f"JOIN {members} f ON f.customer_id = c.id AND f.left_at IS NULL", "f.segment_id"),
    }[by]
    return [(str(name), value, n) for name, value, n in _read(key, join, column)]


def _read(key: str, join: str, column: str) -> list[tuple[Any, ...]]:
    """(group, answer, people); the group is empty where there is no column for it."""
    is_postgres = connection.vendor == "postgresql"
    value = "c.custom ->> %(key)s" if is_postgres else "json_extract(c.custom, %(key)s)"
    sql = f"""
SELECT name, value, COUNT(*) FROM (
    SELECT {column} AS name, {value} AS value FROM {_table(Customer)} c {join} WHERE c.erased_at IS NULL
) answers GROUP BY name, value"""
    with connection.cursor() as cursor:
        cursor.execute(sql, {"key": key if is_postgres else f'$."{key}"'})
        return list(cursor.fetchall())


def _chart(everybody: Group, groups: list[Group], values: list[str], is_number: bool) -> Chart | None:
    shown = [one for one in (everybody, *groups) if not one.is_few]
    if len(shown) < 2:
        return None
    labels = [one.name for one in shown]
    if is_number:
        series = [Series(_("Average"), [round(one.mean or 0, 2) for one in shown])]
        return Chart("ranking", _("The average by group"), labels, series, first_column=_("Group"))
    if not values:
        return None
    series = [Series(value, [round(100 * one.share(value), 1) for one in shown]) for value in values]
    return Chart(
        "bar",
        _("Answers by group"),
        labels,
        series,
        unit=_("% of those who answered"),
        first_column=_("Group"),
    )


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)
