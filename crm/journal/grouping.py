"""Why a journal cannot be undone, one line per cause with the number of rows, and the rows behind each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import batched, islice
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.journal import checking
from crm.journal.checking import Obstacle, Reason
from crm.journal.graph import Table, label
from crm.models import Journal

AT_ONCE: Final = 1000
SHOWN: Final = 3  # Causes that the text of a refusal names.


@dataclass(slots=True)
class Cause:
    """So many rows of one kind stand in the way for the same reason; `journal` is what changed them."""

    key: str
    model: Table
    reason: Reason
    journal: Journal | None = None
    count: int = 0

    @property
    def thing(self) -> str:
        meta = self.model._meta
        return str(meta.verbose_name if self.count == 1 else meta.verbose_name_plural)

    @property
    def words(self) -> str:
        return self.reason.words(self.count, self.journal.title if self.journal else "")


def causes(journal: Journal) -> list[Cause]:
    """All of them, those with the most rows first; none means that undoing is possible."""
    known: dict[str, Cause] = {}
    for model, _row, reason, by in _known(journal):
        key = _key(model, reason, by)
        cause = known.setdefault(key, Cause(key, model, reason, by))
        cause.count += 1
    return sorted(known.values(), key=lambda one: -one.count)


def behind(journal: Journal, key: str, *, start: int, most: int) -> list[Obstacle]:
    """The rows of this cause ("" = of all), from one place of their order on."""
    mine = (
        (model, row, reason)
        for model, row, reason, by in _known(journal)
        if not key or _key(model, reason, by) == key
    )
    return checking.in_words(journal, list(islice(mine, start, start + most)))


def refusal(found: list[Cause]) -> str:
    """Why it is refused, in numbers: whoever reads it may not know the people by name."""
    told = [
        _("%(count)d %(thing)s %(reason)s") % {"count": one.count, "thing": one.thing, "reason": one.words}
        for one in found[:SHOWN]
    ]
    if more := len(found) - len(told):
        told.append(ngettext("%(n)d other reason", "%(n)d other reasons", more) % {"n": more})
    return in_the_way("; ".join(told))


def in_the_way(reason: str) -> str:
    return _("It cannot be undone, because later changes would be lost: %(reason)s.") % {"reason": reason}


def _known(journal: Journal) -> Iterator[tuple[Table, int, Reason, Journal | None]]:
    """Every row in the way, with the younger journal that touched it."""
    for some in batched(checking.found(journal), AT_ONCE):
        for model in dict.fromkeys(one[0] for one in some):
            rows = [(row, why) for table, row, why in some if table is model]
            later = checking.later(journal, model, [row for row, why in rows if why.code == "changed"])
            for row, why in rows:
                yield model, row, why, later.get(row) if why.code == "changed" else None


def _key(model: Table, reason: Reason, by: Journal | None) -> str:
    told = f"{label(model)}:{reason.code}:{reason.what}:{by.pk if by else ''}"
    return blake2b(told.encode(), digest_size=6).hexdigest()
