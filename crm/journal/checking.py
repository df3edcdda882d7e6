"""What was changed later by something else, and would be lost: in words, with the way there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import batched, islice
from typing import Any, Final

from django.db import connection
from django.db.models import Model
from django.utils.translation import gettext as _

from crm.journal import images, writing
from crm.journal.graph import Table, label, model_of, pk, referrers
from crm.models import Customer, Journal, JournalEntry

Kind = JournalEntry.Kind
MOST: Final = 50

type Found = tuple[Table, int, str]  # Whose row, and why it stands in the way.


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A row that stands in the way; `customer` is whose it is, `journal` what changed it."""

    thing: str
    name: str
    reason: str
    url: str
    customer: int | None = None
    journal: Journal | None = None


def obstacles(journal: Journal, *, most: int = MOST) -> list[Obstacle]:
    """The first of them; none means that undoing is possible."""
    return in_words(journal, list(islice(_all(journal), most)))


def in_words(journal: Journal, found: list[Found]) -> list[Obstacle]:
    shown: list[Obstacle] = []
    for model in dict.fromkeys(one[0] for one in found):
        shown += _in_words(journal, model, {row: why for table, row, why in found if table is model})
    return shown


def _all(journal: Journal) -> Iterator[Found]:
    entries = JournalEntry.objects.filter(journal=journal).exclude(kind=Kind.FORGOTTEN)
    for name in sorted(entries.order_by().values_list("model", flat=True).distinct()):
        rows = list(entries.filter(model=name).order_by("row").values_list("row", flat=True))
        for some in batched(rows, images.AT_ONCE, strict=False):
            yield from among(journal, model_of(name), some)


def among(journal: Journal, model: Table, rows: Collection[int], *, lock: bool = False) -> Iterator[Found]:
    """Those of these rows of the journal that something else has changed or holds on to."""
    name = label(model)
    entries = JournalEntry.objects.filter(journal=journal, model=name, row__in=rows)
    told = list(entries.exclude(kind=Kind.FORGOTTEN).values_list("row", "kind", "digest"))
    now = writing.left(name, writing.told(journal, model), rows, lock=lock)
    for row, kind, digest in told:
        if row not in now:
            if kind == Kind.KEPT and digest:
                yield model, row, _("was deleted since")
        elif now[row] != digest:
            yield model, row, _("was changed since") if digest else _("was made anew since")
    yield from _held(journal, model, [row for row, kind, _d in told if kind == Kind.CREATED and row in now])
    yield from _taken(journal, model, [row for row, kind, _d in told if kind == Kind.KEPT])


def _held(journal: Journal, model: Table, rows: list[int]) -> Iterator[Found]:
    """Rows that came with this journal, and at which others point that did not."""
    if not rows:
        return
    quote = connection.ops.quote_name
    entries = quote(JournalEntry._meta.db_table)
    for other, column in referrers(model):
        sql = (
            f"SELECT r.{quote(column)}, COUNT(*) FROM {quote(other._meta.db_table)} r"
            f" LEFT JOIN {entries} e ON e.journal_id = %s AND e.model = %s"
            f" AND e.{quote('row')} = r.{quote(pk(other))}"
            f" WHERE {images.among(f'r.{quote(column)}')} AND e.id IS NULL GROUP BY r.{quote(column)}"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [journal.pk, label(other), images.keys(rows)])
            for row, count in cursor.fetchall():
                what = str(other._meta.verbose_name if count == 1 else other._meta.verbose_name_plural)
                yield model, row, _("is used since by %(count)d %(what)s") % {"count": count, "what": what}


def _taken(journal: Journal, model: Table, rows: list[int]) -> Iterator[Found]:
    """Rows whose unique old value (a customer number) now stands in a row that is not this journal's."""
    unique = [one for one in model._meta.concrete_fields if one.unique and not one.primary_key]
    if not unique or not rows:
        return
    entries = JournalEntry.objects.filter(journal=journal, model=label(model))
    for some in batched(rows, 1000, strict=False):
        kept = {
            row: images.unpack(image or "{}")
            for row, image in entries.filter(row__in=some).values_list("row", "image")
        }
        for field in unique:
            column = str(field.column)
            wanted = {image[column]: row for row, image in kept.items() if image.get(column)}
            holders = model._base_manager.filter(**{f"{field.name}__in": list(wanted)}).exclude(pk__in=kept)
            for holder, value in holders.values_list("pk", field.attname):
                if not entries.filter(row=holder).exists():
                    yield (
                        model,
                        wanted.get(value, wanted.get(str(value), holder)),
                        _("had a value that another one has now"),
                    )


def _in_words(journal: Journal, model: Table, reasons: dict[int, str]) -> Iterator[Obstacle]:
    rows = {one.pk: one for one in model._base_manager.filter(pk__in=reasons)}
    later = _later(journal, model, reasons)
    people = JournalEntry.objects.filter(journal=journal, model=label(model), row__in=reasons)
    owners = dict(people.values_list("row", "customer"))
    customers = Customer.objects.in_bulk([one for one in owners.values() if one])
    for row, reason in reasons.items():
        by = later.get(row)
        if by:
            reason = _("was changed since by “%(title)s”") % {"title": by.title}
        customer = customers.get(owners.get(row) or 0)
        yield Obstacle(
            thing=str(model._meta.verbose_name),
            name=str(rows[row]) if row in rows else f"#{row}",
            reason=reason,
            url=_url(rows.get(row)) or _url(customer),
            customer=owners.get(row),
            journal=by,
        )


def _url(row: Any) -> str:
    found = getattr(row, "get_absolute_url", None) if isinstance(row, Model) else None
    return str(found()) if found else ""


def _later(journal: Journal, model: Table, rows: Collection[int]) -> dict[int, Journal]:
    """Which of the rows a younger journal touched, the oldest of them first to be undone last."""
    younger = Journal.objects.filter(pk__gt=journal.pk).exclude(state=Journal.State.UNDONE)
    entries = JournalEntry.objects.filter(journal__in=younger, model=label(model), row__in=rows)
    return {one.row: one.journal for one in entries.select_related("journal").order_by("journal_id")}
