"""One import from its file to the tables: claimed, checkpointed, resumable, one at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm import bulk, journal, signals, stopping
from crm.errors import Refusal
from crm.imports import error_file, sealing, staging
from crm.imports.kinds import Plan, Session
from crm.models import Customer, ImportBatch, ImportParcel, ImportProblem, Purchase, PurchaseLine

STALE: Final = timedelta(seconds=60)
STAGING, DESCRIBING, MERGING, CLOSING = "staging", "describing", "merging", "closing"
TRIES: Final = 3
DELETED_AT_ONCE: Final = 1000
State = ImportBatch.State
Content = ImportParcel.Content

type Clock = Callable[[], datetime]


class TakenOver(Exception):
    """Another process goes on with this import; this one must stop."""


def claim(batch_id: int, *, at: datetime) -> bool:
    """QUEUED → RUNNING; False when it is not waiting, or another import runs or is undone."""
    if ImportBatch.objects.filter(state=State.UNDOING, error="").exists():
        return False  # The next sweep tries again.
    try:
        with transaction.atomic():
            waiting = ImportBatch.objects.filter(pk=batch_id, state=State.QUEUED)
            return bool(waiting.update(state=State.RUNNING, heartbeat_at=at, error=""))
    except IntegrityError:
        return False


def release_stale(*, at: datetime) -> None:
    """RUNNING → QUEUED for a run that gave no sign of life: its process was killed."""
    dead = ImportBatch.objects.filter(state=State.RUNNING, heartbeat_at__lt=at - STALE)
    dead.update(state=State.QUEUED)


def waiting() -> int | None:
    """The import that should run next."""
    return ImportBatch.objects.filter(state=State.QUEUED).order_by("pk").values_list("pk", flat=True).first()


def resume(batch: ImportBatch) -> None:
    """FAILED → QUEUED, and RUNNING → QUEUED when a person says that it does not run any more."""
    ImportBatch.objects.filter(pk=batch.pk, state__in=[State.FAILED, State.RUNNING]).update(
        state=State.QUEUED, error=""
    )


def cancel(batch: ImportBatch) -> None:
    """DRAFT, QUEUED → CANCELLED, with nothing left behind; refuses later."""
    gone = ImportBatch.objects.filter(pk=batch.pk, state__in=[State.DRAFT, State.QUEUED], step="")
    if not gone.update(state=State.CANCELLED):
        raise Refusal(_("This import has begun; it can be resumed, but no longer cancelled."))
    if batch.path:  # Else its file was deleted after the time that files are kept.
        staging.source(batch).unlink(missing_ok=True)


def run(batch_id: int, *, clock: Clock = timezone.now) -> bool:
    """Claim the import and bring it to its end; False when it is not ours to run now."""
    if not claim(batch_id, at=clock()):
        return False
    batch = ImportBatch.objects.get(pk=batch_id)
    try:
        Run(batch, clock).work()
    except TakenOver:
        return False
    except Refusal as refusal:
        _fail(batch, str(refusal))
        raise
    except Exception:
        _fail(batch, _("Something unexpected happened. Nothing is lost: please resume the import."))
        raise
    return True


def _fail(batch: ImportBatch, reason: str) -> None:
    ImportBatch.objects.filter(pk=batch.pk, state=State.RUNNING).update(state=State.FAILED, error=reason)


class Run:
    """One process working at a batch. Each step's checkpoint is the condition of the next write."""

    def __init__(self, batch: ImportBatch, clock: Clock) -> None:
        self.batch, self.clock = batch, clock
        self.began = clock()
        self.journal = journal.of_import(batch)
        self.plan: Plan = replace(staging.plan_of(batch, at=batch.created_at), journal=self.journal)
        self.session: Session = staging.session_of(self.plan)

    def work(self) -> None:
        if self.batch.step == "":
            self._checkpoint(STAGING, 0)
        steps = {STAGING: self._stage, DESCRIBING: self._describe, MERGING: self._merge, CLOSING: self._close}
        while self.batch.state == State.RUNNING:
            steps[self.batch.step]()

    def _checkpoint(self, step: str, place: int, **values: Any) -> None:
        """Move on, unless another process has done so; must be the last write of the transaction."""
        batch, now = self.batch, self.clock()
        spent = float(batch.counts.get("seconds", 0)) + (now - self.began).total_seconds()
        self.began = now
        counts = {**batch.counts, "seconds": round(spent, 3)}
        ours = ImportBatch.objects.filter(
            pk=batch.pk, state=State.RUNNING, step=batch.step, next_row=batch.next_row
        )
        if not ours.update(step=step, next_row=place, counts=counts, heartbeat_at=now, **values):
            raise TakenOver
        batch.step, batch.next_row, batch.counts = step, place, counts
        for name, value in values.items():
            setattr(batch, name, value)

    def _stage(self) -> None:
        for chunk in staging.chunks(self.plan, self.session, start=self.batch.next_row):
            self._end_if_asked()
            with transaction.atomic():
                chunk.write()
                self._count({**chunk.counts, "reasons": chunk.reasons})
                self._checkpoint(STAGING, self.batch.next_row + chunk.counts["rows"])
        self._checkpoint(DESCRIBING, 0)

    def _describe(self) -> None:
        for bucket in self._buckets(Content.FACTS):
            facts: dict[str, dict[str, tuple[str, Any]]] = {}
            for parcel in staging.unpacked(self.batch, Content.FACTS, [bucket]):
                for key, values in parcel.items():
                    known = facts.setdefault(key, {})
                    for name, (dated, value) in values.items():
                        staging.overlay(known, dated, [(name, value)])
            self._in_transaction(
                lambda bucket=bucket, facts=facts: self._described(bucket, facts)  # type: ignore[misc]
            )
        self._checkpoint(MERGING, 0)

    def _described(self, bucket: int, facts: dict[str, dict[str, tuple[str, Any]]]) -> None:
        self._count(self.session.describe(bucket // self.plan.pieces, facts))
        journal.settle(self.journal)
        self._checkpoint(DESCRIBING, bucket + 1)

    def _merge(self) -> None:
        for bucket in self._buckets(Content.ROWS):
            parcels = staging.unpacked(self.batch, Content.ROWS, [bucket])
            rows = [(number, data) for parcel in parcels for number, data in parcel]
            self._in_transaction(lambda bucket=bucket, rows=rows: self._merged(bucket, rows))  # type: ignore[misc]
        self._checkpoint(CLOSING, 0)

    def _merged(self, bucket: int, rows: list[tuple[int, Any]]) -> None:
        outcome = self.session.merge(rows)
        ImportProblem.objects.bulk_create(
            [
                ImportProblem(batch=self.batch, row=number, verdict=verdict, reason=code)
                for number, verdict, code in outcome.problems
            ],
            batch_size=500,
        )
        self._count({"reasons": Counter(code for _number, _verdict, code in outcome.problems)})
        self._count(outcome.counts)
        self._count({"merged": len(rows)})
        journal.settle(self.journal)
        self._checkpoint(MERGING, bucket + 1)

    def _end_if_asked(self) -> None:
        """Between two steps of a worker that is to end: back to QUEUED, for the next worker."""
        if stopping.requested():
            ImportBatch.objects.filter(pk=self.batch.pk, state=State.RUNNING).update(state=State.QUEUED)
            raise TakenOver

    def _in_transaction(self, work: Callable[[], None]) -> None:
        """All or nothing; once more when a page created the same customer in the meantime."""
        self._end_if_asked()
        before = (dict(self.batch.counts), self.batch.step, self.batch.next_row)
        for attempt in range(1, TRIES + 1):
            try:
                with transaction.atomic():
                    work()
                return
            except IntegrityError:
                self.batch.counts, self.batch.step, self.batch.next_row = before
                journal.rolled_back(self.journal)
                if attempt == TRIES:
                    raise

    def _buckets(self, content: str) -> list[int]:
        staged = ImportParcel.objects.filter(batch=self.batch, content=content)
        staged = staged.filter(bucket__gte=self.batch.next_row)
        return list(staged.order_by("bucket").values_list("bucket", flat=True).distinct())

    def _close(self) -> None:
        self.batch.counts = {**self.batch.counts, **self.session.finish()}
        self.batch.counts["error_file"] = error_file.write(self.batch)
        staged = ImportParcel.objects.filter(batch=self.batch)
        while some := list(staged.values_list("pk", flat=True)[:DELETED_AT_ONCE]):
            with transaction.atomic():
                staged.filter(pk__in=some).delete()
                self._checkpoint(CLOSING, self.batch.next_row + 1)
        with transaction.atomic():
            journal.seal(self.journal)
            self._checkpoint(CLOSING, 0, state=State.DONE, finished_at=self.clock())
            transaction.on_commit(self._announce)

    def _announce(self) -> None:
        bulk.analyze(Customer, Purchase, PurchaseLine)  # Pages and rules meet the new rows at once.
        if sealing.fields_of(self.batch):  # What lies encrypted now must not lie beside it in the open.
            staging.source(self.batch).unlink(missing_ok=True)
        signals.import_finished.send(sender=ImportBatch, batch=self.batch)

    def _count(self, more: dict[str, Any]) -> None:
        self.batch.counts = add(self.batch.counts, more)


def add(counts: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Sums, with money as text so that JSON can carry it exactly."""
    total = dict(counts)
    for name, value in more.items():
        if isinstance(value, Decimal):
            total[name] = str(Decimal(total.get(name, "0")) + value)
        elif isinstance(value, dict):
            total[name] = add(total.get(name, {}), value)
        else:
            total[name] = total.get(name, 0) + value
    return total
