"""The only door into the audit log."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.db import transaction
from django.db.models import Model, QuerySet
from django.forms import BaseForm

from crm import masking
from crm.models import AuditEntry, AuditPass, Customer, User

type Change = tuple[dict[str, Any], dict[str, Any]]
type Actor = AbstractBaseUser | AnonymousUser | None
Action = AuditEntry.Action

SAME_LOOK = 600  # Seconds in which the same member looking at the same person counts once.
CHUNK = 500
_hearing: ContextVar[Hearing | None] = ContextVar("audit-hearing", default=None)


class Hearing:
    """Hears what is recorded while a page works; may know better than the page what it changed."""

    def __init__(self) -> None:
        self.kinds: list[str] = []

    def known(self, action: str, kind: str, key: str, said: Change | None) -> Change | None:
        return said


def record(
    actor: Actor,
    action: AuditEntry.Action | str,
    target: Model | str | tuple[str, str],
    *,
    change: Change | None = None,
    count: int | None = None,
    detail: str = "",
) -> None:
    """Note that `actor` (None: the program itself) did `action` to a row (or its kind and key), or to a
    kind of rows ("customer").

    `change` is (before, after): only what differs, as JSON can carry it. It may hold personal data; `detail`
    never does.
    """
    match target:
        case str():
            kind, key = target, ""
        case Model():
            kind, key = str(target._meta.model_name), str(target.pk)
        case _:
            kind, key = target
    hearing = _hearing.get()
    if hearing is not None:
        hearing.kinds.append(kind)
        change = hearing.known(action, kind, key, change)
    before, after = change or (None, None)
    AuditEntry.objects.create(
        actor=actor if isinstance(actor, User) else None,
        action=action,
        kind=kind[:40],
        object_key=key[:40],
        before=before,
        after=after,
        count=count,
        detail=detail[:200],
    )


def record_all(actor: Actor, action: AuditEntry.Action, rows: Collection[Model], *, count: int) -> None:
    """An entry for each of many rows of one kind; `count` is what all of it came to."""
    by = actor if isinstance(actor, User) else None
    hearing = _hearing.get()
    if hearing is not None:
        hearing.kinds.extend({str(one._meta.model_name) for one in rows})
    AuditEntry.objects.bulk_create(
        [
            AuditEntry(
                actor=by, action=action, kind=str(one._meta.model_name), object_key=str(one.pk), count=count
            )
            for one in rows
        ],
        batch_size=1000,
    )


def viewed(actor: Actor, customer: Customer, *, detail: str = "") -> None:
    """Note that somebody looked at a person; the same look within some minutes counts once."""
    if isinstance(actor, User) and cache.add(f"looked:{actor.pk}:{customer.pk}:{detail}", 1, SAME_LOOK):
        record(actor, Action.VIEWED, customer, detail=detail or ("masked" if masking.active() else ""))


@contextmanager
def listening(hearing: Hearing) -> Iterator[None]:
    """Let `hearing` hear all that is recorded inside."""
    token = _hearing.set(hearing)
    try:
        yield
    finally:
        _hearing.reset(token)


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> Change:
    """What differs, as JSON can carry it."""
    names = [name for name in after if plain(before.get(name)) != plain(after[name])]
    return {name: plain(before.get(name)) for name in names}, {name: plain(after[name]) for name in names}


def change_of(form: BaseForm) -> Change:
    """What a valid form changes."""
    names = form.changed_data
    before = {name: form.get_initial_for_field(form.fields[name], name) for name in names}
    return difference(before, {name: form.cleaned_data.get(name) for name in names})


def plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case Model():
            return value.pk
        case Mapping():
            return {str(key): plain(inner) for key, inner in value.items()}
        case QuerySet() | list() | tuple() | set() | frozenset():
            return [plain(inner) for inner in value]
    return str(value)


@contextmanager
def passage() -> Iterator[None]:
    """The only way to change what is written: the triggers look for this row, which nobody else ever sees."""
    with transaction.atomic():
        mine = AuditPass.objects.create()
        yield
        mine.delete()


def prune(before: datetime) -> int:
    """Remove entries older than this moment; returns how many."""
    with passage():
        return AuditEntry.objects.filter(at__lt=before).delete()[0]


def redact(kind: str, keys: Iterable[object]) -> int:
    """Blank what stood before and after in all entries about these rows: somebody is erased."""
    wanted, blanked = [str(key) for key in keys], 0
    with passage():
        for start in range(0, len(wanted), CHUNK):
            part: Collection[str] = wanted[start : start + CHUNK]
            entries = AuditEntry.objects.filter(kind=kind, object_key__in=part)
            blanked += entries.exclude(before__isnull=True, after__isnull=True).update(
                before=None, after=None
            )
    return blanked
