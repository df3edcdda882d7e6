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
from segments.rules.tree import All, AnyOf, Condition, InSegment, Node, Not

# What is only counted and summed of a customer; every other column of the features is a fitted score.
COUNTED = frozenset({
    "orders", "revenue", "refunds", "average_order", "first_bought_on", "last_bought_on", "gap_days", "stage",
    "last_opened_on", "last_clicked_on", "nps_last", "nps_last_on", "csat_last", "csat_last_on",
})  # fmt: skip
OF_SCORES = dict.fromkeys(("clv", "alive_chance", "expected_orders", "next_from", "next_until"), "value")
OF_SCORES |= {"lapse_chance": "lapse"}


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
    with at(as_of, business, reads(node)) as moment, planned_well():
        everybody, count, found = lines.counts(node, moment)
        people = seen.filter(to_q(node, moment)).order_by("pk")[:sample] if sample else ()
        shown = list(people) if count else []
    return Preview(
        count, everybody, found, shown, sentence(node, moment.counts_back), perf_counter() - started
    )


@dataclass(frozen=True, slots=True)
class Reads:
    """What a rule reads of the described customers: anything at all, and scores that have to be fitted."""

    features: bool = False
    scores: frozenset[str] = frozenset()

    def __or__(self, other: Reads) -> Reads:
        return Reads(self.features or other.features, self.scores | other.scores)


def reads(node: Node) -> Reads:
    match node:
        case All(children) | AnyOf(children):
            found = Reads()
            for child in children:
                found |= reads(child)
            return found
        case Not(child):
            return reads(child)
        case InSegment():
            return reads(node.rule) if node.rule is not None else Reads()
        case Condition():
            column = node.field.path.removeprefix("features__")
            is_feature = column != node.field.path
            return Reads(is_feature, _fitted(column) if is_feature else frozenset())
    return Reads()


def _fitted(column: str) -> frozenset[str]:
    """The scores that a column needs; one that nobody knows needs all."""
    if column in COUNTED:
        return frozenset()
    if column.startswith("rfm_"):
        return frozenset({"rfm"})
    return frozenset({OF_SCORES.get(column, "clusters")})


@contextlib.contextmanager
def at(as_of: date | None, business: Business, wanted: Reads) -> Iterator[Moment]:
    """The moment to ask a rule at; for a past day with customers described as of it, as far as is read."""
    if as_of is None:
        yield Moment.now(business=business)
    elif not wanted.features:
        yield Moment.end_of(as_of, business)
    else:
        with transaction.atomic(), aside(as_of, business=business, scores=wanted.scores):
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
