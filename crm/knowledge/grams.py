"""What can be searched: words of alphabets by their stem, Chinese by pairs of neighbouring signs.

Chinese is written without spaces; pairs need no list of words, find every word of two signs and more, and
work the same on each database. One sign alone is found as the beginning of a pair.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

LONGEST = 40
IN_TITLE, IN_TEXT = 8, 1
MOST = 10  # Of one word in the text: repeating it brings no article to the top.
SIGN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af"
_pieces = re.compile(rf"(?P<signs>[{SIGN}]+)|(?P<word>[^\W_]+(?:['’][^\W_]+)?)")
_boundary = re.compile(rf"(?<=[{SIGN}])(?=[^{SIGN}])|(?<=[^{SIGN}])(?=[{SIGN}])")
_COMMON_WORDS = """
    a about all am an and any are as at be been but by can could did do does for from get got had
    has have hello hi how i if in is it its just me my no not of on or our please shall should so
    than thank thanks that the their them then there these they this to us want was we were what
    when where which who why will with would you your
"""
_COMMON_PAIRS = """
    我想 想要 请问 怎样 如何 可以 能不 不能 我们 你们 你好 您好 谢谢 没有 一下 这个 那个 为什 是不 不是
"""
COMMON = frozenset(_COMMON_WORDS.split())
WEAK = frozenset("的了吗呢吧啊么嘛呀")  # Particles: a pair with one of them is no word.
COMMON_PAIRS = frozenset(_COMMON_PAIRS.split())


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody looks for: whole pieces, and the beginning of one that may still be typed."""

    whole: frozenset[str]
    beginning: str = ""

    def __bool__(self) -> bool:
        return bool(self.whole or self.beginning)

    @property
    def size(self) -> int:
        return len(self.whole) + bool(self.beginning)


def pieces(text: str) -> list[str]:
    """All searchable pieces in their order, common ones left out."""
    found: list[str] = []
    for part in _boundary.split(unicodedata.normalize("NFKC", text).casefold()):
        for match in _pieces.finditer(part):
            if word := match["word"]:
                found += [] if word in COMMON else [stem(word)]
            else:
                found += _pairs(match["signs"])
    return found


def _pairs(signs: str) -> list[str]:
    if len(signs) == 1:
        return [] if signs in WEAK else [signs]
    pairs = [signs[at : at + 2] for at in range(len(signs) - 1)]
    return [pair for pair in pairs if not WEAK & set(pair) and pair not in COMMON_PAIRS]


def stem(word: str) -> str:
    """A word without the usual English endings: deliveries, delivery; returned, returning, return."""
    word = word.replace("’", "'").removesuffix("'s")[:LONGEST]
    if not word.isascii() or len(word) < 4:
        return word
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh")):
        if word.endswith(ending):
            return word.removesuffix(ending) + instead
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            word = word.removesuffix(ending)
            return word[:-1] if word[-1] == word[-2] and word[-1] not in "ls" else word.removesuffix("e")
    return word.removesuffix("e") if len(word) > 4 else word


def weights(title: str, body: str) -> dict[str, int]:
    """Each piece of an article and how much it says about it."""
    found = Counter({gram: min(count, MOST) * IN_TEXT for gram, count in Counter(pieces(body)).items()})
    for gram in set(pieces(title)):
        found[gram] += IN_TITLE
    return dict(found)


def query(text: str, *, most: int = 40) -> Query:
    """What to look for; the last piece may be unfinished, unless it is a pair."""
    found = list(dict.fromkeys(pieces(text[:2000])))[:most]
    if not found:
        return Query(frozenset())
    last = found[-1]
    unfinished = len(last) == 1 or last.isascii()
    if unfinished and not text[-1:].isspace():
        return Query(frozenset(found[:-1]), last)
    return Query(frozenset(found))
