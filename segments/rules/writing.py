"""From a draft to a rule's JSON. Texts become numbers or yes and no where the field wants them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from segments.rules import operators
from segments.rules.drafts import GROUPS, Draft
from segments.rules.events import Event, event_of
from segments.rules.fields import Catalogue, Field
from segments.rules.operators import Kind


def to_json(root: Draft, catalogue: Catalogue) -> dict[str, Any]:
    """The rule of a draft; every node learns its place, so that counts and problems find it."""
    return _node(root, "", catalogue)


def attach(root: Draft, problems: list[tuple[str, str]]) -> None:
    """Put each problem at the line it belongs to."""
    nodes = list(root.walk())
    for node in nodes:
        if not node.group and not node.what:
            node.errors.append(_("Choose what to ask about."))
    for place, reason in problems:
        nearest = _nearest(nodes, place, root)
        if nearest.group or nearest.what:
            nearest.errors.append(reason)


def warn(root: Draft, doubts: list[tuple[str, str]]) -> None:
    """Put each doubt at the line it belongs to, once."""
    nodes = list(root.walk())
    for place, reason in doubts:
        nearest = _nearest(nodes, place, root)
        if not nearest.doubts:
            nearest.doubts.append(reason)


def _nearest(nodes: list[Draft], place: str, root: Draft) -> Draft:
    near = [node for node in nodes if place.startswith(node.place)]
    return max(near, key=lambda node: (len(node.place), node.path), default=root)


def _node(draft: Draft, place: str, catalogue: Catalogue) -> dict[str, Any]:
    draft.place = place
    if draft.group:
        form = GROUPS[draft.group]
        turned = draft.group in {"none", "not_all"}
        inner = _at(place, "not") if turned else place
        rule = {
            form: [
                _node(child, f"{_at(inner, form)}[{index}]", catalogue)
                for index, child in enumerate(draft.children)
            ]
        }
        return {"not": rule} if turned else rule
    rule = _line(draft, _at(place, "not") if draft.negated else place, catalogue)
    return {"not": rule} if draft.negated else rule


def _line(draft: Draft, place: str, catalogue: Catalogue) -> dict[str, Any]:
    what, _colon, name = draft.what.partition(":")
    if what == "segment":
        return {"in_segment": draft.values[0] if draft.values else ""}
    if what == "did":
        return _did(draft, name, place)
    return _comparison(draft, name, catalogue.field)


def _comparison(draft: Draft, name: str, find: Callable[[str], Field | None]) -> dict[str, Any]:
    field = find(name)
    rule: dict[str, Any] = {"field": name, "op": draft.text("op")}
    if field is None:
        return rule
    rule["op"] = op = chosen_op(draft, field)
    if op in operators.WITHOUT_VALUE:
        return rule
    values = [_typed(one, field, op) for one in _texts(draft, op, field)]
    if op in operators.OF_LIST or op == "between":
        rule["value"] = values
    elif values:
        rule["value"] = values[0]
    return rule


def chosen_op(draft: Draft, field: Field) -> str:
    """The operator of a line, or the first one that fits after the field was changed."""
    known = operators.OF_KIND[field.kind]
    return draft.text("op") if draft.text("op") in known else known[0]


def _texts(draft: Draft, op: str, field: Field) -> list[str]:
    """The values of a line; a list of texts or numbers is written one per line or with commas."""
    if op in operators.OF_LIST and field.kind is not Kind.CHOICE:
        parts = [part for value in draft.values for part in re.split(r"[\n,，、]", value)]
        return [part.strip() for part in parts if part.strip()]
    values = [value.strip() for value in draft.values]
    return values[:2] if op == "between" else [value for value in values if value]


def _typed(text: str, field: Field, op: str) -> Any:
    if op in operators.OF_TEXT:
        return text
    if field.kind is Kind.YES_NO and text in {"true", "false"}:
        return text == "true"
    wants_number = field.kind is Kind.NUMBER or op in operators.OF_DAYS
    if wants_number or (field.kind is Kind.LOOSE and re.fullmatch(r"-?\d+(\.\d+)?", text)):
        return _number(text)
    return text


def _number(text: str) -> Any:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return text  # The parser says what is wrong with it.
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def _did(draft: Draft, name: str, place: str) -> dict[str, Any]:
    event = event_of(name)
    rule: dict[str, Any] = {"did": name}
    if draft.children:
        rule["where"] = [_where(child, index, place, event) for index, child in enumerate(draft.children)]
    if draft.text("measure", "times") != "times":
        rule["measure"] = draft.text("measure")
        if draft.text("measure") != "days_between" and event:
            rule["of"] = draft.text("of") or event.main or event.fields[0].name
    op, low, high = draft.text("count_op", ">="), draft.text("count", "1"), draft.text("count_to")
    if (op, low, rule.get("measure")) != (">=", "1", None):
        rule["op"] = op
        rule["value"] = [_number(low), _number(high)] if op == "between" else _number(low)
    if draft.text("period") == "days":
        rule["within_days"] = _number(draft.text("days", "30"))
    elif draft.text("period") == "dates":
        rule |= {key: draft.text(key) for key in ("from", "to") if draft.text(key)}
        if not draft.text("from") and not draft.text("to"):
            draft.errors.append(_("Give the first or the last day of the period."))
    return rule


def _where(child: Draft, index: int, place: str, event: Event | None) -> dict[str, Any]:
    child.place = f"{_at(place, 'where')}[{index}]"
    name = child.what.partition(":")[2]
    return _comparison(child, name, event.field if event else lambda _name: None)


def _at(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key
