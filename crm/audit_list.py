"""Reading the audit log: what was asked for, and each entry in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db.models import Field, Model, QuerySet
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import audit_trail
from crm.models import AuditEntry, Customer

SHOWN = 400  # Signs of a value; the file holds all.
NAMES = ("name", "title", "label", "key", "email")  # What a removed row is called by, the first it has.
type Column = Field[Any, Any]
FOUND = 200  # People whose entries one search shows at most.
KINDS: dict[str, str | Promise] = {
    "page": gettext_lazy("page"),
    "list": gettext_lazy("list"),
    "template": gettext_lazy("template"),
    "question": gettext_lazy("question"),
    "field": gettext_lazy("own field"),
    "fields": gettext_lazy("own field"),
    "cluster": gettext_lazy("cluster"),
    "encryption": gettext_lazy("encryption"),
}


@dataclass(frozen=True, slots=True)
class Search:
    """The filters of the page, exactly as its address carries them."""

    person: str = ""
    member: str = ""
    action: str = ""
    kind: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Search:
        given = {name: str(query.get(name, "")).strip()[:120] for name in cls.__slots__}
        if given["action"] not in AuditEntry.Action.values:
            given["action"] = ""
        if not (given["member"].isascii() and given["member"].isdigit() and len(given["member"]) < 16):
            given["member"] = ""
        if given["kind"] not in dict(kinds()):
            given["kind"] = ""
        for name in ("since", "until"):
            given[name] = given[name] if _day(given[name]) else ""
        return cls(**given)

    @property
    def narrowing(self) -> bool:
        return any(asdict(self).values())

    @property
    def query(self) -> str:
        return urlencode({name: value for name, value in asdict(self).items() if value})

    def apply(self, zone: ZoneInfo) -> QuerySet[AuditEntry]:
        found = AuditEntry.objects.select_related("actor")
        if self.person:
            keys = [str(pk) for pk in _people(self.person)]
            found = found.filter(kind="customer", object_key__in=keys)
        if self.member:
            found = found.filter(actor=int(self.member))
        if self.action:
            found = found.filter(action=self.action)
        if self.kind:
            found = found.filter(kind=self.kind)
        if day := _day(self.since):
            found = found.filter(at__gte=datetime.combine(day, time(), zone))
        if day := _day(self.until):
            found = found.filter(at__lt=datetime.combine(day + timedelta(days=1), time(), zone))
        return found


def _day(text: str) -> Any:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _people(words: str) -> list[int]:
    one = list(Customer.objects.filter(public_id=words).values_list("pk", flat=True))
    return one or list(Customer.objects.search(words).order_by("pk").values_list("pk", flat=True)[:FOUND])


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as it is shown. `changes` are (name, before, after)."""

    entry: AuditEntry
    kind: str
    name: str
    url: str
    changes: list[tuple[str, str, str]]


def lines(entries: Iterable[AuditEntry]) -> list[Line]:
    """One query for each kind of row, however many entries."""
    rows = list(entries)
    keys: dict[str, set[int]] = {}
    for row in rows:
        if row.object_key.isdigit():
            keys.setdefault(row.kind, set()).add(int(row.object_key))
    found = {kind: _rows(kind, some) for kind, some in keys.items()}
    return [_line(row, found.get(row.kind, {}).get(row.object_key)) for row in rows]


def _rows(kind: str, keys: Iterable[int]) -> dict[str, Model]:
    followed = audit_trail.followed(kind)
    model = Customer if kind == "customer" else followed.model if followed else None
    return {str(pk): row for pk, row in model._base_manager.in_bulk(keys).items()} if model else {}


def _line(row: AuditEntry, target: Model | None) -> Line:
    was = row.before if isinstance(row.before, dict) else {}
    gone = next((str(was[name]) for name in NAMES if was.get(name)), row.object_key)
    url = getattr(target, "get_absolute_url", str)() if target else ""
    return Line(row, kind_label(row.kind), str(target) if target else gone, url, changes(row))


def changes(row: AuditEntry) -> list[tuple[str, str, str]]:
    before, after = row.before or {}, row.after or {}
    if not isinstance(before, dict) or not isinstance(after, dict):
        return []
    columns = _columns(row.kind)
    told = []
    for name in list({**before, **after})[:20]:
        column = columns.get(name)
        told.append((_label(column, name), _shown(before.get(name), column), _shown(after.get(name), column)))
    return told


def _columns(kind: str) -> dict[str, Column]:
    model = _models().get(kind)
    fields = model._meta.get_fields() if model else ()
    return {one.name: one for one in fields if isinstance(one, Field)}


def _label(column: Column | None, name: str) -> str:
    return str(column.verbose_name) if column else name


def _shown(value: Any, column: Column | None) -> str:
    if value in (None, "", [], {}):
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if column is not None and isinstance(value, str | int):
        value = dict(column.flatchoices).get(value, value)
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        text = ", ".join(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def kinds() -> list[tuple[str, str]]:
    """(kind, its name) of all that may stand in the log as a row, by name."""
    return sorted(((kind, kind_label(kind)) for kind in audit_trail.kinds()), key=lambda one: one[1].lower())


def _models() -> dict[str, type[Model]]:
    return {name: model for config in apps.get_app_configs() for name, model in config.models.items()}


def kind_label(kind: str) -> str:
    """The name of a kind as people say it."""
    if kind in KINDS:
        return str(KINDS[kind])
    model = _models().get(kind)
    return str(model._meta.verbose_name) if model else kind
