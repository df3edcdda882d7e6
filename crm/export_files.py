"""Customers as a file that a worker writes and another program fetches within a day."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path, PurePath
from shutil import copyfileobj
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm import access, audit, exporting, kept_queries, masking
from crm.access import Right
from crm.customer_list import Filters
from crm.errors import Refusal
from crm.exporting import Line
from crm.listing.columns import Column
from crm.models import ApiToken, AuditEntry, ExportFile, User

KEPT: Final = timedelta(days=1)
STALE: Final = timedelta(minutes=5)
MOST_OPEN: Final = 5
ID: Final = Column("id", "id", value=lambda row, _figures: row.public_id)
STANDARD: Final = (
    "id", "external_id", "first_name", "last_name", "email", "phone", "country", "city", "language",
    "created_on", "consent", "tags", "orders", "revenue", "last_purchase",
)  # fmt: skip
State = ExportFile.State


class Unknown(Refusal):
    """A filter or a column that does not exist, or whose value is none."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


def columns_of(keys: Sequence[str]) -> list[Column]:
    """The columns by their names; `id` is the one by which other addresses know a customer."""
    known = {"id": ID, **Filters().catalogue.columns}
    if unknown := next((key for key in keys if key not in known), None):
        raise Unknown("columns", _("There is no column “%(name)s”.") % {"name": unknown[:40]})
    return [known[key] for key in dict.fromkeys(keys)]


def query_of(q: str, chosen: Mapping[str, str]) -> str:
    """The filters as the address of the list carries them; one left out would widen the file."""
    if q and masking.active():
        raise Unknown("q", _("Whom this token acts as sees no personal data to search by."))
    filters = Filters.read({**chosen, "q": q})
    for key, value in chosen.items():
        if (key, value.strip()) not in filters.chosen:
            raise Unknown(f"filters.{key[:40]}", _("There is no such filter, or not with this value."))
    query = filters.plain()
    if len(query) > 4000:
        raise Unknown("filters", _("These are too many filters."))
    return query


@transaction.atomic
def ask(
    by: User, *, columns: Sequence[str], query: str, kind: str, token: ApiToken | None = None
) -> ExportFile:
    """Order a file; a few at a time for each member of staff."""
    open_ones = ExportFile.objects.filter(by=by, state__in=[State.QUEUED, State.RUNNING])
    if open_ones.count() >= MOST_OPEN:
        raise Refusal(_("Five exports are under way. Please wait until one is done."))
    keys = [one.key for one in columns_of(columns or STANDARD)]
    row = ExportFile.objects.create(by=by, token=token, format=kind, filters=query, columns=keys)
    transaction.on_commit(lambda: _run(row.pk))
    return row


def run(pk: int) -> bool:
    """QUEUED → RUNNING → DONE | FAILED, with what the member of staff may see now."""
    now = timezone.now()
    if not ExportFile.objects.filter(pk=pk, state=State.QUEUED).update(
        state=State.RUNNING, claimed_at=now, heartbeat_at=now, rows=0
    ):
        return False
    row = ExportFile.objects.select_related("by").get(pk=pk)
    place = PurePath("exports", f"{secrets.token_hex(16)}.data")
    target = Path(settings.MEDIA_ROOT, place)
    try:
        if not access.may(row.by, Right.EXPORT):
            raise Refusal(_("This account may not export any more."))
        rows = _write(row, target)
    except Exception as error:
        target.unlink(missing_ok=True)
        reason = str(error) if isinstance(error, Refusal) else _("Something unexpected happened.")
        _settle(row, now, state=State.FAILED, error=reason[:300])
        if not isinstance(error, Refusal):
            raise
        return False
    done = {"rows": rows, "path": str(place), "role": row.by.role, "scope": row.by.scope}
    if not _settle(row, now, state=State.DONE, **done):  # Somebody else took it over.
        target.unlink(missing_ok=True)
        return False
    detail = f"file as {row.format}"
    audit.record(row.by, AuditEntry.Action.EXPORTED, "customer", count=rows, detail=detail)
    return True


def _settle(row: ExportFile, claimed: datetime, **values: object) -> bool:
    """RUNNING → over, while the run is still ours."""
    ours = ExportFile.objects.filter(pk=row.pk, state=State.RUNNING, claimed_at=claimed)
    return bool(ours.update(finished_at=timezone.now(), **values))


def _write(row: ExportFile, target: Path) -> int:
    target.parent.mkdir(parents=True, exist_ok=True)
    masked = row.by.role == User.Role.ANALYST
    counted = [0]
    with masking.applied(masked), translation.override("en"), target.open("xb") as file:
        target.chmod(0o600)
        filters = Filters.read(row.filters)
        # Without one of its filters the file would hold more people than were asked for.
        if not kept_queries.is_whole(row.filters, filters.pairs(view=False)):
            raise Refusal(_("A filter of this export is not there any more. Please order it again."))
        people = filters.apply(access.customers(row.by).order_by())
        columns = columns_of(row.columns)
        found = _beating(row, exporting.customers(people, columns, masked=masked), counted)
        header = [one.key for one in columns]
        if row.format == ExportFile.Format.XLSX:
            with exporting.xlsx(found, header) as book:
                copyfileobj(book, file)
        else:
            file.writelines(exporting.csv_parts(found, header))
        file.flush()
        os.fsync(file.fileno())
    return counted[0]


def _beating(row: ExportFile, found: Iterable[list[Line]], counted: list[int]) -> Iterator[list[Line]]:
    """The same chunks, with a sign of life and the progress after each."""
    for lines in found:
        yield lines
        counted[0] += len(lines)
        ExportFile.objects.filter(pk=row.pk).update(rows=counted[0], heartbeat_at=timezone.now())


def fetched(row: ExportFile, by: User) -> Path:
    """The file, for who may still see what it holds."""
    if row.state != State.DONE or not row.path:
        raise Refusal(_("This export is not finished, or its file is gone after a day."))
    if (row.role, row.scope) != (by.role, by.scope):
        raise Refusal(_("Your rights have changed since this file was written. Please export again."))
    path = Path(settings.MEDIA_ROOT, row.path)
    if not path.is_file():
        raise Refusal(_("This export is not finished, or its file is gone after a day."))
    audit.record(by, AuditEntry.Action.EXPORTED, row, count=row.rows, detail="file fetched")
    return path


def release_stale(*, at: datetime) -> list[int]:
    """RUNNING → QUEUED for those whose process was killed; all that wait, to be started again."""
    lost = ExportFile.objects.filter(state=State.RUNNING, heartbeat_at__lt=at - STALE)
    lost.update(state=State.QUEUED)
    waiting = ExportFile.objects.filter(state=State.QUEUED, created_at__lt=at - timedelta(seconds=20))
    return list(waiting.order_by("pk").values_list("pk", flat=True)[:10])


def forget(now: datetime) -> None:
    """Personal data in files goes after a day, and the notes about them with it."""
    over = ExportFile.objects.filter(created_at__lt=now - KEPT, state__in=[State.DONE, State.FAILED])
    for row in over.exclude(path=""):
        Path(settings.MEDIA_ROOT, row.path).unlink(missing_ok=True)
    over.delete()


def _run(pk: int) -> None:
    from crm.tasks import run_export  # The tasks import much.

    run_export.delay(pk)
