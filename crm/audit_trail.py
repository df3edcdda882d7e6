"""What a page changed in the rows that the shop works with, for the audit log.

While a form is taken, the rows of a followed table are read just before the first write to it and once more
at the end: so updates of whole sets are seen like saved rows, and a page that changes nothing costs nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import BinaryField, Field, ManyToManyField, Model, QuerySet
from django.db.models.signals import post_save

from crm import audit
from crm.audit import Action, Actor, Change
from crm.encryption import EncryptedText
from crm.models import AuditEntry, AuditPass, ListHabit, User

FEW = 200  # Rows of a table of which no address names one.
SEPARATE = 20  # Of more rows of one kind, one entry says how many.
LONG = 20_000  # A longer text is told by its length: half a text could hold half a name.
WRITE = re.compile(r'\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM)\s+"?(\w+)', re.IGNORECASE)
QUIET = frozenset(one._meta.db_table for one in (Session, AuditEntry, AuditPass, ListHabit))
type Facts = dict[str, Any]
type Rows = dict[str, Facts]
type Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Followed:
    """A table whose changes are told. `by`: {name in an address: look-up}; empty where rows are few."""

    model: type[Model]
    columns: tuple[Field[Any, Any], ...]
    many: tuple[ManyToManyField[Any, Any], ...]
    by: Mapping[str, str]

    @property
    def kind(self) -> str:
        return str(self.model._meta.model_name)

    def named(self, words: Mapping[str, Any]) -> Rows:
        """The rows that an address names, or the newest of few."""
        everything = self.model._base_manager.all()
        if not self.by:
            return self._read(everything.order_by("-pk")[:FEW])
        wanted = {look: words[name] for name, look in self.by.items() if name in words}
        return self._read(everything.filter(**wanted)[:FEW]) if wanted else {}

    def rows(self, keys: Collection[str]) -> Rows:
        return self._read(self.model._base_manager.filter(pk__in=list(keys))) if keys else {}

    def _read(self, rows: QuerySet[Model]) -> Rows:
        names = [one.attname for one in self.columns]
        found: Rows = {}
        for pk, *values in rows.values_list("pk", *names):
            found[str(pk)] = {
                one.name: _brief(audit.plain(value)) for one, value in zip(self.columns, values, strict=True)
            }
        for many in self.many if found else ():
            for facts in found.values():
                facts[many.name] = []
            here, there = many.m2m_field_name(), many.m2m_reverse_field_name()
            through = many.remote_field.through
            assert through is not None
            links = through._base_manager.filter(**{f"{here}__in": list(found)})
            for link in links.select_related(there).order_by(there):
                found[str(getattr(link, f"{here}_id"))][many.name].append(str(getattr(link, there)))
        return found


def _brief(value: Any) -> Any:
    return f"({len(value)})" if isinstance(value, str) and len(value) > LONG else value


_followed: dict[str, Followed] = {}  # By each table that belongs to it.
_kinds: dict[str, Followed] = {}
_now: ContextVar[Trail | None] = ContextVar("audit-trail", default=None)


def follow(
    model: type[Model],
    *leave: str,
    by: Mapping[str, str] | None = None,
    only: Collection[str] = (),
) -> None:
    """Tell changes of this model in the audit log; columns `leave` hold what the program notes itself."""
    columns = tuple(
        one
        for one in model._meta.local_concrete_fields
        if not one.primary_key
        and not isinstance(one, EncryptedText | BinaryField)
        and one.name not in (*leave, "is_demo")
        and (not only or one.name in only)
    )
    found = Followed(model, columns, () if only else tuple(model._meta.local_many_to_many), by or {})
    _kinds[found.kind] = _followed[model._meta.db_table] = found
    for many in found.many:
        _followed[many.m2m_db_table()] = found
    post_save.connect(_note_created, sender=model, dispatch_uid=f"audit.{found.kind}")


def followed(kind: str) -> Followed | None:
    return _kinds.get(kind)


def kinds() -> list[str]:
    """All that may stand in the log by its key: people, cases, and what is followed."""
    return ["customer", "case", *_kinds]


def _note_created(sender: type[Model], instance: Model, created: bool, **_: Any) -> None:
    if created and (trail := _now.get()) is not None:
        trail.created.setdefault(str(sender._meta.model_name), set()).add(str(instance.pk))


class Trail(audit.Hearing):
    """Follows one page at work. `words` are what its address names."""

    def __init__(self, words: Mapping[str, Any]) -> None:
        super().__init__()
        self.words, self.wrote = words, False
        self.before: dict[str, Rows] = {}
        self.created: dict[str, set[str]] = {}
        self.told: set[Key] = set()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        token = _now.set(self)
        try:
            with audit.listening(self), connection.execute_wrapper(self._before_a_write):
                yield
        finally:
            _now.reset(token)

    def _before_a_write(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if found := WRITE.match(sql):
            table = found[1].lower()
            self.wrote = self.wrote or table not in QUIET
            one = _followed.get(table)
            if one is not None and one.kind not in self.before:
                self.before[one.kind] = one.named(self.words)
        return execute(sql, params, many, context)

    def known(self, action: str, kind: str, key: str, said: Change | None) -> Change | None:
        one = _kinds.get(kind)
        if one is None or not key:
            return said
        was = self.before.get(kind, {}).get(key)
        now = one.rows([key]).get(key)
        change: Change
        if action == Action.DELETED:
            change = (was or now or {}, {})
        elif key in self.created.get(kind, ()):
            change = ({}, now or {})
        else:
            change = audit.difference(was, now) if was and now else ({}, {})
        if change == ({}, {}):
            change = said or change
        if change == ({}, {}):
            return None
        self.told.add((kind, key))
        return change

    def tell(self, by: Actor, detail: str) -> int:
        """Record what no entry told yet; returns how many entries that took."""
        entries = [one for kind in self.before for one in self._entries(_kinds[kind])]
        if not entries:
            return 0
        count = Counter((one.action, one.kind) for one in entries)
        few = [one for one in entries if count[one.action, one.kind] <= SEPARATE]
        few += [
            AuditEntry(action=action, kind=kind, count=number)
            for (action, kind), number in count.items()
            if number > SEPARATE
        ]
        for one in few:
            one.actor, one.detail = (by if isinstance(by, User) else None), detail[:200]
        AuditEntry.objects.bulk_create(few)
        return len(few)

    def _entries(self, one: Followed) -> Iterator[AuditEntry]:
        before, fresh = self.before[one.kind], self.created.get(one.kind, set())
        after = one.rows({*before, *fresh})
        for key in sorted({*before, *after}, key=int):
            was, now = before.get(key, {}), after.get(key, {})
            change = audit.difference(was, now) if was and now else (was, now)
            if change == ({}, {}) or (one.kind, key) in self.told:
                continue
            action = Action.CREATED if not was else Action.CHANGED if now else Action.DELETED
            yield AuditEntry(
                action=action, kind=one.kind, object_key=key[:40], before=change[0], after=change[1]
            )
