"""One action from its row to its end: claimed, in chunks with a checkpoint each, resumable, undone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm import audit, journal, stopping
from crm.bulk_actions import kinds
from crm.errors import Refusal
from crm.models import BulkJob, BulkTarget, Journal

CHUNK: Final = 1000
STALE: Final = timedelta(seconds=60)
State = BulkJob.State
type Clock = Callable[[], datetime]


def claim(pk: int, *, at: datetime) -> bool:
    """QUEUED → RUNNING; False when it is not waiting."""
    waiting = BulkJob.objects.filter(pk=pk, state=State.QUEUED)
    return bool(waiting.update(state=State.RUNNING, heartbeat_at=at, error=""))


def release_stale(*, at: datetime) -> list[int]:
    """RUNNING → QUEUED for a job whose process was killed; returns all that wait or are being undone."""
    BulkJob.objects.filter(state=State.RUNNING, heartbeat_at__lt=at - STALE).update(state=State.QUEUED)
    waiting = BulkJob.objects.filter(state=State.QUEUED)
    undoing = BulkJob.objects.filter(state=State.UNDOING, heartbeat_at__lt=at - STALE)
    return [*waiting.values_list("pk", flat=True), *undoing.values_list("pk", flat=True)]


def again(job: BulkJob) -> bool:
    """FAILED → QUEUED: from where it stopped."""
    return bool(BulkJob.objects.filter(pk=job.pk, state=State.FAILED).update(state=State.QUEUED, error=""))


def ask_undo(job: BulkJob, *, at: datetime) -> bool:
    """DONE → UNDOING, when the journal can still be undone; Refusal when something stands in the way."""
    book = book_of(job)
    if book is None or book.state != Journal.State.SEALED:
        raise Refusal(_("This is too long ago to be undone."))
    if found := journal.causes(book):
        raise Refusal(journal.refusal(found))
    return bool(
        BulkJob.objects.filter(pk=job.pk, state=State.DONE).update(state=State.UNDOING, heartbeat_at=at)
    )


def book_of(job: BulkJob) -> Journal | None:
    return Journal.objects.filter(kind=Journal.Kind.BULK, reference=str(job.pk)).first()


def run(pk: int, *, clock: Clock = timezone.now) -> None:
    """Work at a job that waits, or go on taking one back; anything else is left alone."""
    if BulkJob.objects.filter(pk=pk, state=State.UNDOING).exists():
        return _undo(BulkJob.objects.select_related("by").get(pk=pk), clock)
    if not claim(pk, at=clock()):
        return None
    job = BulkJob.objects.select_related("by").get(pk=pk)
    try:
        _work(job, clock)
    except Refusal as refusal:
        _fail(job, str(refusal))
    except Exception:
        _fail(job, _("Something unexpected happened. What is done is kept; please start it again."))
        raise
    return None


def _work(job: BulkJob, clock: Clock) -> None:
    action = kinds.known(job.action)
    assert action, f"no action {job.action}"
    book = journal.begin(Journal.Kind.BULK, title=job.title, by=job.by, reference=str(job.pk))
    task = kinds.Task(job.options, clock(), job.by, book)
    while some := _next(job):
        if stopping.requested():
            BulkJob.objects.filter(pk=job.pk, state=State.RUNNING).update(state=State.QUEUED)
            return
        with transaction.atomic():
            changed = action.work(task, [customer for _pk, customer in some])
            journal.settle(book)
            if not _checkpoint(job, some, changed, clock()):
                transaction.set_rollback(True)  # Another process has it.
                return
    _finish(job, book, clock())


def _next(job: BulkJob) -> list[tuple[int, int]]:
    left = BulkTarget.objects.filter(job=job, pk__gt=job.place).order_by("pk")
    return list(left.values_list("pk", "customer_id")[:CHUNK])


def _checkpoint(job: BulkJob, some: list[tuple[int, int]], changed: int, at: datetime) -> bool:
    """Move on, unless another process has done so; the last write of the transaction."""
    ours = BulkJob.objects.filter(pk=job.pk, state=State.RUNNING, place=job.place)
    job.place, job.done, job.changed = some[-1][0], job.done + len(some), job.changed + changed
    values = {"place": job.place, "done": job.done, "changed": job.changed, "heartbeat_at": at}
    return bool(ours.update(**values))


def _finish(job: BulkJob, book: Journal, at: datetime) -> None:
    journal.seal(book)
    with transaction.atomic():
        ended = BulkJob.objects.filter(pk=job.pk, state=State.RUNNING)
        if not ended.update(state=State.DONE, finished_at=at):
            return
        BulkTarget.objects.filter(job=job).delete()
        audit.record(job.by, "changed", "customer", count=job.changed, detail=f"bulk {job.action}")


def _fail(job: BulkJob, reason: str) -> None:
    BulkJob.objects.filter(pk=job.pk, state=State.RUNNING).update(state=State.FAILED, error=reason[:300])


def _undo(job: BulkJob, clock: Clock) -> None:
    book = book_of(job)
    assert book
    try:
        journal.undo(book, by=job.by)
    except journal.TakenOver:
        return
    except Refusal as refusal:
        BulkJob.objects.filter(pk=job.pk, state=State.UNDOING).update(
            state=State.DONE, error=str(refusal)[:300]
        )
        return
    BulkJob.objects.filter(pk=job.pk, state=State.UNDOING).update(
        state=State.UNDONE, finished_at=clock(), error=""
    )
    audit.record(job.by, "undone", "customer", count=job.changed, detail=f"bulk {job.action}")
