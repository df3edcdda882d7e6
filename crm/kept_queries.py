"""Filters of the customer list that are kept as text: of saved views and exports, and the way back of jobs.

What somebody once looked for may be a person's address or the value of a field. It goes with them, but never
so that the list of a view or an export grows: a hidden value matches nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.db.models import Model
from django.utils.translation import gettext as _

from crm.listing.catalogue import Catalogue
from crm.listing.filters import Kind
from crm.models import BulkJob, CustomerView, CustomField, ExportFile

HIDDEN: Final = "•••"
KEPT: Final[tuple[tuple[type[Model], str], ...]] = (
    (CustomerView, "query"),
    (BulkJob, "back"),
    (ExportFile, "filters"),
)
FEWEST_FIGURES: Final = 6  # Fewer do not mean one phone.
State = ExportFile.State
type Pairs = list[tuple[str, str]]


def forget_field(field: CustomField) -> None:
    """The field is sensitive now, and nothing filters by it: such views go, such exports are not written."""
    name = f"custom.{field.key}"
    for row, column, pairs in _rows():
        left = [pair for pair in pairs if pair[0] != name]
        if len(left) == len(pairs):
            continue
        if isinstance(row, CustomerView):
            row.delete()
            continue
        if isinstance(row, ExportFile):
            _stop(row)
        _keep(row, column, left)


def _stop(export: ExportFile) -> None:
    Path(settings.MEDIA_ROOT, export.path or "-").unlink(missing_ok=True)
    reason = _("A filter of this export is not there any more. Please order it again.")
    waiting = ExportFile.objects.filter(pk=export.pk, state__in=[State.QUEUED, State.RUNNING])
    waiting.update(state=State.FAILED, error=reason)


def forget_people(sure: tuple[str, ...]) -> dict[str, int]:
    """Hide values that hold these addresses and phones, also as people type them; {table: rows changed}."""
    addresses = [one.casefold() for one in sure if "@" in one]
    phones = [_figures(one) for one in sure if one.startswith("+")]
    words, changed = _words(), dict[str, int]()

    def names(value: str) -> bool:
        parts = [one for one in value.casefold().split() if "@" in one.strip("@")]
        figures = _figures(value).lstrip("0")
        return any(part in one or one in part for part in parts for one in addresses) or (
            len(figures) >= FEWEST_FIGURES and any(one.endswith(figures) for one in phones)
        )

    for row, column, pairs in _rows():
        left = [(key, HIDDEN if key in words and names(value) else value) for key, value in pairs]
        if left != pairs:
            _keep(row, column, left)
            table = row._meta.db_table
            changed[table] = changed.get(table, 0) + 1
    return changed


def is_whole(query: str, read: Pairs) -> bool:
    """Whether every filter of the text is still known to the list."""
    return len(parse_qsl(query)) == len(read)


def _words() -> set[str]:
    """The filters whose value is typed: hidden, they match nobody."""
    return {"q", *(key for key, one in Catalogue().filters.items() if one.kind == Kind.TEXT)}


def _figures(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def _rows() -> Iterator[tuple[Any, str, Pairs]]:
    for model, column in KEPT:
        for row in model._base_manager.exclude(**{column: ""}).iterator(chunk_size=500):
            yield row, column, parse_qsl(getattr(row, column))


def _keep(row: Model, column: str, pairs: Pairs) -> None:
    text = urlencode(pairs).replace(urlencode([("", HIDDEN)])[1:], HIDDEN)
    type(row)._base_manager.filter(pk=row.pk).update(**{column: text})
