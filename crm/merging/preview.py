"""People side by side before they become one: what hangs on each, whose values stand, what would move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from django.utils.translation import gettext as _

from crm import code_words, custom_fields
from crm.journal import graph, images
from crm.merging import choosing
from crm.merging.choosing import Choices, Row
from crm.models import (
    Customer,
    CustomerAlias,
    CustomerTag,
    CustomField,
    DifferentPeople,
    DuplicateMember,
    Tag,
)

# Told elsewhere on the page, or of no use to who decides.
QUIET: Final = (CustomerAlias, CustomerTag, DifferentPeople, DuplicateMember)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the people; `things` are (how many, of what) that hang on them, the most first."""

    person: Customer
    things: list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Preview:
    sides: list[Side]
    rows: list[tuple[Row, list[tuple[int, str]]]]  # A field, and (whose, value as people read it).
    tags: list[Tag]
    consent: str
    blocked: bool

    @property
    def survivor(self) -> Customer:
        return self.sides[0].person


def of(people: Sequence[Customer], choices: Choices | None = None) -> Preview:
    """`people[0]` is who stays."""
    own = list(custom_fields.plain())
    kinds = {f"custom.{one.key}": one for one in own}
    counted = _counted([one.pk for one in people])
    found = choosing.rows(people, own, choices or {})
    worn = CustomerTag.objects.filter(customer__in=people).select_related("tag").order_by("tag__name")
    return Preview(
        sides=[Side(one, counted.get(one.pk, [])) for one in people],
        rows=[
            (row, [(pk, _shown(row.name, kinds.get(row.name), value)) for pk, value in row.values.items()])
            for row in found
        ],
        tags=list({one.tag_id: one.tag for one in worn}.values()),
        consent=str(Customer.EmailConsent(choosing.consent_of(people, people[0].email)).label),
        blocked=any(one.suppressed_at for one in people),
    )


def _shown(name: str, field: CustomField | None, value: Any) -> Any:
    if field is not None:
        return custom_fields.show(field, value)
    if isinstance(value, str):
        return code_words.said(name, value)
    return (_("Yes") if value else _("No")) if isinstance(value, bool) else value


def _counted(ids: Sequence[int]) -> dict[int, list[tuple[int, str]]]:
    """{whose: [(rows, of what)]} over every table that points at a customer, in one statement."""
    quote = connection.ops.quote_name
    tables = [(model, column) for model, column in graph.referrers(Customer) if model not in QUIET]
    parts = [
        f"SELECT {place}, {quote(column)}, COUNT(*) FROM {quote(model._meta.db_table)}"
        f" WHERE {images.among(column)} GROUP BY {quote(column)}"
        for place, (model, column) in enumerate(tables)
    ]
    found: dict[int, list[tuple[int, str]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), [images.keys(ids)] * len(parts))
        for place, whose, count in cursor.fetchall():
            meta = tables[place][0]._meta
            thing = meta.verbose_name if count == 1 else meta.verbose_name_plural
            found.setdefault(whose, []).append((count, str(thing)))
    return {whose: sorted(things, key=lambda one: (-one[0], one[1])) for whose, things in found.items()}
