"""Reading the audit log: what was asked for, and each entry in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db.models import QuerySet
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.models import AuditEntry, Customer

FOUND = 200  # People whose entries one search shows at most.
KINDS: dict[str, str | Promise] = {
    "page": _("page"),
    "list": _("list"),
    "template": _("template"),
    "question": _("question"),
    "field": _("own field"),
    "fields": _("own field"),
    "cluster": _("cluster"),
    "encryption": _("encryption"),
}


@dataclass(frozen=True, slots=True)
class Search:
    """The filters of the page, exactly as its address carries them."""

    person: str = ""
    member: str = ""
    action: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Search:
        given = {name: str(query.get(name, "")).strip()[:120] for name in cls.__slots__}
        if given["action"] not in AuditEntry.Action.values:
            given["action"] = ""
        if not (given["member"].isascii() and given["member"].isdigit() and len(given["member"]) < 16):
            given["member"] = ""
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
    """Two queries at most, however many entries."""
    rows = list(entries)
    keys = {int(row.object_key) for row in rows if row.kind == "customer" and row.object_key.isdigit()}
    people = {str(pk): person for pk, person in Customer.objects.in_bulk(keys).items()}
    return [_line(row, people.get(row.object_key) if row.kind == "customer" else None) for row in rows]


def _line(row: AuditEntry, person: Customer | None) -> Line:
    name = person.name if person else row.object_key
    url = person.get_absolute_url() if person else ""
    return Line(row, kind_label(row.kind), name, url, changes(row))


def changes(row: AuditEntry) -> list[tuple[str, str, str]]:
    before, after = row.before or {}, row.after or {}
    if not isinstance(before, dict) or not isinstance(after, dict):
        return []
    return [(name, _shown(before.get(name)), _shown(after.get(name))) for name in {**before, **after}][:20]


def _shown(value: Any) -> str:
    return "–" if value in (None, "", [], {}) else str(value)[:200]


def kind_label(kind: str) -> str:
    """The name of a kind as people say it."""
    if kind in KINDS:
        return str(KINDS[kind])
    for config in apps.get_app_configs():
        if kind in config.models:
            return str(config.models[kind]._meta.verbose_name)
    return kind
