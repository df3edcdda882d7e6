"""A rule while somebody builds it: a tree of plain texts that lives in the fields of a form.

Every node has a path like "0.2.1"; its fields are named "<what>-<path>". Nothing is kept between requests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

GROUPS = {"all": "all", "any": "any", "none": "any", "not_all": "all"}
TEXTS = ("what", "op", "measure", "of", "count_op", "count", "count_to", "period", "days", "from", "to")
NAME = re.compile(r"(?:group|what)-(0(?:\.\d{1,3}){0,40})")  # Deeper and longer than a rule may be:
MOST = 500  # what is too much is refused with all its lines still there.


@dataclass(slots=True)
class Draft:
    """A group (`group` is set), or a line: a comparison, an event with conditions, a segment, a condition."""

    group: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    values: list[str] = field(default_factory=list)
    negated: bool = False
    children: list[Draft] = field(default_factory=list)
    path: str = "0"
    place: str = ""  # Where it stands in the rule's JSON, once it has been written.
    errors: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)  # What is odd about it; it may be saved all the same.
    count: int | None = None
    sum: int | None = None

    @property
    def what(self) -> str:
        return self.texts.get("what", "")

    def text(self, name: str, default: str = "") -> str:
        return self.texts.get(name, "") or default

    def number(self) -> Draft:
        """Give every node its path."""
        for index, child in enumerate(self.children):
            child.path = f"{self.path}.{index}"
            child.number()
        return self

    def walk(self) -> Iterator[Draft]:
        yield self
        for child in self.children:
            yield from child.walk()


def empty() -> Draft:
    return Draft(group="all", children=[line()]).number()


def line() -> Draft:
    return Draft(texts={"what": ""})


def read(posted: QueryDict) -> Draft:
    """The tree of a posted form; what does not belong to it is ignored."""
    paths = sorted(
        {found[1] for key in posted if (found := NAME.fullmatch(key))}, key=lambda path: _numbers(path)
    )[:MOST]
    nodes: dict[str, Draft] = {}
    for path in paths:
        parent = nodes.get(path.rpartition(".")[0])
        if path != "0" and parent is None:
            continue
        nodes[path] = _node(posted, path)
        if parent is not None:
            parent.children.append(nodes[path])
    root = nodes.get("0")
    return root.number() if root and root.group else empty()


def _node(posted: QueryDict, path: str) -> Draft:
    group = posted.get(f"group-{path}", "")
    texts = {name: str(posted.get(f"{name}-{path}", "")).strip() for name in TEXTS}
    return Draft(
        group=group if group in GROUPS else "all" if f"group-{path}" in posted else "",
        texts={name: text for name, text in texts.items() if text or name == "what"},
        values=list(posted.getlist(f"value-{path}")),
        negated=bool(posted.get(f"not-{path}", "")),
        path=path,
    )


def change(root: Draft, action: str) -> Draft:
    """Do what a button says, like "add:0.1"; anything else changes nothing."""
    verb, _colon, path = action.partition(":")
    nodes = {node.path: node for node in root.walk()}
    node, parent = nodes.get(path), nodes.get(path.rpartition(".")[0])
    if node is None:
        return root
    if verb == "add":
        node.children.append(line())
    elif verb == "group" and path.count(".") < 6:
        node.children.append(Draft(group="all" if node.group == "any" else "any", children=[line()]))
    elif parent and verb == "remove":
        parent.children.remove(node)
    elif parent and verb in {"up", "down"}:
        _move(parent, node, -1 if verb == "up" else 1)
    return root.number()


def _move(parent: Draft, node: Draft, step: int) -> None:
    at = parent.children.index(node)
    to = at + step
    if 0 <= to < len(parent.children):
        parent.children[at], parent.children[to] = parent.children[to], parent.children[at]


def from_json(rule: Any) -> Draft:
    """The draft of a stored rule; the root is always a group."""
    draft = _from(rule)
    if not draft.group:
        draft = Draft(group="all", children=[draft])
    return draft.number()


def _from(rule: Any) -> Draft:
    if not isinstance(rule, Mapping):
        return line()
    if "not" in rule:
        return _negation(rule["not"])
    for group in ("all", "any"):
        if isinstance(rule.get(group), list):
            return Draft(group=group, children=[_from(part) for part in rule[group]])
    if "in_segment" in rule:
        return Draft(texts={"what": "segment:"}, values=[str(rule["in_segment"])])
    if "did" in rule:
        return _from_did(rule)
    return _from_field(rule)


def _negation(inner: Any) -> Draft:
    draft = _from(inner)
    if draft.group in {"all", "any"}:
        draft.group = "none" if draft.group == "any" else "not_all"
    elif draft.group or draft.negated:
        return Draft(group="none", children=[draft])
    else:
        draft.negated = True
    return draft


def _from_field(rule: Mapping[str, Any], asked_of: str = "field") -> Draft:
    texts = {"what": f"{asked_of}:{rule.get('field', '')}", "op": str(rule.get("op", ""))}
    value = rule.get("value")
    values = value if isinstance(value, list) else [] if value is None else [value]
    return Draft(texts=texts, values=[_text(one) for one in values])


def _from_did(rule: Mapping[str, Any]) -> Draft:
    value = rule.get("value", 1)
    low, high = (value[0], value[1]) if isinstance(value, list) and len(value) == 2 else (value, "")
    texts = {
        "what": f"did:{rule['did']}",
        "measure": str(rule.get("measure", "times")),
        "of": str(rule.get("of") or ""),
        "count_op": str(rule.get("op", ">=")),
        "count": _text(low),
        "count_to": _text(high),
        "period": "days"
        if rule.get("within_days")
        else "dates"
        if rule.get("from") or rule.get("to")
        else "",
        "days": _text(rule.get("within_days") or ""),
        "from": str(rule.get("from") or ""),
        "to": str(rule.get("to") or ""),
    }
    where = rule.get("where") if isinstance(rule.get("where"), list) else []
    conditions = [_from_field(one, "where") for one in where or [] if isinstance(one, Mapping)]
    return Draft(texts=texts, children=conditions)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _numbers(path: str) -> list[int]:
    return [int(part) for part in path.split(".")]
