"""Who was erased: keyed hashes of addresses and numbers, so that an old list does not bring people back.

The key comes from SECRET_KEY. A bare hash could be tried with a list of all addresses; a keyed one only by
who holds the key, which lies outside the database.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from crm import phones
from crm.encryption import key_name
from crm.errors import Refusal
from crm.models import Customer, ErasedIdentity

Kind = ErasedIdentity.Kind
ALIASES: dict[str, Any] = {"number": Kind.NUMBER, "email": Kind.EMAIL, "phone": Kind.PHONE, "public": ""}
type Known = Iterable[tuple[str, str]]


def digest(kind: str, text: str) -> str:
    """The keyed hash of an address, phone or number as the database would hold it."""
    plain = re.sub(r"[^\d+]", "", text) if kind == Kind.PHONE else text.strip().casefold()
    return salted_hmac(f"crm.erased.{kind}", plain, algorithm="sha256").hexdigest()


def known_by(customer: Customer) -> list[tuple[str, str]]:
    """(kind, text) of everything that finds this person again."""
    found = [(Kind.EMAIL, customer.email), (Kind.PHONE, customer.phone)]
    found.append((Kind.NUMBER, customer.external_id or ""))
    numbers = customer.purchases.exclude(number="").values_list("number", flat=True).distinct()
    found += [(Kind.ORDER, number) for number in numbers]
    found += [(ALIASES[str(kind)], text) for kind, text in customer.aliases.values_list("kind", "value")]
    return [(str(kind), text) for kind, text in found if kind and text]


def remember(known: Known, at: datetime) -> None:
    """Refuse these from now on."""
    name = key_name(settings.SECRET_KEY)
    rows = [
        ErasedIdentity(kind=kind, digest=digest(kind, text), key_name=name, at=at) for kind, text in known
    ]
    ErasedIdentity.objects.bulk_create(rows, ignore_conflicts=True)
    lines = [{"kind": str(one.kind), "digest": one.digest, "key": name, "at": at.isoformat()} for one in rows]
    transaction.on_commit(lambda: _write_beside(lines))


def beside() -> Path:
    """The list outside the database, so that an old backup brings nobody back on another machine, either."""
    return Path(settings.VAR, "erased.jsonl")


def _write_beside(lines: Iterable[Mapping[str, Any]]) -> None:
    with beside().open("a", encoding="utf-8") as file:
        beside().chmod(0o600)
        file.writelines(json.dumps(line) + "\n" for line in lines)
        file.flush()
        os.fsync(file.fileno())


def lift(customer: Customer) -> None:
    """The person came back by their own will."""
    known = [(Kind.EMAIL, customer.email), (Kind.PHONE, customer.phone)]
    digests = [(kind, digest(kind, text)) for kind, text in known if text]
    ErasedIdentity.objects.filter(digest__in=[text for _kind, text in digests]).delete()
    lines = [{"kind": str(kind), "digest": text, "lifted": True} for kind, text in digests]
    transaction.on_commit(lambda: _write_beside(lines))


def is_erased(*, email: str = "", phone: str = "", external_id: str = "") -> bool:
    """Whether somebody known by one of these was erased on request."""
    known = [(Kind.EMAIL, email), (Kind.PHONE, phone), (Kind.NUMBER, external_id)]
    digests = [digest(kind, text) for kind, text in known if text]
    return bool(digests) and ErasedIdentity.objects.filter(digest__in=digests).exists()


def refuse_erased(*, email: str = "", phone: str = "", external_id: str = "") -> None:
    """Raise Refusal, with the reason, for a person who was erased on request."""
    if is_erased(email=email, phone=phone, external_id=external_id):
        raise Refusal(reason())


def reason() -> str:
    return _(
        "This person asked to be erased, so they cannot be entered again. "
        "They can sign up themselves if they want to come back."
    )


class Erased:
    """All erased identities in memory, to judge the rows of an import."""

    def __init__(self) -> None:
        self.digests = set(ErasedIdentity.objects.values_list("kind", "digest"))
        self.orders: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self.digests)

    def names(self, row: Mapping[str, Any]) -> bool:
        """Whether a row is about an erased person, or a further row of an order of theirs."""
        order = str(row.get("order") or "")
        if order and order in self.orders:
            return True
        country = str(row.get("country") or "")
        known = [(Kind.EMAIL, row.get("email")), (Kind.NUMBER, row.get("customer")), (Kind.ORDER, order)]
        if phone := row.get("phone"):
            known += [(Kind.PHONE, phone), (Kind.PHONE, _dialled(str(phone), country))]
        if any((kind, digest(kind, str(text))) in self.digests for kind, text in known if text):
            if order:
                self.orders.add(order)
            return True
        return False


def _dialled(phone: str, country: str) -> str:
    try:
        return phones.normalise(phone, country)
    except ValueError:
        return phone
