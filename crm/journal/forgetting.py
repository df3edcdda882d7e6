"""What a journal must not keep: images of erased people, and images that nobody will need any more."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction

from crm.journal import images
from crm.journal.graph import label, model_of, parents_first, pk, referrers
from crm.models import Journal, JournalEntry

KEPT: Final = timedelta(days=90)
AT_ONCE: Final = 5000
Kind = JournalEntry.Kind


@transaction.atomic
def forget(customer_ids: Collection[int]) -> int:
    """Throw away all images of these people; undoing leaves their rows, and what these need, as they are."""
    theirs = JournalEntry.objects.filter(customer__in=list(customer_ids))
    concerned = set(theirs.order_by().values_list("journal_id", flat=True).distinct())
    gone = theirs.update(kind=Kind.FORGOTTEN, image=None, digest="", settled=True)
    for journal in concerned:
        _release(journal)
    return gone


def _release(journal: int) -> None:
    """What came with the journal and is needed by a forgotten row stays, too: the product of a kept sale."""
    quote = connection.ops.quote_name
    entries, row = quote(JournalEntry._meta.db_table), quote("row")
    names = JournalEntry.objects.filter(journal=journal).order_by().values_list("model", flat=True).distinct()
    for model in reversed(parents_first(model_of(name) for name in names)):
        for other, column in referrers(model):
            sql = (
                f"UPDATE {entries} SET kind = %s WHERE journal_id = %s AND model = %s AND kind = %s"
                f" AND {row} IN (SELECT r.{quote(column)} FROM {quote(other._meta.db_table)} r"
                f" WHERE r.{quote(pk(other))} IN (SELECT e.{row} FROM {entries} e"
                f" WHERE e.journal_id = %s AND e.model = %s AND e.kind = %s))"
            )
            mine: list[str | int] = [Kind.FORGOTTEN.value, journal, label(model), Kind.CREATED.value]
            with connection.cursor() as cursor:
                cursor.execute(sql, [*mine, journal, label(other), Kind.FORGOTTEN.value])


def forget_old(now: datetime) -> None:
    """SEALED → EXPIRED after ninety days, and its images with it."""
    old = Journal.objects.filter(state=Journal.State.SEALED, at__lt=now - KEPT)
    for journal in old.values_list("pk", flat=True):
        if Journal.objects.filter(pk=journal, state=Journal.State.SEALED).update(state=Journal.State.EXPIRED):
            _empty(journal)
    for journal in Journal.objects.filter(state=Journal.State.EXPIRED, entries__isnull=False).values_list(
        "pk", flat=True
    )[:1]:
        _empty(journal)  # Somebody stopped us last night.


def _empty(journal: int) -> None:
    entries = JournalEntry.objects.filter(journal=journal)
    while some := list(entries.values_list("pk", flat=True)[:AT_ONCE]):
        images.delete(JournalEntry._meta.db_table, "id", some)
