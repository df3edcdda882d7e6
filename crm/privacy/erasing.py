"""Taking a person out of everything, while sums and counts stay as they are.

The row of the customer stays as a shell that nothing names, so that what was sold still belongs to somebody
who bought twice. Files go first, then all tables in one transaction, then traces: killed in between, the
person is still there and erasing again does the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import BinaryField, CharField, F, FileField, Model, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from crm import audit, bulk, kept_queries, webhooks
from crm.consent import email_hash
from crm.models import AuditEntry, Customer, PersonalArchive, PrivacyRequest, Suppression, User
from crm.models.customer import new_public_id
from crm.privacy import files, finding, identities, keeping, mentions, sweeping, traces
from crm.privacy.keeping import Kept

STEP = 1000
ATTRIBUTES = (
    "email", "phone", "first_name", "last_name", "country", "city", "gender", "language", "source",
    "search_text",
)  # fmt: skip


@dataclass(slots=True)
class Erased:
    """What an erasure did: rows deleted or emptied per table, files deleted."""

    tables: Counter[str] = field(default_factory=Counter)
    files: list[str] = field(default_factory=list)
    compacted: bool = True


def erase(customer: Customer, *, by: User | None, at: datetime) -> Erased:
    """Erase on request: nothing names the person any more, and a keyed hash keeps them from coming back."""
    return _take_out(customer, by=by, at=at)


def anonymise(
    customers: Collection[Customer],
    *,
    by: User | None,
    at: datetime,
    compact: bool = True,
    beat: Callable[[], object] = lambda: None,
) -> Erased:
    """The same because time has passed, for thousands: they may come again as somebody new.

    Mentions elsewhere go first, then the people in steps. Killed in between, whoever is left is still there
    under their name and is found by the next run. `beat` is called now and then.
    """
    done = Erased()
    people = [one for one in customers if one.erased_at is None]
    if not people:
        return done
    files.refuse_while_importing()
    needles = mentions.needles_of(people)
    done.files = [*_archives(people), *mentions.clear_files(needles)]
    done.tables.update(kept_queries.forget_people(needles.sure))
    done.tables.update(mentions.clear_tables(needles, [one.pk for one in people], beat))
    for some in batched(people, STEP):
        with transaction.atomic():
            _tables([one.pk for one in some], done)
            _record(some, by, at, done)
            _shell(some, at, done)
        beat()
    traces.forget_cached()
    done.compacted = connection.vendor != "sqlite" or (compact and traces.compact())
    return done


def _take_out(person: Customer, *, by: User | None, at: datetime) -> Erased:
    done = Erased()
    if person.erased_at is not None:
        return done
    files.refuse_while_importing()
    needles = sweeping.needles_of(person)
    done.files = [*_archives([person]), *files.sweep(needles)]
    with transaction.atomic():
        identities.remember(_not_shared(person), at)
        _forget_bare_hash(person)
        _tables([person.pk], done)
        with audit.passage():
            done.tables.update(kept_queries.forget_people(needles.sure))
            done.tables.update(sweeping.tables(needles) if needles else {})
        _shell([person], at, done)
        _record([person], by, at, done)
    traces.forget_cached()
    done.compacted = connection.vendor != "sqlite" or traces.compact()
    return done


def _archives(people: Collection[Customer]) -> list[str]:
    """Delete the files that told these people what is stored."""
    paths = list(PersonalArchive.objects.filter(customer__in=people).values_list("path", flat=True))
    for path in paths:
        Path(settings.MEDIA_ROOT, path).unlink(missing_ok=True)
    return paths


def _not_shared(person: Customer) -> list[tuple[str, str]]:
    """Addresses that another customer has too stay allowed."""
    others = Customer.objects.exclude(pk=person.pk)
    columns = {"email": "email", "phone": "phone"}
    return [
        (kind, text)
        for kind, text in identities.known_by(person)
        if kind not in columns or not others.filter(**{columns[kind]: text}).exists()
    ]


def _forget_bare_hash(person: Customer) -> None:
    if person.email and not Customer.objects.filter(email=person.email).exclude(pk=person.pk).exists():
        Suppression.objects.filter(email_hash=email_hash(person.email)).delete()


def _tables(numbers: list[int], done: Erased) -> None:
    """Everything that refers to these people: emptied where an app wants the rows, else deleted."""
    for name, hook in keeping.hooks().items():
        if n := hook(numbers):
            done.tables[name] += n
    keys: dict[str, list[str]] = {}
    for way in finding.ways():
        rows = way.rows(numbers)
        keys.setdefault(str(way.model._meta.model_name), []).extend(
            str(key) for key in rows.values_list("pk", flat=True)
        )
        policy = keeping.policy(way.model)
        table = way.model._meta.db_table
        if _is_only_numbers(way.model):
            continue
        if policy is None:
            _delete_files(way.model, rows)
            done.tables[table] += rows.count()
            model_rows = way.model._base_manager.filter(pk__in=rows.values("pk"))
            model_rows.delete()
        else:
            done.tables[table] += _empty(way.model, policy, rows, numbers, way.path)
    keys["customer"] = [str(number) for number in numbers]
    for kind, some in keys.items():
        done.tables["crm_auditentry"] += audit.redact(kind, some)


def _is_only_numbers(model: type[Model]) -> bool:
    """Rows without any words or files, such as memberships, name nobody."""
    worded = any(isinstance(one, BinaryField | FileField) for one in model._meta.local_concrete_fields)
    return not worded and not finding.texts(model)


def _delete_files(model: type[Model], rows: QuerySet[Model]) -> None:
    for column in model._meta.local_concrete_fields:
        if isinstance(column, FileField):
            for row in rows.exclude(**{column.name: ""}):
                getattr(row, column.name).delete(save=False)


def _empty(model: type[Model], policy: Kept, rows: QuerySet[Model], numbers: list[int], path: str) -> int:
    """Take out of kept rows what names the person."""
    keys = list(rows.order_by().values_list("pk", flat=True).distinct())
    values: dict[str, Any] = dict.fromkeys(policy.blank, "")
    values |= {name: Concat(Value("erased:"), Cast(F("pk"), CharField())) for name in policy.unique}
    for some in batched(keys, STEP):
        mine = model._base_manager.filter(pk__in=bulk.numbers(some))
        if values:
            mine.update(**values)
        if policy.changed:
            _change(model, policy, mine)
    for name in policy.rare:
        _blank_rare(model, name, rows, numbers, path)
    return len(keys)


def _change(model: type[Model], policy: Kept, rows: QuerySet[Model]) -> None:
    """What a function makes of the content, where that is something else."""
    changed = []
    for row in rows.only("pk", *policy.changed):
        before = [getattr(row, name) for name in policy.changed]
        for name, change in policy.changed.items():
            setattr(row, name, change(getattr(row, name)))
        if before != [getattr(row, name) for name in policy.changed]:
            changed.append(row)
    bulk.rewrite(changed, list(policy.changed))


def _blank_rare(model: type[Model], name: str, rows: QuerySet[Model], numbers: list[int], path: str) -> None:
    """A word that no row of anybody else has may name this person."""
    mine = set(rows.exclude(**{name: ""}).order_by().values_list(name, flat=True).distinct())
    others = model._base_manager.filter(
        ~Q(**{f"{path}__in": bulk.numbers(numbers)}) | Q(**{f"{path}__isnull": True})
    )
    known = others.filter(**{f"{name}__in": bulk.texts(mine)}).order_by().values_list(name, flat=True)
    rare = mine - set(known.distinct()) if mine else set()
    if not rare:
        return
    own: Any = Concat(Value("erased:"), Cast(F("pk"), CharField())) if name == "source" else Value("")
    keys = list(rows.filter(**{f"{name}__in": bulk.texts(rare)}).values_list("pk", flat=True))
    for some in batched(keys, STEP):
        changes = {name: Value("other") if name == "kind" else own}
        model._base_manager.filter(pk__in=bulk.numbers(some)).update(**changes)


def _shell(people: Iterable[Customer], at: datetime, done: Erased) -> None:
    values: dict[str, Any] = dict.fromkeys(ATTRIBUTES, "")
    values |= {"external_id": None, "birth_date": None, "custom": {}, "owner_id": None}
    values |= {"suppressed_at": None, "described_at": None, "email_consent": "unknown", "erased_at": at}
    values |= {"tracking": "", "mail_read_on": None}
    shells = [Customer(pk=one.pk, public_id=new_public_id(), **values) for one in people]
    bulk.rewrite(shells, [*(name for name in values if name != "owner_id"), "owner", "public_id"])
    done.tables["crm_customer"] += len(shells)
    for name, hook in keeping.last_hooks().items():
        if n := hook([one.pk for one in shells]):
            done.tables[name] += n


def _record(people: Collection[Customer], by: User | None, at: datetime, done: Erased) -> None:
    webhooks.emit_all("customer.deleted", [{"customer": one.public_id} for one in people])  # Others, too.
    audit.record_all(by, AuditEntry.Action.ERASED, people, count=sum(done.tables.values()))
    PrivacyRequest.objects.filter(
        customer__in=people, kind=PrivacyRequest.Kind.ERASE, state=PrivacyRequest.State.OPEN
    ).update(state=PrivacyRequest.State.DONE, settled_at=at, settled_by=by)
