"""Words of a comment that can name a topic: things and doings, not feelings and not small words."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from feedback.numerics import aspects, starting, words
from segments.numerics.late import late

extraction = late("sklearn.feature_extraction.text")

_NOUNS: Final = ("n", "vn", "nz", "ns", "nr", "an", "l", "i", "j", "g")


def of(text: str, language: str) -> list[str]:
    """The candidate words of a plain text, each once, in order."""
    if language == words.CHINESE:
        cut = _segmenter().cut(text)
        return list(
            dict.fromkeys(
                one for one in cut if _is_chinese(one) and one not in aspects.small_words("empty_zh")
            )
        )
    told = (_singular(one) for one in words.english_words(text) if len(one) > 2)
    return list(dict.fromkeys(one for one in told if one not in _never()))


def naming(vocabulary: Sequence[str], language: str) -> frozenset[str]:
    """Those of the words that can name something."""
    if language != words.CHINESE:
        return frozenset(vocabulary)
    known = _parts_of_speech(frozenset(vocabulary))
    return frozenset(one for one in vocabulary if _names(one, known.get(one, "")))


def _names(word: str, part: str) -> bool:
    if len(word) == 1:  # As a sign it stands in too many other words.
        return False
    return not part or part.startswith(_NOUNS) or part == "v"


def _is_chinese(word: str) -> bool:
    return bool(word) and all("\u3400" <= one <= "\u9fff" for one in word)


def _singular(word: str) -> str:
    word = word.removesuffix("'s")
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


@cache
def _never() -> frozenset[str]:
    small: frozenset[str] = (
        extraction.ENGLISH_STOP_WORDS | aspects.small_words("empty_en") | starting.feelings()
    )
    return small


@cache
def _segmenter() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Its patterns are written in an old way.
        import jieba  # type: ignore[import-untyped]
    jieba.setLogLevel(logging.ERROR)
    own = jieba.Tokenizer()
    # No cache file in a shared temporary folder: somebody else could have written it.
    own.FREQ, own.total = own.gen_pfdict(own.get_dict_file())
    own.initialized = True
    return own


def _parts_of_speech(wanted: frozenset[str]) -> dict[str, str]:
    """What jieba's dictionary says the words are; read anew, since it is needed once in a while."""
    import jieba

    file = Path(jieba.__file__).with_name("dict.txt")
    found = {}
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            word, _frequency, part = line.split(" ")
            if word in wanted:
                found[word] = part.strip()
    return found
