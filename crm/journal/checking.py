"""What was changed later by something else, and would be lost: row by row, and what of it stands in words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import batched, islice
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import Model
from django.utils.translation import ngettext

from crm.journal import images, writing
from crm.journal.graph import Table, calculated, label, model_of, pk, referrers
from crm.models import Customer, Journal, JournalEntry

Kind = JournalEntry.Kind
MOST: Final = 50


class Reason(NamedTuple):
    """Why a row stands in the way; `what` is the model that uses it (so often), or the words of a watch."""

    code: str
    what: str = ""
    times: int = 1

    def words(self, rows: int = 1, title: str = "") -> str:
        """For so many rows; `title` is of the journal that changed them."""
        texts = {
            "changed": ngettext("was changed since", "were changed since", rows),
            "between": ngettext(
                "was changed by somebody else in the middle of it",
                "were changed by somebody else in the middle of it",
                rows,
            ),
            "deleted": ngettext("was deleted since", "were deleted since", rows),
            "anew": ngettext("was made anew since", "were made anew since", rows),
            "taken": ngettext(
                "had a value that another one has now", "had values that others have now", rows
            ),
        }
        if title:
            by = ngettext("was changed since by “%(title)s”", "were changed since by “%(title)s”", rows)
            return by % {"title": title}
        return self._used(rows) if self.code == "used" else texts.get(self.code, self.what)

    def _used(self, rows: int) -> str:
        meta = model_of(self.what)._meta
        if rows > 1:
            text = ngettext("is used since by %(what)s", "are used since by %(what)s", rows)
            return text % {"what": meta.verbose_name_plural}
        text = ngettext("is used since by %(count)d %(what)s", "is used since by %(count)d %(what)s", 1)
        what = meta.verbose_name if self.times == 1 else meta.verbose_name_plural
        return text % {"count": self.times, "what": what}


type Found = tuple[Table, int, Reason]  # Whose row, and why it stands in the way.


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
    return in_words(journal, list(islice(found(journal), most)))


def in_words(journal: Journal, some: list[Found]) -> list[Obstacle]:
    shown: list[Obstacle] = []
    for model in dict.fromkeys(one[0] for one in some):
        shown += _in_words(journal, model, {row: why for table, row, why in some if table is model})
    return shown


def found(journal: Journal) -> Iterator[Found]:
    """All of them, model by model."""
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
    between = []
    for one in entries:
        if one.row not in now:
            if one.kind == Kind.KEPT and one.digest:
                yield model, one.row, Reason("deleted")
        elif one.digest == writing.BETWEEN:
            between.append(one)
        elif now[one.row] != one.digest:
            yield model, one.row, Reason("changed" if one.digest else "anew")
    yield from _between(journal, model, between, now)
    created = [one.row for one in entries if one.kind == Kind.CREATED and one.row in now]
    yield from _held(journal, model, created)
    if created and (find := _watches.get(name)):
        yield from ((model, row, Reason("watched", why)) for row, why in find(journal, created))
    yield from _taken(journal, model, [one.id for one in entries if one.kind == Kind.KEPT])


def _between(
    journal: Journal, model: Table, entries: list[writing.Entry], now: dict[int, str]
) -> Iterator[Found]:
    """Rows that somebody changed between two changes of this journal, unless they are as before again."""
    if not entries:
        return
    before = set(writing.as_before(journal, model, [one.id for one in entries], now))
    yield from ((model, one.row, Reason("between")) for one in entries if one.id not in before)


def _held(journal: Journal, model: Table, rows: list[int]) -> Iterator[Found]:
    """Rows that came with this journal, and at which others point that did not."""
    if not rows:
        return
    quote = connection.ops.quote_name
    entries = quote(JournalEntry._meta.db_table)
    for other, column in referrers(model):
        ours, theirs = calculated(other) or ("", "")
        given = f" AND r.{quote(ours)} <> %s" if ours else ""
        sql = (  # A scalar subquery, so that the unique index is used whatever the planner believes.
            f"SELECT r.{quote(column)}, COUNT(*) FROM {quote(other._meta.db_table)} r"
            f" WHERE {images.among(f'r.{quote(column)}')}{given} AND (SELECT e.id FROM {entries} e"
            f" WHERE e.journal_id = %s AND e.model = %s AND e.{quote('row')} = r.{quote(pk(other))}) IS NULL"
            f" GROUP BY r.{quote(column)}"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [images.keys(rows), *filter(None, [theirs]), journal.pk, label(other)])
            for row, count in cursor.fetchall():
                yield model, row, Reason("used", label(other), count)


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
                    yield model, wanted.get(value, wanted.get(str(value), holder)), Reason("taken")


def _in_words(journal: Journal, model: Table, reasons: dict[int, Reason]) -> Iterator[Obstacle]:
    rows = {one.pk: one for one in model._base_manager.filter(pk__in=reasons)}
    by = later(journal, model, [row for row, why in reasons.items() if why.code != "between"])
    people = JournalEntry.objects.filter(journal=journal, model=label(model), row__in=reasons)
    owners = dict(people.values_list("row", "customer"))
    customers = Customer.objects.in_bulk([one for one in owners.values() if one])
    for row, reason in reasons.items():
        customer = customers.get(owners.get(row) or 0)
        yield Obstacle(
            thing=str(model._meta.verbose_name),
            name=str(rows[row]) if row in rows else f"#{row}",
            reason=reason.words(title=by[row].title if row in by else ""),
            url=_url(rows.get(row)) or _url(customer),
            customer=owners.get(row),
            journal=by.get(row),
        )


def _url(row: Any) -> str:
    found = getattr(row, "get_absolute_url", None) if isinstance(row, Model) else None
    return str(found()) if found else ""


def later(journal: Journal, model: Table, rows: Collection[int]) -> dict[int, Journal]:
    """Which of the rows a younger journal touched, the oldest of them first to be undone last."""
    younger = Journal.objects.filter(pk__gt=journal.pk).exclude(state=Journal.State.UNDONE)
    entries = JournalEntry.objects.filter(journal__in=younger, model=label(model), row__in=rows)
    return {one.row: one.journal for one in entries.select_related("journal").order_by("journal_id")}
