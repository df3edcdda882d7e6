"""Who was erased after a backup was made: keyed hashes in a file beside the database, and finding them again.

The database that a restore replaces knows them too; a new machine knows them only by this file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from crm import bulk
from crm.encryption import key_name
from crm.models import Customer, ErasedIdentity
from crm.privacy import erasing, identities

Kind = ErasedIdentity.Kind


@dataclass(frozen=True, slots=True)
class Known:
    """One keyed hash of somebody who was erased."""

    kind: str
    digest: str
    key_name: str
    at: datetime


def remembered(since: datetime) -> list[Known]:
    """Erased after then, as the database in use and the file beside it say; who came back is left out."""
    found = {
        (one.kind, one.digest): Known(one.kind, one.digest, one.key_name, one.at)
        for one in ErasedIdentity.objects.filter(at__gt=since)
    }
    listed: dict[tuple[str, str], Known] = {}
    for line in _lines():
        key = (line["kind"], line["digest"])
        if line.get("lifted"):
            listed.pop(key, None)
        else:
            at = datetime.fromisoformat(line["at"])
            listed[key] = Known(line["kind"], line["digest"], line["key"], at)
    found |= {key: one for key, one in listed.items() if one.at > since}
    return list(found.values())


def _lines() -> Iterable[dict[str, str]]:
    path = identities.beside()
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for line in file:
            try:
                yield json.loads(line)
            except ValueError:  # The last line, cut off by a power failure.
                continue


def erase_again(known: list[Known], *, at: datetime) -> int:
    """Refuse them from now on, and take out who came back with the backup; returns how many people."""
    ErasedIdentity.objects.bulk_create(
        [
            ErasedIdentity(kind=one.kind, digest=one.digest, key_name=one.key_name, at=one.at)
            for one in known
        ],
        ignore_conflicts=True, batch_size=1000,
    )  # fmt: skip
    digests = {(one.kind, one.digest) for one in known if one.key_name == key_name(settings.SECRET_KEY)}
    if not digests:
        return 0
    back = [pk for pk, marks in _everybody() if not digests.isdisjoint(marks)]
    people = list(Customer.objects.filter(pk__in=bulk.numbers(back)))
    erasing.anonymise(people, by=None, at=at)
    return len(people)


def unmatched() -> int:
    """Hashes of erased people that the SECRET_KEY in use finds nobody by."""
    return ErasedIdentity.objects.exclude(key_name=key_name(settings.SECRET_KEY)).count()


def _everybody() -> Iterable[tuple[int, list[tuple[str, str]]]]:
    columns = ((Kind.EMAIL, "email"), (Kind.PHONE, "phone"), (Kind.NUMBER, "external_id"))
    names = [name for _kind, name in columns]
    for pk, *values in (
        Customer.objects.filter(erased_at=None).values_list("pk", *names).iterator(chunk_size=5000)
    ):
        pairs = zip(columns, values, strict=True)
        yield pk, [(str(kind), identities.digest(kind, text)) for (kind, _name), text in pairs if text]
