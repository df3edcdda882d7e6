"""Why one customer is in or out: the rule as a tree of lines, each with its verdict and the person's value.

Every line is asked of the database by the very condition that counts the segment, so the two cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from django.db.models import Case, IntegerField, Value, When
from django.utils.translation import gettext as _

from crm.models import Customer
from segments.rules import actual
from segments.rules.compile import to_q
from segments.rules.describe import phrase
from segments.rules.moment import Moment
from segments.rules.tree import All, AnyOf, Condition, Did, InSegment, Leaf, Node, Not, Picked

AT_ONCE = 40  # Lines asked with one query: no database needs to plan a thousand.

type Answer = tuple[bool, str]


@dataclass(frozen=True, slots=True)
class Why:
    """One line: what is asked, whether it holds, what is the case. A group or segment has `children`."""

    text: str
    holds: bool
    actual: str = ""
    children: list[Why] = field(default_factory=list)
    by_hand: bool = False


def explain(node: Node, customer: Customer, moment: Moment) -> Why:
    """The tree of a rule for one customer, in the reader's language; one query per 40 lines."""
    moment = replace(moment, person=customer.pk)
    leaves = list(_leaves(node))
    answers = [
        answer
        for start in range(0, len(leaves), AT_ONCE)
        for answer in _ask(leaves[start : start + AT_ONCE], moment)
    ]
    return _tree(node, iter(answers))


def _leaves(node: Node) -> Iterator[Leaf]:
    """The lines that the database is asked, in reading order."""
    match node:
        case All(children) | AnyOf(children):
            for child in children:
                yield from _leaves(child)
        case Not(child):
            yield from _leaves(child)
        case InSegment() if node.rule is not None:
            yield from _leaves(node.rule)
        case Condition() | Did() | InSegment() | Picked():
            yield node


def _ask(leaves: list[Leaf], moment: Moment) -> Iterator[Answer]:
    assert moment.person is not None
    names = [actual.to_read(leaf, moment) for leaf in leaves]
    wanted = {
        f"value_{index}_{name}": one for index, found in enumerate(names) for name, one in found.items()
    }
    verdicts = {
        f"holds_{index}": Case(
            When(to_q(leaf, moment), then=Value(1)), default=Value(0), output_field=IntegerField()
        )
        for index, leaf in enumerate(leaves)
    }
    person = Customer.objects.filter(pk=moment.person).annotate(**verdicts, **wanted)
    row = person.values(*verdicts, *wanted).get()
    for index, leaf in enumerate(leaves):
        found = {name: row[f"value_{index}_{name}"] for name in names[index]}
        yield bool(row[f"holds_{index}"]), actual.words(leaf, found, moment)


def _tree(node: Node, answers: Iterator[Answer]) -> Why:
    match node:
        case All(children) | AnyOf(children):
            return _group(node, [_tree(child, answers) for child in children])
        case Not(child):
            return _turned(child, _tree(child, answers))
        case InSegment() if node.rule is not None:
            inner = _tree(node.rule, answers)
            return Why(_begin(phrase(node)), inner.holds, children=[inner])
    holds, said = next(answers)
    return Why(_begin(phrase(node)), holds, said, by_hand=isinstance(node, Picked))


def _group(node: All | AnyOf, lines: list[Why]) -> Why:
    """A group of one is that one; choices by hand that do not concern this person are left out."""
    is_all = isinstance(node, All)
    lines = [line for line in lines if not line.by_hand or line.holds != is_all]
    if len(lines) == 1:
        return lines[0]
    holds = all(line.holds for line in lines) if is_all else any(line.holds for line in lines)
    text = _("All of this is true") if is_all else _("At least one of this is true")
    return Why(text, holds, children=lines)


def _turned(child: Node, inner: Why) -> Why:
    if inner.by_hand:
        return replace(inner, holds=not inner.holds)
    if isinstance(child, Condition | Did | InSegment):
        text = _begin(phrase(Not(child)))
    elif not inner.children:
        text = _begin(_("not: %(condition)s") % {"condition": inner.text})
    elif isinstance(child, AnyOf):
        text = _("None of this is true")
    elif isinstance(child, All):
        text = _("Not all of this is true")
    else:
        return Why(_("The opposite of this is true"), not inner.holds, children=[inner])
    return replace(inner, text=text, holds=not inner.holds)


def _begin(text: str) -> str:
    return text[:1].upper() + text[1:]
