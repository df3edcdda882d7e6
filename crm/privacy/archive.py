"""Everything about a person as one file: a page to read, each table as JSON and CSV, mails and files."""

from __future__ import annotations

import csv
import io
import json
import secrets
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePath
from typing import Any

from django.conf import settings
from django.db.models import BinaryField, Field, FileField, ForeignKey, Model
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import localize
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from crm.languages import language_of
from crm.models import AuditEntry, Business, Customer, PersonalArchive, SandboxMail, User
from crm.privacy import finding
from crm.spreadsheets import safe

KEPT = timedelta(days=14)
TECHNICAL = {
    "search_text",
    "key",
    "fingerprint",
    "occurrence",
    "claimed_by",
    "claimed_at",
    "is_demo",
    "priority",
}


# Tables about people that are not in the file, each with the reason.
LEFT_OUT = {
    "crm.PersonalArchive": "the files themselves, of which this is one",
    "crm.ImportBatch": "lists of many people; what was taken from them about this person is in their tables",
    "crm.ImportProblem": "rows that were not taken in: they belong to nobody",
    "crm.ExportFile": "what staff looked for in the list of all customers",
    "crm.Group": "a household or company, which is several people; the membership is in the file",
}


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the archive. `rows` are plain values, `shown` what people read."""

    name: str
    title: str
    columns: list[str]
    headings: list[str]
    rows: list[list[Any]]
    shown: list[list[str]]


def make(customer: Customer, *, by: User | None, at: datetime, kept: timedelta = KEPT) -> PersonalArchive:
    """Write the file and remember until when it is kept."""
    path = PurePath("archives", f"{secrets.token_hex(16)}.zip")
    target = Path(settings.MEDIA_ROOT, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    business = Business.current()
    with translation.override(language_of(customer, business)), target.open("xb") as file:
        target.chmod(0o600)
        _write(file, customer, business, at)
    return PersonalArchive.objects.create(
        customer=customer, path=str(path), size=target.stat().st_size, made_at=at, made_by=by,
        expires_at=at + kept,
    )  # fmt: skip


def file_of(archive: PersonalArchive) -> Path:
    return Path(settings.MEDIA_ROOT, archive.path)


def forget_old(now: datetime) -> None:
    """The nightly chore."""
    for archive in PersonalArchive.objects.filter(expires_at__lte=now):
        discard(archive)


def discard(archive: PersonalArchive) -> None:
    file_of(archive).unlink(missing_ok=True)
    archive.delete()


def tables(customer: Customer) -> Iterator[Table]:
    """The person first, then every table that refers to them, nearest first, then who looked."""
    yield _table(Customer, [customer])
    done: set[type[Model]] = {PersonalArchive}
    for way in sorted(finding.ways(), key=lambda way: (way.depth, way.model._meta.label)):
        if way.model in done:
            continue
        done.add(way.model)
        keys = [key.name for key in _columns(way.model) if isinstance(key, ForeignKey)]
        found = way.rows([customer.pk]).order_by("pk").distinct()
        rows = list(found.select_related(*keys) if keys else found)
        if rows:
            yield _table(way.model, rows)
    looks = AuditEntry.objects.filter(kind="customer", object_key=str(customer.pk)).select_related("actor")
    if entries := list(looks.order_by("at")):
        yield _table(AuditEntry, entries)


def _write(file: io.BufferedWriter, customer: Customer, business: Business, at: datetime) -> None:
    found = list(tables(customer))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        extra = [*_mails(archive, customer), *_files(archive, customer)]
        context = {"tables": found, "customer": customer, "business": business, "at": at, "files": extra}
        context["language"] = translation.get_language()
        archive.writestr("index.html", render_to_string("mail/archive.html", context))
        for table in found:
            rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
            text = json.dumps(rows, ensure_ascii=False, indent=1, default=str)
            archive.writestr(f"data/{table.name}.json", text)
            archive.writestr(f"data/{table.name}.csv", _csv(table))


def _csv(table: Table) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([safe(one) for one in table.headings])
    writer.writerows([safe(cell) for cell in row] for row in table.shown)
    return out.getvalue().encode("utf-8-sig")


def _mails(archive: zipfile.ZipFile, customer: Customer) -> Iterator[str]:
    for mail in SandboxMail.objects.filter(message__customer=customer).order_by("pk"):
        name = f"mails/{mail.pk}.eml"
        archive.writestr(name, bytes(mail.raw))
        yield name


def _files(archive: zipfile.ZipFile, customer: Customer) -> Iterator[str]:
    for way in finding.ways():
        for column in way.model._meta.local_concrete_fields:
            if not isinstance(column, FileField) or not way.owned:
                continue
            for row in way.rows([customer.pk]).exclude(**{column.name: ""}).distinct():
                content = getattr(row, column.name)
                name = f"files/{way.model._meta.model_name}-{row.pk}-{PurePath(content.name).name}"
                with content.open("rb") as source:
                    archive.writestr(name, source.read())
                yield name


def _columns(model: type[Model]) -> list[Field[Any, Any]]:
    return [
        one
        for one in model._meta.local_concrete_fields
        if not isinstance(one, BinaryField)
        and one.name not in TECHNICAL
        and not (isinstance(one, ForeignKey) and one.remote_field.model is Customer)
    ]


def _table(model: type[Model], rows: list[Any]) -> Table:
    columns = _columns(model)
    return Table(
        name=str(model._meta.model_name),
        title=str(model._meta.verbose_name_plural).capitalize(),
        columns=[one.name for one in columns],
        headings=[str(one.verbose_name) for one in columns],
        rows=[[_plain(one, row) for one in columns] for row in rows],
        shown=[[_readable(one, row) for one in columns] for row in rows],
    )


def _plain(column: Field[Any, Any], row: Model) -> Any:
    value = getattr(row, column.attname)
    return str(value) if isinstance(column, FileField) else value


def _readable(column: Field[Any, Any], row: Model) -> str:
    value = getattr(row, column.name)
    if value is None or value == "":
        return ""
    if column.choices:
        return str(getattr(row, f"get_{column.name}_display")())
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False) if value else ""
    if isinstance(value, datetime):
        value = localtime(value)
    return str(value) if isinstance(value, Model | str) else str(localize(value))
