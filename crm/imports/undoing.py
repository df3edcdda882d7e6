"""An import taken back: what would go and come back, what stands in the way, and the work itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm import access, audit, journal
from crm.errors import Refusal
from crm.journal.graph import model_of
from crm.models import (
    AuditEntry,
    Customer,
    CustomField,
    ImportBatch,
    ImportParcel,
    Journal,
    JournalEntry,
    User,
)

STALE: Final = timedelta(minutes=5)  # Looking for obstacles in millions of rows gives no sign of life.
# Traces of what was brought in; the answer counts the things themselves.
TRACES: Final = {"crm.consent", "crm.customertag", "crm.interaction", "crm.sensitivevalue"}
State = ImportBatch.State


@dataclass(frozen=True, slots=True)
class Table:
    """How many rows of one kind would go, and how many would be as before."""

    name: str
    removed: int
    restored: int


@dataclass(frozen=True, slots=True)
class Preview:
    tables: list[Table]
    causes: list[journal.Cause] = field(default_factory=list)
    refusal: str = ""

    @property
    def possible(self) -> bool:
        return not self.refusal and not self.causes


def book_of(batch: ImportBatch) -> Journal | None:
    return Journal.objects.filter(kind=Journal.Kind.IMPORT, reference=str(batch.pk)).first()


def refusal(batch: ImportBatch, book: Journal | None) -> str:
    """Why it cannot be undone at all, "" when it may be."""
    if batch.state == State.UNDONE:
        return _("This import was undone already.")
    if batch.state not in {State.DONE, State.FAILED, State.UNDOING}:
        return _("This import is not finished. It can be undone when it is.")
    if book is None:
        return _("This import was made before imports could be undone.")
    if book.state == Journal.State.EXPIRED:
        return _("This import is too old to be undone: what was there before is kept for 90 days.")
    if batch.state != State.UNDOING and ImportBatch.objects.filter(state=State.RUNNING).exists():
        return _("Another import is running. Please undo this one when it is done.")
    return ""


def preview(batch: ImportBatch) -> Preview:
    """What the page shows before anything happens."""
    book = book_of(batch)
    reason = refusal(batch, book)
    if reason or book is None:
        return Preview([], [], reason)
    _seal(batch, book)
    return Preview(tables(book), journal.causes(book))


def in_the_way(
    batch: ImportBatch, user: User, cause: str, *, start: int, most: int
) -> list[journal.Obstacle]:
    """The rows behind a cause ("" = behind all of them) that keeps this import from being undone."""
    book = book_of(batch)
    if book is None or refusal(batch, book):
        return []
    return _shown(journal.behind(book, cause, start=start, most=most), user)


def tables(book: Journal) -> list[Table]:
    """In numbers, the largest first."""
    kinds = JournalEntry.Kind
    counted = (
        JournalEntry.objects.filter(journal=book)
        .values("model")
        .annotate(
            removed=Count("pk", filter=Q(kind=kinds.CREATED)), restored=Count("pk", filter=Q(kind=kinds.KEPT))
        )
    )
    return _named({one["model"]: one for one in counted})


def _named(counts: dict[str, Any]) -> list[Table]:
    found = [
        Table(str(model_of(name)._meta.verbose_name_plural), one["removed"], one["restored"])
        for name, one in counts.items()
        if one["removed"] or one["restored"]
    ]
    return sorted(found, key=lambda one: -(one.removed + one.restored))


def _shown(found: list[journal.Obstacle], user: User) -> list[journal.Obstacle]:
    """Foreign customers stay unnamed for who sees only their own."""
    owners = {one.customer for one in found if one.customer}
    seen = set(access.customers(user).filter(pk__in=owners).values_list("pk", flat=True))
    return [one if not one.customer or one.customer in seen else one.anonymous() for one in found]


def request(batch: ImportBatch, by: User | None, *, at: datetime) -> None:
    """DONE, FAILED → UNDOING, when nothing stands in the way; UNDOING → UNDOING goes on after a stop."""
    book = book_of(batch)
    if reason := refusal(batch, book):
        raise Refusal(reason)
    assert book is not None
    _seal(batch, book)
    if book.state == Journal.State.SEALED and (found := journal.causes(book)):
        raise Refusal(_reason(book, by, found))
    ours = ImportBatch.objects.filter(pk=batch.pk, state=batch.state)
    if not ours.update(state=State.UNDOING, heartbeat_at=at, error=""):
        raise Refusal(_("Somebody else is changing this import right now."))
    batch.state = State.UNDOING
    if book.undone_by is None:
        Journal.objects.filter(pk=book.pk).update(undone_by=by)


def _reason(book: Journal, by: User | None, found: list[journal.Cause]) -> str:
    """In numbers; a single row is named to who may see it, as to who works at the command line."""
    if sum(one.count for one in found) == 1:
        rows = journal.behind(book, "", start=0, most=1)
        for one in rows if by is None else _shown(rows, by):
            if one.name:
                return journal.in_the_way(f"{one.thing} {one.name} {one.reason}")
    return journal.refusal(found)


def _seal(batch: ImportBatch, book: Journal) -> None:
    """An import that failed is over, as far as it came."""
    if batch.state == State.FAILED and book.state == Journal.State.OPEN:
        journal.seal(book)


def run(batch_id: int) -> journal.Undone | None:
    """UNDOING → UNDONE; None when it is not to be undone, or another process does it."""
    batch = ImportBatch.objects.filter(pk=batch_id, state=State.UNDOING, error="").first()
    book = book_of(batch) if batch else None
    if batch is None or book is None:
        return None
    try:
        undone = (
            journal.outcome(book)
            if book.state == Journal.State.UNDONE
            else journal.undo(book, by=book.undone_by)
        )
    except journal.TakenOver:
        return None
    except Refusal as reason:
        _stop(batch, str(reason))
        raise
    except Exception:
        _stop(batch, _("Something unexpected happened. Nothing is lost: please go on with undoing."))
        raise
    _finish(batch, book, undone)
    return undone


def _stop(batch: ImportBatch, reason: str) -> None:
    """Nothing was done yet: as before. Else it stays half undone until somebody goes on."""
    book = book_of(batch)
    waits = ImportBatch.objects.filter(pk=batch.pk, state=State.UNDOING)
    if book is not None and book.state == Journal.State.SEALED:
        waits.update(state=State.DONE if batch.finished_at else State.FAILED, error=reason)
    else:
        waits.update(error=reason)


@transaction.atomic
def _finish(batch: ImportBatch, book: Journal, undone: journal.Undone) -> None:
    ours = ImportBatch.objects.filter(pk=batch.pk, state=State.UNDOING)
    if ours.update(state=State.UNDONE, error=""):
        ImportParcel.objects.filter(batch=batch).delete()
        count = undone.removed + undone.restored
        audit.record(book.undone_by, AuditEntry.Action.UNDONE, batch, count=count, detail=batch.file_name)


def answer(undone: journal.Undone, kind: str) -> dict[str, int]:
    """The answer of `undo_import`: customers, purchases, answers and so on, not the traces they left."""
    traces = TRACES - {"crm.interaction"} if kind == "events" else TRACES
    counted = [one for name, one in undone.by_model.items() if name not in traces]
    return {
        "removed": sum(one["removed"] for one in counted),
        "restored": sum(one["restored"] for one in counted),
    }


def taken_back(batch: ImportBatch) -> dict[str, Any] | None:
    """How far undoing is, and what it did; None for an import that stands."""
    book = book_of(batch) if batch.state in {State.UNDOING, State.UNDONE} else None
    if book is None:
        return None
    done = sum(one["removed"] + one["restored"] for one in book.counts.values())
    left = JournalEntry.objects.filter(journal=book).count()
    percent = int(100 * done / max(1, done + left))
    return {"done": done, "total": done + left, "percent": percent, "tables": _named(book.counts)}


def stalled(*, at: datetime) -> list[int]:
    """Undoings whose process was killed, or whose task was lost."""
    waits = ImportBatch.objects.filter(state=State.UNDOING, error="", heartbeat_at__lt=at - STALE)
    found = {str(number): number for number in waits.values_list("pk", flat=True)}
    books = Journal.objects.filter(kind=Journal.Kind.IMPORT, reference__in=found)
    alive = books.filter(heartbeat_at__gte=at - STALE).values_list("reference", flat=True)
    return [found[reference] for reference in sorted(set(found) - set(alive))]


def users_of_fields(book: Journal, rows: Collection[int]) -> Iterator[tuple[int, str]]:
    """Own fields that came with an import, and have values since on people whom it did not touch."""
    touched = JournalEntry.objects.filter(journal=book, model=Customer._meta.label_lower).values("row")
    for one in CustomField.objects.filter(pk__in=rows):
        having = Customer.objects.filter(custom__has_key=one.key).exclude(pk__in=touched)
        if count := having.count():
            text = ngettext(
                "is filled in since for %(count)d customer",
                "is filled in since for %(count)d customers",
                count,
            )
            yield one.pk, text % {"count": count}
