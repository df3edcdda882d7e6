"""How many customers each line of a rule leaves, for all lines in one pass over the customers.

Every group becomes one figure per customer, calculated lazily: how many lines of an "all" they pass before
the first that stops them, and a yes or no for each line of an "any". Counting these figures answers all lines
at about the price of the whole rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from crm.models import Customer
from segments.rules.compile import is_costly, to_q
from segments.rules.describe import phrase
from segments.rules.moment import Moment
from segments.rules.tree import All, AnyOf, Node, Not

EVERYBODY = 2**62  # A limit that keeps databases from calculating the inner figures several times.


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a preview. `place` is where it stands in the rule; `is_sum` closes a group."""

    text: str
    count: int
    place: str
    is_sum: bool = False


@dataclass(slots=True)
class _Plan:
    """The figures to calculate per customer, and what to count of them."""

    moment: Moment
    figures: dict[str, Any] = field(default_factory=dict)
    counts: list[tuple[str, str, bool, Q]] = field(default_factory=list)

    def figure(self, case: Any, cheap: Q) -> str:
        name = f"figure_{len(self.figures)}"
        self.figures[name] = Case(When(cheap, then=case), default=Value(-1)) if cheap else case
        return name

    def count(self, text: str, place: str, who: Q, *, is_sum: bool = False) -> None:
        self.counts.append((text, place, is_sum, who))


def counts(
    node: Node, moment: Moment, people: QuerySet[Customer] | None = None
) -> tuple[int, int, list[Line]]:
    """Everybody, those who fit, and the lines in reading order; one query."""
    plan = _Plan(moment)
    fits = _walk(plan, node, "", Q(), Q())
    everyone = Customer.objects.all() if people is None else people
    inner = everyone.order_by().annotate(**plan.figures).values(*plan.figures)[:EVERYBODY]
    wanted = {
        f"line_{index}": Count("figure_0", filter=who) for index, (*_rest, who) in enumerate(plan.counts)
    }
    found = inner.aggregate(everybody=Count("*"), fits=Count("figure_0", filter=fits), **wanted)
    lines = [
        Line(text, found[f"line_{index}"], place, is_sum)
        for index, (text, place, is_sum, _who) in enumerate(plan.counts)
    ]
    return found["everybody"], found["fits"], lines


def _walk(plan: _Plan, node: Node, place: str, scope: Q, cheap: Q) -> Q:
    """Plan the lines of `node` for those in `scope` (said in figures); returns who fits, said in figures.

    `cheap` is a part of the scope said in conditions that cost little: whoever fails it needs no figures.
    """
    match node:
        case All():
            return _all(plan, node, place, scope, cheap)
        case AnyOf():
            return _any(plan, node, place, scope, cheap)
        case Not(child):
            if isinstance(child, All | AnyOf | Not):
                inside = _walk(plan, child, _at(place, "not"), scope, cheap)
                left, text = scope & ~inside, _("who is left")
            else:
                left = scope & Q(**{plan.figure(_yes(to_q(node, plan.moment)), cheap): 1})
                text = phrase(node)
            plan.count(text, place, left, is_sum=isinstance(child, All | AnyOf | Not))
            return left
    fits = scope & Q(**{plan.figure(_yes(to_q(node, plan.moment)), cheap): 1})
    plan.count(phrase(node), place, fits)
    return fits


def _all(plan: _Plan, node: All, place: str, scope: Q, cheap: Q) -> Q:
    """One figure: how many lines are passed before the first that is not."""
    conditions = [to_q(child, plan.moment) for child in node.children]
    passed: Any = Value(len(conditions))
    for depth, condition in reversed(list(enumerate(conditions))):
        passed = Case(When(condition, then=passed), default=Value(depth), output_field=IntegerField())
    name = plan.figure(passed, cheap)
    before, easy = scope, cheap
    for index, (child, condition) in enumerate(zip(node.children, conditions, strict=True)):
        here, after = f"{_at(place, 'all')}[{index}]", scope & Q(**{f"{name}__gt": index})
        if isinstance(child, All | AnyOf) or (isinstance(child, Not) and _is_group(child)):
            _walk(plan, child, here, before, easy)
        else:
            plan.count(phrase(child), here, after)
        before = after
        if not is_costly(child):
            easy &= condition
    return before


def _any(plan: _Plan, node: AnyOf, place: str, scope: Q, cheap: Q) -> Q:
    """A yes or no for each line, then the union."""
    found: Q | None = None
    for index, child in enumerate(node.children):
        fits = _walk(plan, child, f"{_at(place, 'any')}[{index}]", scope, cheap)
        found = fits if found is None else found | fits
    assert found is not None
    plan.count(_("any of these"), place, found, is_sum=True)
    return found


def _is_group(node: Not) -> bool:
    return isinstance(node.child, All | AnyOf | Not)


def _yes(condition: Q) -> Case:
    return Case(When(condition, then=Value(1)), default=Value(0), output_field=IntegerField())


def _at(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def places(node: Node, place: str = "") -> Iterator[tuple[str, Node]]:
    """Every part of a rule with its place, in reading order."""
    yield place, node
    match node:
        case All(children) | AnyOf(children):
            key = "all" if isinstance(node, All) else "any"
            for index, child in enumerate(children):
                yield from places(child, f"{_at(place, key)}[{index}]")
        case Not(child):
            yield from places(child, _at(place, "not"))
