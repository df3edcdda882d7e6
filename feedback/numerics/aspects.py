"""What customers of most shops speak about: topics that are known before any comment is read.

Each has the words that mean it (`starting/aspects.*.json`). Synonyms seldom stand in one short comment, so
that no factorisation can join them; these joins are given, and what else is spoken of is found.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("starting")


@cache
def of(language: str) -> Mapping[str, tuple[str, ...]]:
    """{name of the topic: its words}."""
    return {name: tuple(some) for name, some in _read(f"aspects.{language}.json").items()}


@cache
def small_words(name: str) -> frozenset[str]:
    """A list of words without a topic of their own, from `starting/small_words.json`."""
    return frozenset(_read("small_words.json")[name])


def _read(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads((_FOLDER / name).read_text(encoding="utf-8"))
    return found
