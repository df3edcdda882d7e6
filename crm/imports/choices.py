"""Own fields with choices that were made of a file: a later file may bring new words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from crm.models import CustomField, ImportBatch

MOST: Final = 60  # Beyond it is no list to choose from.
LONGEST: Final = 39  # Longer words are cut off where the column was looked through.
OWN: Final = "custom."


def fresh(own: CustomField, study: Mapping[str, Any]) -> list[str]:
    """The words of a column that become choices of this field; none where a person keeps its choices."""
    if not own.grows or own.kind != CustomField.Kind.CHOICE:
        return []
    found: dict[str, str] = {}
    for word in study["few"]:
        if word and len(word) <= LONGEST:
            found.setdefault(word.casefold(), word)
    for known in own.choices:
        found.pop(str(known).casefold(), None)
    return list(found.values()) if len(found) + len(own.choices) <= MOST else []


def growing(batch: ImportBatch) -> Iterator[tuple[CustomField, list[str]]]:
    """The fields of this import that get new choices, with these."""
    places = {
        name.removeprefix(OWN): column for column, name in batch.mapping.items() if name.startswith(OWN)
    }
    studies = dict(zip(batch.findings["columns"], batch.findings["studies"], strict=True))
    for own in CustomField.objects.filter(key__in=list(places), grows=True):
        if words := fresh(own, studies[places[own.key]]):
            yield own, words


def extend(batch: ImportBatch) -> None:
    """Let the fields have what the file brings."""
    for own, words in growing(batch):
        CustomField.objects.filter(pk=own.pk).update(choices=[*own.choices, *words])
