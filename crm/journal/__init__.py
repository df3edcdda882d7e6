"""One mechanism to take back a large change: what rows were before, and how the change left them.

    book = journal.begin(Journal.Kind.MERGE, title="Ada Byron", by=user)    # or reference="12": found again
    with transaction.atomic():                                     # the same transaction as the writes
        journal.keep(book, Purchase, [7, 8])                       # BEFORE rows are changed or deleted
        …                                                          # any writes, set-based ones too
        journal.created(book, CustomerTag, [3])                    # AFTER rows were made
        journal.settle(book)                                       # at the end of every transaction
    journal.seal(book)                                             # nothing more will come; settles as well
    journal.causes(book)                                           # [] or why not, with numbers of rows
    journal.undo(book, by=user)                                    # Undone(removed, restored), or Refusal

`keep` may be told more rows than will change: unchanged ones are dropped again. A row is kept once per
journal, as it was first. Features and other calculated rows (`journal.derived`, `derived_where`) need no
keeping: they go with the row they belong to, and `signals.undone` asks for them anew; columns that the
program calculates are named by `journal.overlook`. `journal.forget` takes an erased person out.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import batched

from django.db import transaction

from crm import bulk
from crm.journal import images, writing
from crm.journal.checking import Obstacle, obstacles, watch
from crm.journal.forgetting import forget, forget_old
from crm.journal.graph import Table, derived, derived_where, label, overlook
from crm.journal.grouping import Cause, behind, causes, in_the_way, refusal
from crm.journal.undoing import TakenOver, Undone, outcome, undo
from crm.models import ImportBatch, Journal, JournalEntry, User

__all__ = [
    "Cause",
    "Obstacle",
    "TakenOver",
    "Undone",
    "begin",
    "behind",
    "causes",
    "created",
    "derived",
    "derived_where",
    "forget",
    "forget_old",
    "in_the_way",
    "keep",
    "obstacles",
    "of_import",
    "outcome",
    "overlook",
    "refusal",
    "rolled_back",
    "seal",
    "settle",
    "undo",
    "watch",
]

Kind = Journal.Kind
State = Journal.State


def begin(kind: str, *, title: str, by: User | None, reference: str = "") -> Journal:
    """A journal to write in; the one with this reference when it was begun before."""
    values = {"title": title[:200], "started_by": by}
    if not reference:
        return Journal.objects.create(kind=kind, **values)
    return Journal.objects.get_or_create(kind=kind, reference=reference, defaults=values)[0]


def of_import(batch: ImportBatch) -> Journal:
    """What this import did to which rows."""
    return begin(Kind.IMPORT, title=batch.file_name, by=batch.started_by, reference=str(batch.pk))


def keep(journal: Journal, model: Table, numbers: Iterable[int]) -> None:
    """Store these rows as they are, before they are changed or deleted."""
    entries = writing.enter(journal, model, set(numbers), JournalEntry.Kind.KEPT)
    _touched(journal).setdefault(label(model), {}).update((one.row, one) for one in entries)


def created(journal: Journal, model: Table, numbers: Iterable[int]) -> None:
    """Note that these rows were made; for what changes in them later, call `keep` first."""
    entries = writing.enter(journal, model, set(numbers), JournalEntry.Kind.CREATED)
    again = {one.row: one for one in entries if one.kind != JournalEntry.Kind.CREATED}
    _touched(journal).setdefault(label(model), {}).update(again)


def settle(journal: Journal) -> None:
    """Note how rows that were touched since the last time look now; forget those that did not change."""
    for name, entries in _touched(journal).items():
        for some in batched(entries.values(), images.AT_ONCE):
            writing.settle(journal, name, some)
    _touched(journal).clear()


def seal(journal: Journal) -> None:
    """OPEN → SEALED: nothing more will be written in it."""
    with transaction.atomic():
        settle(journal)
        for name, entries in writing.loose(journal).items():
            for some in batched(entries, images.AT_ONCE):
                writing.settle(journal, name, some)
        ours = Journal.objects.filter(pk=journal.pk, state=State.OPEN)
        if ours.update(state=State.SEALED, columns=journal.columns):
            journal.state = State.SEALED
        bulk.analyze(JournalEntry)


def rolled_back(journal: Journal) -> None:
    """After a transaction that failed: what it told of never happened."""
    _touched(journal).clear()
    journal.refresh_from_db()


def _touched(journal: Journal) -> dict[str, dict[int, writing.Entry]]:
    """Rows whose digest is not up to date; lives as long as the object, `settled` tells the rest."""
    found: dict[str, dict[int, writing.Entry]] = journal.__dict__.setdefault("touched_rows", {})
    return found
