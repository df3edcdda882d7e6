"""What the page of the rule builder shows: each line with the widgets that fit its field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.core.cache import cache
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.models import Customer, Product, Purchase
from segments.rules import operators, writing
from segments.rules.drafts import Draft
from segments.rules.events import MEASURES, Event, all_events, event_of
from segments.rules.fields import Catalogue, Field
from segments.rules.operators import Kind

type Options = list[tuple[str, str]]
MOST_SUGGESTIONS = 200
SHOWN_OPS = {
    Kind.DATE: [op for op in operators.OF_KIND[Kind.DATE] if op not in {">", ">=", "<", "<=", "in", "not_in"}]
}
GROUPS = {
    "all": gettext_lazy("All of this is true"),
    "any": gettext_lazy("At least one of this is true"),
    "none": gettext_lazy("None of this is true"),
    "not_all": gettext_lazy("Not all of this is true"),
}
SUGGESTING: dict[str, Any] = {
    **{name: (Customer, name) for name in ("country", "city", "language", "gender", "source")},
    "product": (Product, "name"),
    "category": (Product, "category"),
    "channel": (Purchase, "channel"),
    "coupon": (Purchase, "coupon"),
}


@dataclass(slots=True)
class Row:
    """One node of the tree as the template draws it."""

    draft: Draft
    whats: list[tuple[str, Options]] = field(default_factory=list)
    ops: Options = field(default_factory=list)
    op: str = ""
    widget: str = ""
    options: Options = field(default_factory=list)
    suggestions: Sequence[str] = ()
    ofs: Options = field(default_factory=list)
    children: list[Row] = field(default_factory=list)

    @property
    def path(self) -> str:
        return self.draft.path

    @property
    def is_event(self) -> bool:
        return self.draft.what.startswith("did:")

    @property
    def is_field(self) -> bool:
        return bool(self.ops)

    @property
    def low(self) -> str:
        return self.draft.values[0] if self.draft.values else ""

    @property
    def high(self) -> str:
        return self.draft.values[1] if len(self.draft.values) > 1 else ""

    @property
    def listed(self) -> str:
        return "\n".join(self.draft.values)

    @property
    def groups(self) -> Options:
        return [(code, str(label)) for code, label in GROUPS.items()]

    @property
    def measures(self) -> Options:
        return [(code, str(label)) for code, label in MEASURES.items()]

    @property
    def measure(self) -> str:
        return self.draft.text("measure", "times")

    @property
    def count_ops(self) -> Options:
        return [(op, str(operators.LABELS[op])) for op in operators.COUNTING]

    @property
    def count_op(self) -> str:
        return self.draft.text("count_op", ">=")

    @property
    def count(self) -> str:
        return self.draft.text("count", "1")

    @property
    def days(self) -> str:
        return self.draft.text("days", "30")

    @property
    def is_first(self) -> bool:
        return self.path.endswith(".0")


class Builder:
    """Rows for a draft; lists of choices are read once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def row(self, draft: Draft) -> Row:
        if draft.group:
            return Row(draft, children=[self.row(child) for child in draft.children])
        what, _colon, name = draft.what.partition(":")
        row = Row(draft, whats=self.whats)
        if what == "did":
            self._event(row, event_of(name))
        elif what == "segment":
            row.widget, row.options = "choice", self.segments
        elif what == "field":
            self._field(row, self.catalogue.field(name))
        return row

    def _event(self, row: Row, event: Event | None) -> None:
        if event is None:
            return
        names = [(f"where:{one.name}", str(one.label)) for one in event.fields]
        for child in row.draft.children:
            inner = Row(child, whats=[("", _with(names, child.what))])
            self._field(inner, event.field(child.what.partition(":")[2]))
            row.children.append(inner)
        numbers = {Kind.NUMBER, Kind.LOOSE}
        distinct = row.measure == "distinct"
        row.ofs = [(one.name, str(one.label)) for one in event.fields if distinct or one.kind in numbers]
        row.ofs = _with(row.ofs, row.draft.text("of"))

    def _field(self, row: Row, field: Field | None) -> None:
        if field is None:
            return
        shown = SHOWN_OPS.get(field.kind) or operators.OF_KIND[field.kind]
        row.op = writing.chosen_op(row.draft, field)
        if not row.draft.text("op"):
            row.op = shown[0]
        ops = shown if row.op in shown else [*shown, row.op]
        row.ops = [(op, str(operators.LABELS[op])) for op in ops]
        row.widget = _widget(field, row.op)
        row.options = [(code, str(label)) for code, label in field.values]
        if field.kind is Kind.YES_NO:
            row.options = [("true", _("yes")), ("false", _("no"))]
        if row.widget in {"text", "list"} and field.kind is Kind.TEXT:
            row.suggestions = _suggestions(field)

    @cached_property
    def whats(self) -> list[tuple[str, Options]]:
        """What a line may ask about, in groups."""
        found: dict[str, Options] = {}
        for one in self.catalogue.everything():
            found.setdefault(str(one.group), []).append((f"field:{one.name}", str(one.label)))
        happened = [(f"did:{event.name}", str(event.label)) for event in all_events()]
        found = {str(_("What they did")): happened, **found}
        if self.segments:
            found[str(_("Segments"))] = [("segment:", _("is in the segment …"))]
        return list(found.items())

    @cached_property
    def segments(self) -> Options:
        own = self.catalogue.own.slug if self.catalogue.own else ""
        return [(slug, one.name) for slug, one in sorted(self.catalogue.segments.items()) if slug != own]


def _widget(field: Field, op: str) -> str:
    if op in operators.WITHOUT_VALUE:
        return ""
    if op in operators.OF_DAYS:
        return "days"
    if field.kind in {Kind.CHOICE, Kind.YES_NO}:
        return "choices" if op in operators.OF_LIST else "choice"
    if op in operators.OF_LIST:
        return "list"
    kind = {Kind.NUMBER: "number", Kind.DATE: "date"}.get(field.kind, "text")
    return f"{kind}s" if op == "between" else kind


def _suggestions(field: Field) -> Sequence[str]:
    """What stands in the data, so that nobody has to remember how it is written."""
    if field.name not in SUGGESTING:
        return ()
    model, column = SUGGESTING[field.name]
    key = f"segments.suggestions.{field.name}"
    found: Sequence[str] | None = cache.get(key)
    if found is None:
        values: Iterable[str] = model.objects.exclude(**{column: ""}).values_list(column, flat=True)
        values = values.order_by(column).distinct()[:MOST_SUGGESTIONS]  # type: ignore[attr-defined]
        found = list(values)
        cache.set(key, found, 60)
    return found


def _with(options: Options, chosen: str) -> Options:
    """The choices, and what is chosen although it is not among them (a property of an event)."""
    if not chosen or chosen in dict(options):
        return options
    return [*options, (chosen, chosen.partition(":")[2].removeprefix("property.") or chosen)]
