"""Taking a journal back: some thousand rows at a time, each step checked, each entry gone with its row."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm import signals
from crm.errors import Refusal
from crm.journal import checking, grouping, images, writing
from crm.journal.graph import Table, calculated, followers, label, model_of, parents_first, pk, referrers
from crm.models import Journal, JournalEntry, User

AT_ONCE: Final = 2000
State = Journal.State
Kind = JournalEntry.Kind

type Clock = Callable[[], datetime]


class TakenOver(Exception):
    """Another process goes on with this; this one must stop."""


@dataclass(frozen=True, slots=True)
class Undone:
    """Rows that went, and rows that are as they were before; also by model."""

    removed: int
    restored: int
    by_model: dict[str, dict[str, int]] = field(default_factory=dict)


def undo(journal: Journal, *, by: User | None, clock: Clock = timezone.now) -> Undone:
    """Take it back, or go on where a killed process stopped; refuses while something stands in the way."""
    _claim(journal, by, clock())
    work = Work(journal, clock)
    names = JournalEntry.objects.filter(journal=journal).order_by().values_list("model", flat=True).distinct()
    models = parents_first(model_of(name) for name in names)
    for model in models:
        work.through(model, Kind.KEPT, work.restore)
    for model in reversed(models):
        work.through(model, Kind.CREATED, work.remove)
    return work.finish()


def _claim(journal: Journal, by: User | None, at: datetime) -> None:
    """SEALED → UNDOING, or UNDOING → UNDOING: who asks last goes on, the other one stops at its next step."""
    journal.refresh_from_db()
    if journal.state == State.SEALED and (found := grouping.causes(journal)):
        raise Refusal(grouping.refusal(found))
    reasons = {
        State.OPEN: _("This is still being written; it can be undone when it is finished."),
        State.UNDONE: _("This was undone already."),
        State.EXPIRED: _("This is too old to be undone: what was there before is no longer kept."),
    }
    if journal.state in reasons:
        raise Refusal(reasons[State(journal.state)])
    token = secrets.token_hex(8)
    ours = Journal.objects.filter(pk=journal.pk, state=journal.state)
    if not ours.update(state=State.UNDOING, worker=token, heartbeat_at=at, undone_by=by or journal.undone_by):
        raise TakenOver
    journal.state, journal.worker = State.UNDOING, token


class Work:
    """One process undoing. A step's entries go in its transaction: what is left is what is to do."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self.journal, self.clock = journal, clock

    def through(self, model: Table, kind: str, step: Callable[[Table, list[writing.Entry]], None]) -> None:
        entries = JournalEntry.objects.filter(journal=self.journal, model=label(model), kind=kind)
        order = (
            "row" if kind == Kind.KEPT else "-row"
        )  # Rows that point at others of their table are younger.
        told = entries.order_by(order).values_list("id", "row", "kind", "digest")
        while some := [writing.Entry(*one) for one in told[:AT_ONCE]]:
            try:
                with transaction.atomic():
                    self._hold()
                    self._check(model, some)
                    step(model, some)
                    writing.drop([one.id for one in some])
            except IntegrityError as error:
                raise Refusal(
                    _("A row could not be put back, because another one stands in its place.")
                ) from error

    def restore(self, model: Table, entries: list[writing.Entry]) -> None:
        gone: dict[int, dict[str, Any]] = {}
        there: dict[int, dict[str, Any]] = {}
        kept = JournalEntry.objects.filter(pk__in=[one.id for one in entries]).order_by("row")
        for row, image, digest in kept.values_list("row", "image", "digest"):
            (there if digest else gone)[row] = images.unpack(image or "{}")
        images.update(model, there)
        images.insert(model, gone)
        self._count(model, "restored", len(entries))

    def remove(self, model: Table, entries: list[writing.Entry]) -> None:
        rows = [one.row for one in entries]
        for other, column in followers(model):
            images.delete(other._meta.db_table, column, rows)
        for other, column in referrers(model):
            if given := calculated(other):
                images.delete(other._meta.db_table, column, rows, where=given)
        self._count(model, "removed", images.delete(model._meta.db_table, pk(model), rows))

    def _hold(self) -> None:
        ours = Journal.objects.filter(pk=self.journal.pk, state=State.UNDOING, worker=self.journal.worker)
        if not ours.update(heartbeat_at=self.clock()):
            raise TakenOver

    def _check(self, model: Table, entries: list[writing.Entry]) -> None:
        """Somebody may have changed a row after we began."""
        first = next(checking.among(self.journal, model, entries, lock=True), None)
        if first:
            found = grouping.Cause("", model, first[2], count=1)
            raise Refusal(grouping.refusal([found]))

    def _count(self, model: Table, what: str, n: int) -> None:
        counts = Journal.objects.values_list("counts", flat=True).get(pk=self.journal.pk)
        own = counts.setdefault(label(model), {"removed": 0, "restored": 0})
        own[what] += n
        Journal.objects.filter(pk=self.journal.pk).update(counts=counts)

    def finish(self) -> Undone:
        with transaction.atomic():
            self._hold()
            JournalEntry.objects.filter(journal=self.journal)._raw_delete("default")
            Journal.objects.filter(pk=self.journal.pk).update(state=State.UNDONE, undone_at=self.clock())
            transaction.on_commit(lambda: signals.undone.send(sender=Journal, journal=self.journal))
        self.journal.refresh_from_db()
        return outcome(self.journal)


def outcome(journal: Journal) -> Undone:
    """What was done so far."""
    counts = journal.counts
    return Undone(
        sum(one["removed"] for one in counts.values()),
        sum(one["restored"] for one in counts.values()),
        counts,
    )
