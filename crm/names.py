"""Names of people as they are compared: without case, accents, titles and order, never transliterated."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

TITLES: Final = frozenset((
    "mr", "mrs", "ms", "miss", "mx", "mister", "madam", "dr", "doctor", "prof", "professor", "sir", "herr",
    "frau", "mme", "mlle", "sr", "sra", "srta", "don", "dona", "dott", "ing", "jr", "госпожа", "господин",
))  # fmt: skip
ENDINGS: Final = ("先生", "女士", "小姐", "太太", "老师", "博士", "教授", "씨", "님", "さん", "様")
_APART = re.compile(r"[^\w]+|_+")


@lru_cache(maxsize=200_000)
def fold(text: str) -> str:
    """Lower case, one width, Latin, Greek and Cyrillic letters without accents, single blanks."""
    if not text.isascii():
        plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text))
        bare = "".join(sign for sign in plain if unicodedata.category(sign) != "Mn")
        text = unicodedata.normalize("NFC", bare)  # Hangul syllables come together again.
    return " ".join(_APART.sub(" ", text.casefold()).split())


@lru_cache(maxsize=200_000)
def given(text: str) -> str:
    """One part of a name without titles and forms of address."""
    words = [word for word in fold(text).split() if word not in TITLES] or fold(text).split()
    joined = " ".join(words)
    for ending in ENDINGS:
        if joined.endswith(ending) and len(joined) > len(ending):
            return joined.removesuffix(ending).strip()
    return joined


def whole(first: str, last: str) -> str:
    """All words of a name in one order, so that "Byron, Ada" and "Ada Byron" are alike."""
    together = f"{given(first)} {given(last)}".strip()
    if together and not together.isascii() and _is_han(together.replace(" ", "")):
        return f"{given(last)}{given(first)}".replace(" ", "")
    return " ".join(sorted(together.split()))


def _is_han(text: str) -> bool:
    return bool(text) and all("\u4e00" <= sign <= "\u9fff" for sign in text)
