"""What a comment is made of: its plain form, its language, and the pieces that models count."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from feedback.numerics import aspects

ENGLISH: Final = "en"
CHINESE: Final = "zh"
OTHER: Final = ""

LONGEST: Final = 4000  # Characters of a comment that are read; what comes after says the same again.

_HAN = re.compile(r"[\u3400-\u9fff]")
_KANA_OR_HANGUL = re.compile(r"[\u3040-\u30ff\uac00-\ud7af]")
_LATIN = re.compile(r"[a-z]")
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[a-z]+(?:['’][a-z]+)?")
_SPACE = re.compile(r"\s+")
_REPEATED = re.compile(r"(.)\1{3,}")
_RUN = re.compile(r"[\u3400-\u9fffa-z0-9!?]+|[^\s\w.,;:]")


def plain(text: str) -> str:
    """Lower case, one width of letters, single blanks; a letter repeated in excitement counts three times."""
    short = unicodedata.normalize("NFKC", text[:LONGEST]).lower().replace("’", "'")
    return _REPEATED.sub(r"\1\1\1", _SPACE.sub(" ", short)).strip()


def language_of(text: str) -> str:
    """ "en", "zh", or "" for anything else; `text` is plain."""
    if text.isascii():
        return _of_words(text) if _LATIN.search(text) else OTHER
    letters = len(_LETTER.findall(text))
    if not letters:
        return OTHER
    han = len(_HAN.findall(text))
    if _KANA_OR_HANGUL.search(text):
        return OTHER
    if han * 3 >= letters or han >= 8:  # A Chinese sign says as much as several Latin letters.
        return CHINESE
    return _of_words(text) if len(_LATIN.findall(text)) * 2 >= letters else OTHER


def _of_words(text: str) -> str:
    known = _WORD.findall(text)
    # A short remark may hold none of the small words; a whole sentence without them is another language.
    # Some are words elsewhere too ("a", "on", "me"): there others stand beside them.
    english, others = (
        sum(one in aspects.small_words(name) for one in known) for name in ("common_en", "common_others")
    )
    if others >= max(english, 1):
        return OTHER
    return ENGLISH if len(known) < 5 or english else OTHER


def english_words(text: str) -> list[str]:
    return _WORD.findall(text)


def pieces(text: str) -> Iterator[str]:
    """What the learned models count: words and pairs of words, and runs of one to three Chinese signs."""
    if language_of(text) == CHINESE:
        yield from _signs(text)
        return
    before = ""
    for word in _WORD.findall(text):
        yield word
        if before:
            yield f"{before} {word}"
        # Endings and typing errors: the inner parts of a word, marked so that they are no words.
        framed = f"<{word}>"
        yield from (f"~{framed[at : at + 4]}" for at in range(max(len(framed) - 3, 0)))
        before = word
    yield from (one for one in text if not one.isalnum() and not one.isspace() and one not in ".,'\"")


def _signs(text: str) -> Iterator[str]:
    for run in _RUN.findall(text):
        for size in (1, 2, 3):
            yield from (run[at : at + size] for at in range(len(run) - size + 1))
