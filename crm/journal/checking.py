"""What was changed later by something else, and would be lost: in words, with the way there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
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

    def anonymous(self) -> Obstacle:
        """For who may not see the customer."""
        return replace(self, name="", url="")


type Watch = Callable[[Journal, Collection[int]], Iterable[tuple[int, str]]]

_watches: dict[str, Watch] = {}


def watch(model: Table, find: Watch) -> None:
    """Let `find(journal, rows)` tell (row, reason) of created rows that are used where no key points."""
    _watches[label(model)] = find


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
        last = -1
        while some := chunk(journal, name, after=last):
            yield from among(journal, model_of(name), some)
            last = some[-1].row


def chunk(journal: Journal, name: str, *, after: int) -> list[writing.Entry]:
    """The next entries of one model in the order of their rows."""
    rows = JournalEntry.objects.filter(journal=journal, model=name, row__gt=after)
    found = rows.order_by("row").values_list("id", "row", "kind", "digest")[: images.AT_ONCE]
    return [writing.Entry(*one) for one in found]


def among(
    journal: Journal, model: Table, entries: Collection[writing.Entry], *, lock: bool = False
) -> Iterator[Found]:
    """Those of these rows of the journal that something else has changed or holds on to."""
    name = label(model)
    entries = [one for one in entries if one.kind != Kind.FORGOTTEN]
    rows = [one.row for one in entries]
    now = writing.left(name, writing.told(journal, model), rows, lock=lock)
    for one in entries:
        if one.row not in now:
            if one.kind == Kind.KEPT and one.digest:
                yield model, one.row, _("was deleted since")
        elif now[one.row] != one.digest:
            yield model, one.row, _("was changed since") if one.digest else _("was made anew since")
    created = [one.row for one in entries if one.kind == Kind.CREATED and one.row in now]
    yield from _held(journal, model, created)
    if created and (find := _watches.get(name)):
        yield from ((model, row, why) for row, why in find(journal, created))
    yield from _taken(journal, model, [one.id for one in entries if one.kind == Kind.KEPT])


def _held(journal: Journal, model: Table, rows: list[int]) -> Iterator[Found]:
    """Rows that came with this journal, and at which others point that did not."""
    if not rows:
        return
    quote = connection.ops.quote_name
    entries = quote(JournalEntry._meta.db_table)
    for other, column in referrers(model):
        sql = (  # A scalar subquery, so that the unique index is used whatever the planner believes.
            f"SELECT r.{quote(column)}, COUNT(*) FROM {quote(other._meta.db_table)} r"
            f" WHERE {images.among(f'r.{quote(column)}')} AND (SELECT e.id FROM {entries} e"
            f" WHERE e.journal_id = %s AND e.model = %s AND e.{quote('row')} = r.{quote(pk(other))}) IS NULL"
            f" GROUP BY r.{quote(column)}"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [images.keys(rows), journal.pk, label(other)])
            for row, count in cursor.fetchall():
                what = str(other._meta.verbose_name if count == 1 else other._meta.verbose_name_plural)
                yield model, row, _("is used since by %(count)d %(what)s") % {"count": count, "what": what}


def _taken(journal: Journal, model: Table, numbers: list[int]) -> Iterator[Found]:
    """Rows whose unique old value (a customer number) now stands in a row that is not this journal's."""
    unique = [one for one in model._meta.concrete_fields if one.unique and not one.primary_key]
    if not unique or not numbers:
        return
    entries = JournalEntry.objects.filter(journal=journal, model=label(model))
    for some in batched(numbers, 1000):
        kept = {
            row: images.unpack(image or "{}")
            for row, image in JournalEntry.objects.filter(pk__in=some).values_list("row", "image")
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
