"""Mentions of thousands of people at once: each text is read a single time, however many are looked for.

Looking for one person is left to the database (`crm.privacy.sweeping`). For many, what stands at the start of
a word is looked up among what they are known by; Chinese, which has no gaps, by every two signs.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from itertools import batched
from typing import Any, Final

from django.db import transaction
from django.db.models import ForeignKey, JSONField, Model, TextField
from django.db.models.functions import Cast

from crm import audit, bulk
from crm.models import Customer, CustomerAlias, Purchase, PurchaseLine, Refund, SandboxMail
from crm.privacy import files, sweeping
from crm.privacy.sweeping import SHORTEST, Needles

WORD: Final = re.compile(r"[^\W\u2e80-\uffff]+")
HAN: Final = re.compile(r"[\u2e80-\uffff]{2,}")
AT_ONCE: Final = 5000
FIGURES: Final = (Purchase, PurchaseLine, Refund)  # Each row is somebody's own: reached by its key.


class Index:
    """What many people are known by, to be found in texts of any length."""

    def __init__(self, needles: Needles) -> None:
        self.starts: defaultdict[str, list[str]] = defaultdict(list)
        for form in needles.forms:
            folded = form.casefold()
            if word := WORD.search(folded):
                start = word.start()
                if not HAN.search(folded[:start]):
                    self.starts[word.group()].append(folded[start:])
                    continue
            if han := HAN.search(folded):
                self.starts[han.group()[:2]].append(folded[han.start() :])

    def found(self, text: str) -> set[str]:
        """Whose marks stand in it, in small letters."""
        folded, starts = text.casefold(), self.starts
        hits: set[str] = set()
        for word in WORD.finditer(folded):
            if (known := starts.get(word.group())) is not None:
                hits.update(one for one in known if folded.startswith(one, word.start()))
        for run in HAN.finditer(folded):
            for place in range(run.start(), run.end() - 1):
                if (known := starts.get(folded[place : place + 2])) is not None:
                    hits.update(one for one in known if folded.startswith(one, place))
        return hits


def needles_of(people: Collection[Customer]) -> Needles:
    """What to look for; what others are known by too is left out, and so are bare short numbers.

    The customer number 12345 stands in sums and order numbers of others; with thousands of people it would be
    found everywhere and take away what is no mention of them.
    """
    numbers = [one.pk for one in people]
    shared = _shared(numbers, "email", [one.email for one in people if one.email])
    shared |= _shared(numbers, "phone", [one.phone for one in people if one.phone])
    sure = {text for one in people for text in (one.email, one.phone) if text} - shared
    sure |= {one.public_id for one in people}
    others = [one.external_id or "" for one in people]
    aliases = CustomerAlias.objects.filter(customer__in=bulk.numbers(numbers))
    others += aliases.values_list("value", flat=True)
    sure |= {one for one in others if not (one.isdigit() and len(one) < 9)}
    names = {(one.first_name, one.last_name) for one in people if one.first_name and one.last_name}
    lasts = bulk.texts({last for _first, last in names})
    namesakes = Customer.objects.filter(last_name__in=lasts).exclude(pk__in=bulk.numbers(numbers))
    names -= set(namesakes.values_list("first_name", "last_name"))
    whole = {form for one in people if (one.first_name, one.last_name) in names for form in _names(one)}
    return Needles(
        tuple(sorted(one for one in sure if len(one) >= SHORTEST)),
        tuple(sorted(one for one in whole if len(one.strip(", ")) >= 3)),
    )


def _names(person: Customer) -> tuple[str, str]:
    return person.full_name, f"{person.last_name}, {person.first_name}"


def _shared(numbers: Collection[int], column: str, texts: Collection[str]) -> set[str]:
    others = Customer.objects.filter(**{f"{column}__in": bulk.texts(texts)})
    return set(others.exclude(pk__in=bulk.numbers(numbers)).values_list(column, flat=True))


def clear_tables(needles: Needles, mine: Collection[int], beat: Callable[[], object]) -> dict[str, int]:
    """Take mentions of these people out of what is not theirs, table by table; {table: rows changed}."""
    index, own, found = Index(needles), set(mine), {}
    for model, columns in sweeping.swept():
        if model in FIGURES:
            continue
        changed = 0
        for some in batched(_mentioning(model, columns, index, own, beat), 500):
            changed += _clear(model, columns, dict(some))
        if changed:
            found[model._meta.db_table] = changed
    if caught := sweeping.forget_caught(index.found):
        found[SandboxMail._meta.db_table] = found.get(SandboxMail._meta.db_table, 0) + caught
    return found


def _clear(model: type[Model], columns: list[Any], found: dict[Any, set[str]]) -> int:
    changed = 0
    with transaction.atomic(), audit.passage():
        rows = model._base_manager.filter(pk__in=list(found)).only("pk", *(one.name for one in columns))
        for row in rows:
            changed += sweeping.clear(model, columns, [row], Needles(tuple(sorted(found[row.pk])), ()))
    return changed


def _mentioning(
    model: type[Model], columns: list[Any], index: Index, own: set[int], beat: Callable[[], object]
) -> Iterator[tuple[Any, set[str]]]:
    """(key, marks found) of rows that name one of them and belong to nobody of them."""
    theirs = next(
        (
            one.attname
            for one in model._meta.local_concrete_fields
            if isinstance(one, ForeignKey) and one.remote_field.model is Customer
        ),
        "pk",
    )
    # JSON as the text it is stored as; reading it would cost more than searching it.
    texts = {f"text_of_{one.name}": Cast(one.name, TextField()) for one in columns}
    kinds = [isinstance(one, JSONField) for one in columns]
    rows = model._base_manager.annotate(**texts).order_by("pk")
    last: Any = None
    while some := list(
        (rows if last is None else rows.filter(pk__gt=last)).values_list("pk", theirs, *texts)[:AT_ONCE]
    ):
        beat()
        last = some[-1][0]
        for key, customer, *values in some:
            if theirs != "pk" and customer in own:
                continue
            pairs = zip(values, kinds, strict=True)
            text = "\n".join(_plain(value, is_json) for value, is_json in pairs if value)
            if text and (hits := index.found(text)):
                yield key, hits


def _plain(text: str, is_json: bool) -> str:
    return json.dumps(json.loads(text), ensure_ascii=False) if is_json and "\\u" in text else text


def clear_files(needles: Needles) -> list[str]:
    """Delete every file that mentions one of these people; their names below the folder that holds them."""
    index = Index(needles)
    return files.discard_all(
        lambda path: any(index.found(text) for block in files.blocks(path) for text in _readings(block))
    )


def _readings(block: bytes) -> Iterator[str]:
    """The block as text in each way that it may have been written."""
    if block.isascii() and b"\0" not in block:
        yield block.decode("ascii")
        return
    if b"\0" in block:
        for way in ("utf-16-le", "utf-16-be"):
            yield block.decode(way, "ignore")
    for way in ("utf-8", "gb18030", "cp1252"):
        yield block.decode(way, "ignore")
