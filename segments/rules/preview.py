"""What a rule finds: how many, who for example, and each line's part, now or as of a day."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from time import perf_counter

from django.db import connection, transaction

from crm.models import Business, Customer, CustomerQuerySet
from segments.features import aside
from segments.rules import lines
from segments.rules.compile import to_q
from segments.rules.describe import sentence
from segments.rules.moment import Moment
from segments.rules.tree import Node


@dataclass(frozen=True, slots=True)
class Preview:
    count: int
    everybody: int
    lines: Sequence[lines.Line]
    sample: Sequence[Customer]
    sentence: str
    seconds: float

    @property
    def share(self) -> float:
        return self.count / self.everybody if self.everybody else 0.0

    def counts(self) -> dict[str, int]:
        """The count of each place; the closing line of a group wins."""
        return {line.place: line.count for line in self.lines}


def preview(
    node: Node,
    *,
    as_of: date | None = None,
    sample: int = 5,
    business: Business | None = None,
    among: CustomerQuerySet | None = None,
) -> Preview:
    """Two queries: all counts, and the first few who fit (of those whom the reader may see: `among`)."""
    started = perf_counter()
    business = business or Business.current()
    seen = Customer.objects.all() if among is None else among
    with _at(as_of, business) as moment, planned_well():
        everybody, count, found = lines.counts(node, moment)
        people = seen.filter(to_q(node, moment)).order_by("pk")[:sample] if sample else ()
        shown = list(people) if count else []
    return Preview(
        count, everybody, found, shown, sentence(node, moment.counts_back), perf_counter() - started
    )


@contextlib.contextmanager
def _at(as_of: date | None, business: Business) -> Iterator[Moment]:
    if as_of is None:
        yield Moment.now(business=business)
    else:
        with transaction.atomic(), aside(as_of, business=business):
            yield Moment.end_of(as_of, business)


@contextlib.contextmanager
def planned_well() -> Iterator[None]:
    """Room for sets of customers in memory; compiling such short queries costs more than it saves."""
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL work_mem = '256MB'; SET LOCAL jit = off")
        yield
