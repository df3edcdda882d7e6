"""Reading a rule from JSON. What is not understood is refused with its place, never taken for "everyone"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from segments.models import Segment
from segments.rules import operators, values
from segments.rules.events import MEASURES, event_of
from segments.rules.fields import Catalogue, Field
from segments.rules.operators import Kind
from segments.rules.problems import InvalidRule
from segments.rules.tree import All, AnyOf, Condition, Did, InSegment, Node, Not, Picked, Value

DEEPEST = 8
MOST_LINES = 100
MOST_LINES_IN_ALL = 1_000  # With those of the segments inside, each time they are named.
FORMS = ("all", "any", "not", "field", "did", "in_segment")
KEYS = {
    "field": {"field", "op", "value"},
    "did": {"did", "where", "measure", "of", "op", "value", "within_days", "from", "to"},
}


def parse(rule: object, catalogue: Catalogue | None = None) -> Node:
    """The tree of a rule; InvalidRule names every place that is wrong."""
    reader = Reader(catalogue or Catalogue())
    node = reader.node(rule, "", 0)
    if node is None or reader.problems:
        raise InvalidRule(reader.problems)
    return node


def effective(segment: Segment, catalogue: Catalogue | None = None) -> Node:
    """Whom a rule segment holds: its rule, and over it what was chosen by hand; kept out wins."""
    catalogue = catalogue or Catalogue(segment)
    return _with_picks(parse(segment.rule, catalogue), segment.pk, catalogue)


def _with_picks(node: Node, pk: int, catalogue: Catalogue) -> Node:
    if (pk, True) in catalogue.picked:
        node = AnyOf((node, Picked(pk, included=True)))
    if (pk, False) in catalogue.picked:
        node = All((node, Not(Picked(pk, included=False))))
    return node


class Reader:
    """Walks the JSON and collects problems; a part with a problem becomes None."""

    def __init__(self, catalogue: Catalogue, path: tuple[str, ...] = (), outer: Reader | None = None) -> None:
        self.catalogue = catalogue
        own = catalogue.own.slug if catalogue.own else ""
        self.path = path or ((own,) if own else ())  # The segments we are inside of.
        self.problems: list[tuple[str, str]] = []
        self.lines = 0
        self.total: list[int] = outer.total if outer else [0]  # Shared with the segments inside.

    def node(self, rule: object, place: str, depth: int) -> Node | None:
        if not isinstance(rule, dict):
            self._wrong(place, _('A rule must be an object like {"field": …}, {"all": […]} or {"did": …}.'))
            return None
        forms = [form for form in FORMS if form in rule]
        if len(forms) != 1:
            self._wrong(place, _("A rule needs exactly one of: %(forms)s.") % {"forms": ", ".join(FORMS)})
            return None
        form = forms[0]
        if extra := sorted(set(map(str, rule)) - KEYS.get(form, {form})):
            self._wrong(_at(place, extra[0]), _("“%(name)s” is not known here.") % {"name": extra[0]})
            return None
        if depth > DEEPEST:
            words = _("Groups may be nested at most %(limit)d deep. Part the rule into two segments.")
            self._wrong(place, words % {"limit": DEEPEST})
            return None
        self.lines += 1
        self.total[0] += 1
        if self.lines == MOST_LINES + 1 or self.total[0] > MOST_LINES_IN_ALL:
            limit = MOST_LINES if self.lines > MOST_LINES else MOST_LINES_IN_ALL
            words = _("A rule may have at most %(limit)d lines. Part it into two segments.")
            self._wrong(place, words % {"limit": limit})
            return None
        readers: dict[str, Callable[[Any, str, int], Node | None]] = {
            "all": self._group,
            "any": self._group,
            "not": self._not,
            "field": self._condition,
            "did": self._did,
            "in_segment": self._in_segment,
        }
        return readers[form](rule, place, depth)

    def _group(self, rule: dict[str, Any], place: str, depth: int) -> Node | None:
        form = "all" if "all" in rule else "any"
        parts = rule[form]
        if not isinstance(parts, list):
            self._wrong(_at(place, form), _("A group must be a list of rules."))
            return None
        if not parts:
            self._wrong(_at(place, form), _("This group is empty. Add a line or remove the group."))
            return None
        found = [
            self.node(part, f"{_at(place, form)}[{index}]", depth + 1) for index, part in enumerate(parts)
        ]
        children = tuple(child for child in found if child is not None)
        if len(children) < len(parts):
            return None
        return All(children) if form == "all" else AnyOf(children)

    def _not(self, rule: dict[str, Any], place: str, depth: int) -> Node | None:
        child = self.node(rule["not"], _at(place, "not"), depth + 1)
        return Not(child) if child else None

    def _condition(self, rule: dict[str, Any], place: str, depth: int) -> Condition | None:
        return self._comparison(rule, place, self.catalogue.field)

    def _comparison(
        self, rule: dict[str, Any], place: str, find: Callable[[str], Field | None]
    ) -> Condition | None:
        name = rule["field"]
        field = find(name) if isinstance(name, str) else None
        if field is None:
            self._wrong(_at(place, "field"), _("There is no field “%(name)s”.") % {"name": name})
            return None
        op = rule.get("op")
        if not values.fits(field.kind, op):
            known = ", ".join(operators.OF_KIND[field.kind])
            reason = _("“%(op)s” cannot be asked of “%(field)s”. Possible: %(known)s.")
            self._wrong(_at(place, "op"), reason % {"op": op or "", "field": field.label, "known": known})
            return None
        assert isinstance(op, str)
        value = self._read(_at(place, "value"), lambda: values.read(field, op, rule.get("value")))
        if value is None and op not in operators.WITHOUT_VALUE:
            return None
        return Condition(field, op, value)

    def _did(self, rule: dict[str, Any], place: str, depth: int) -> Did | None:
        before = len(self.problems)
        name = rule["did"]
        event = event_of(name) if isinstance(name, str) else None
        if event is None:
            self._wrong(_at(place, "did"), _("There is no event “%(name)s”.") % {"name": name})
            return None
        where = rule.get("where", [])
        conditions: list[Condition | None] = []
        if isinstance(where, list):
            for index, part in enumerate(where):
                here = f"{_at(place, 'where')}[{index}]"
                conditions.append(self._where(part, here, event.field))
        else:
            self._wrong(_at(place, "where"), _("“where” must be a list of conditions."))
        measure = rule.get("measure", "times")
        if not isinstance(measure, str) or measure not in MEASURES:
            known = ", ".join(MEASURES)
            text = _("“%(name)s” is no measure. Possible: %(known)s.") % {"name": measure, "known": known}
            self._wrong(_at(place, "measure"), text)
            return None
        of = self._of(rule, place, measure, event.field, event.main)
        op, value = self._amount(rule, place)
        period = self._period(rule, place)
        if len(self.problems) > before:
            return None
        sure = tuple(one for one in conditions if one)
        return Did(event, sure, measure, of, op, value, *period)

    def _where(self, part: object, place: str, find: Callable[[str], Field | None]) -> Condition | None:
        if not isinstance(part, dict) or "field" not in part:
            self._wrong(place, _('A condition must be an object like {"field": …, "op": …}.'))
            return None
        if extra := sorted(set(map(str, part)) - KEYS["field"]):
            self._wrong(_at(place, extra[0]), _("“%(name)s” is not known here.") % {"name": extra[0]})
            return None
        return self._comparison(part, place, find)

    def _of(
        self, rule: dict[str, Any], place: str, measure: str, find: Callable[[str], Field | None], main: str
    ) -> Field | None:
        name = rule.get("of")
        if measure in {"times", "days_between"}:
            if name is not None:
                self._wrong(_at(place, "of"), _("This measure takes no field."))
            return None
        if name is None and measure != "distinct":
            name = main
        field = find(name) if isinstance(name, str) and name else None
        if field is None:
            self._wrong(_at(place, "of"), _("There is no field “%(name)s”.") % {"name": name or ""})
        elif measure != "distinct" and field.kind not in {Kind.NUMBER, Kind.LOOSE}:
            self._wrong(_at(place, "of"), _("“%(field)s” is not a number.") % {"field": field.label})
        return field

    def _amount(self, rule: dict[str, Any], place: str) -> tuple[str, Any]:
        op = rule.get("op", ">=")
        if not isinstance(op, str) or op not in operators.COUNTING:
            known = ", ".join(operators.COUNTING)
            text = _("“%(op)s” cannot be used here. Possible: %(known)s.") % {"op": op, "known": known}
            self._wrong(_at(place, "op"), text)
            return ">=", None
        figure = Field("value", "", Kind.NUMBER)
        raw = rule.get("value", 1)
        return op, self._read(_at(place, "value"), lambda: values.read(figure, op, raw))

    def _period(self, rule: dict[str, Any], place: str) -> tuple[Any, Any, Any]:
        within = start = end = None
        if rule.get("within_days") is not None:
            within = self._read(_at(place, "within_days"), lambda: values.days(rule["within_days"]))
            if rule.get("from") is not None or rule.get("to") is not None:
                self._wrong(_at(place, "within_days"), _("Give either a number of days or dates, not both."))
        if rule.get("from") is not None:
            start = self._read(_at(place, "from"), lambda: values.day(rule["from"]))
        if rule.get("to") is not None:
            end = self._read(_at(place, "to"), lambda: values.day(rule["to"]))
        if start and end and start > end:
            self._wrong(_at(place, "to"), _("The period ends before it begins."))
        return within, start, end

    def _in_segment(self, rule: dict[str, Any], place: str, depth: int) -> InSegment | None:
        slug, here = rule["in_segment"], _at(place, "in_segment")
        segment = self.catalogue.segment(slug) if isinstance(slug, str) else None
        if segment is None:
            self._wrong(here, _("There is no segment “%(name)s”.") % {"name": slug})
            return None
        if segment.slug in self.path:
            round_trip = (*self.path[self.path.index(segment.slug) :], segment.slug)
            names = " → ".join(self.catalogue.segments[one].name for one in round_trip)
            self._wrong(here, _("A segment cannot contain itself: %(names)s.") % {"names": names})
            return None
        if segment.kind == Segment.Kind.STATIC:
            return InSegment(segment.slug, segment.pk, segment.name, None)
        inner = Reader(self.catalogue, (*self.path, segment.slug), self)
        node = inner.node(segment.rule, "", depth + 1)
        if node is None or inner.problems:
            reason = inner.problems[0][1] if inner.problems else ""
            text = _("The rule of “%(name)s” does not work: %(reason)s")
            self._wrong(here, text % {"name": segment.name, "reason": reason})
            return None
        whole = _with_picks(node, segment.pk, self.catalogue)
        return InSegment(segment.slug, segment.pk, segment.name, whole)

    def _read[T](self, place: str, reader: Callable[[], T]) -> T | None:
        try:
            return reader()
        except ValueError as error:
            self._wrong(place, str(error))
            return None

    def _wrong(self, place: str, reason: str) -> None:
        self.problems.append((place, reason))


def _at(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


__all__ = ["InvalidRule", "Value", "effective", "parse"]
