"""What mentions an erased person although nothing refers to them: logs, copies, caught mails, files, caches.

`Needles` are what surely means this person: their address, phone, number; and their full name, which others
may share, so that it only makes the name itself disappear.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_plus

from django.apps import apps
from django.contrib.sessions.models import Session
from django.db.models import Field, JSONField, Model, Q, TextField
from django.db.models.functions import Cast

from crm.encryption import EncryptedText
from crm.models import Business, Customer, CustomField, ImportBatch, Product, SandboxMail, User
from crm.privacy import finding, keeping

HIDDEN = "•••"
OTHERS = (
    Business,
    Customer,
    CustomField,
    Product,
    User,
    Session,
)  # Not about this person, whatever they say.
type Column = Field[Any, Any]
SHORTEST = 4  # A shorter number would be found in everything.


@dataclass(frozen=True, slots=True)
class Needles:
    sure: tuple[str, ...]
    names: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.sure or self.names)

    @property
    def forms(self) -> set[str]:
        """As they are, and as addresses of pages write them: filters of a list are kept that way."""
        plain = {*self.sure, *self.names}
        return plain | {quote(one) for one in plain} | {quote_plus(one) for one in plain}

    @property
    def pattern(self) -> re.Pattern[str]:
        longest = sorted(self.forms, key=len, reverse=True)
        return re.compile("|".join(re.escape(one) for one in longest), re.IGNORECASE)


def needles_of(customer: Customer) -> Needles:
    """What to look for; what another customer is known by too is left out."""
    others = Customer.objects.exclude(pk=customer.pk)
    sure = {customer.public_id}
    if customer.email and not others.filter(email=customer.email).exists():
        sure.add(customer.email)
    if customer.phone and not others.filter(phone=customer.phone).exists():
        sure.add(customer.phone)
    sure.add(customer.external_id or "")
    sure |= set(customer.aliases.values_list("value", flat=True))
    names = {customer.full_name, f"{customer.last_name}, {customer.first_name}"}
    if others.filter(first_name=customer.first_name, last_name=customer.last_name).exists():
        names = set()
    return Needles(
        tuple(sorted(one for one in sure if len(one) >= SHORTEST)),
        tuple(sorted(one for one in names if len(one.strip(", ")) >= 3)),
    )


def swept() -> Iterator[tuple[type[Model], list[Column]]]:
    """Each table that may mention somebody, and its columns with words."""
    for model in apps.get_models():
        if model in OTHERS or model._meta.proxy or not model._meta.managed:
            continue
        columns = [
            one for one in finding.texts(model) if not isinstance(one, EncryptedText) and not one.primary_key
        ]
        if columns:
            yield model, columns


def tables(needles: Needles) -> dict[str, int]:
    """Take the mentions out of every table; {table: rows changed}."""
    found: dict[str, int] = {}
    for model, columns in swept():
        if changed := clear(model, columns, _mentioning(model, columns, needles), needles):
            found[model._meta.db_table] = changed
    if caught := _caught_mails(needles):
        found["crm_sandboxmail"] = found.get("crm_sandboxmail", 0) + caught
    return found


def clear(model: type[Model], columns: list[Column], rows: Iterable[Model], needles: Needles) -> int:
    """Take the mentions out of these rows; returns how many rows that were."""
    whole, changed = keeping.is_swept_whole(model), 0
    unique = _unique(model)
    for row in rows:
        sure = whole and _says(row, columns, needles)
        if isinstance(row, ImportBatch):
            row.findings = without_samples(row.findings)
        values = {one.name: _cell(one, getattr(row, one.name), needles, sure) for one in columns}
        for name in unique & values.keys():
            if values[name] != getattr(row, name):
                values[name] = f"erased:{row.pk}"
        changed += model._base_manager.filter(pk=row.pk).update(**values)
    return changed


def _unique(model: type[Model]) -> set[str]:
    """Columns of which no two rows may hold the same."""
    of_constraints = {name for rule in model._meta.total_unique_constraints for name in rule.fields}
    return of_constraints | {one.name for one in model._meta.local_concrete_fields if one.unique}


def _mentioning(model: type[Model], columns: list[Column], needles: Needles) -> list[Model]:
    """Rows in which a needle stands, as it is or as JSON writes it."""
    words = {form for one in needles.forms for form in (one, json.dumps(one)[1:-1])}
    as_text = {f"text_of_{one.name}": Cast(one.name, TextField()) for one in columns}
    wanted = Q()
    for name in as_text:
        for word in words:
            wanted |= Q(**{f"{name}__icontains": word})
    found = model._base_manager.alias(**as_text).filter(wanted)
    return list(found.only("pk", *(one.name for one in columns)))


def _says(row: Model, columns: list[Column], needles: Needles) -> bool:
    values = [getattr(row, one.name) for one in columns]
    text = json.dumps(values, ensure_ascii=False, default=str).casefold()
    return any(one.casefold() in text for one in needles.forms)


def without_samples(findings: dict[str, Any]) -> dict[str, Any]:
    """What reading a file found out, without the cells that were kept as examples."""
    studies = [
        {name: found if name == "kind" else _figures(found) for name, found in study.items()}
        for study in findings.get("studies", [])
    ]
    return {**findings, "studies": studies} if studies else findings


def _figures(found: Any) -> Any:
    if isinstance(found, list):
        return []
    return _cleared(found, Needles((), ()), True) if isinstance(found, dict | str) else found


def _cell(column: Column, value: Any, needles: Needles, whole: bool) -> Any:
    """The content without mentions; all words of a JSON value or long text go when the row is swept whole."""
    if isinstance(column, JSONField):
        return _cleared(value, needles, whole)
    if isinstance(value, str):
        text = needles.pattern.sub(HIDDEN, value)
        if whole and isinstance(column, TextField):
            text = ""
        return text[: column.max_length] if column.max_length else text
    return value


def _cleared(value: Any, needles: Needles, whole: bool) -> Any:
    if isinstance(value, dict):
        return {_cleared(key, needles, False): _cleared(one, needles, whole) for key, one in value.items()}
    if isinstance(value, list):
        return [_cleared(one, needles, whole) for one in value]
    if isinstance(value, str):
        return HIDDEN if whole and value else needles.pattern.sub(HIDDEN, value)
    return value


def _caught_mails(needles: Needles) -> int:
    forms = [one.casefold() for one in needles.forms]
    return forget_caught(lambda text: any(one in text for one in forms))


def forget_caught(speaks: Callable[[str], object]) -> int:
    """Delete mails that the sandbox caught and that go to, or speak of, a person."""
    gone = 0
    for mail in SandboxMail.objects.only("pk", "raw", "to", "subject").iterator(chunk_size=200):
        text = f"{mail.to}\n{mail.subject}\n{_readable(bytes(mail.raw))}"
        if speaks(text.casefold()):
            mail.delete()
            gone += 1
    return gone


def _readable(raw: bytes) -> str:
    from email import message_from_bytes
    from email.policy import default

    parts = message_from_bytes(raw, policy=default).walk()
    return "\n".join(str(part.get_content()) for part in parts if part.get_content_maintype() == "text")
