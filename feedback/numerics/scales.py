"""Scores as people and programs write them: numbers, words, "4/5", "★★★★"; and which scale it may be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

_NUMBER: Final = re.compile(r"-?\d+(?:[.,]\d+)?")
_OUT_OF: Final = re.compile(r"^(\d+(?:[.,]\d+)?)\s*(?:/|out of|of|von|分\s*/|满分)\s*(\d+)", re.IGNORECASE)
_LABELLED: Final = re.compile(r"^(\d{1,2})\s*(?:[-–—:.=(（、]|stars?|points?|分|星|$)", re.IGNORECASE)
_STARS: Final = "★⭐🌟"
_GOOD: Final = (
    "positive|pos|good|yes|true|happy|like|liked|recommended|thumbs up|promoter"
    "|正面|积极|好评|好|是|推荐|喜欢|👍|😊|😀|🙂"
)
_BAD: Final = (
    "negative|neg|bad|no|false|unhappy|dislike|disliked|not recommended|thumbs down|detractor"
    "|负面|消极|差评|差|坏|否|不推荐|不喜欢|👎|😞|😡|🙁"
)
_MIDDLE: Final = "neutral|neu|mixed|ok|okay|average|passive|neither|中性|中评|中立|😐"
_WORDS: Final[dict[str, int]] = {
    **dict.fromkeys(_GOOD.split("|"), 1),
    **dict.fromkeys(_BAD.split("|"), -1),
    **dict.fromkeys(_MIDDLE.split("|"), 0),
}
# Grades in words, from the lowest; a word stands for its place on a scale of as many steps as its list has.
_GRADES: Final = (
    ("very dissatisfied", "dissatisfied", "neutral", "satisfied", "very satisfied"),
    ("very unsatisfied", "unsatisfied", "neither", "satisfied", "very satisfied"),
    ("very unhappy", "unhappy", "neutral", "happy", "very happy"),
    ("very bad", "bad", "ok", "good", "very good"),
    ("very poor", "poor", "average", "good", "excellent"),
    ("terrible", "poor", "fair", "good", "excellent"),
    ("one", "two", "three", "four", "five"),
    ("strongly disagree", "disagree", "neither agree nor disagree", "agree", "strongly agree"),
    ("very difficult", "difficult", "neither easy nor difficult", "easy", "very easy"),
    ("非常不满意", "不满意", "一般", "满意", "非常满意"),
    ("很不满意", "比较不满意", "中立", "比较满意", "很满意"),
    ("很差", "差", "中等", "好", "很好"),
    ("非常差", "较差", "还行", "较好", "非常好"),
    ("非常不同意", "不同意", "中立", "同意", "非常同意"),
    ("非常困难", "困难", "一般", "容易", "非常容易"),
    ("一星", "二星", "三星", "四星", "五星"),
)
_SEVEN: Final = (
    "strongly disagree",
    "disagree",
    "somewhat disagree",
    "neither agree nor disagree",
    "somewhat agree",
    "agree",
    "strongly agree",
)


def number_of(text: str) -> tuple[float, int] | None:
    """The number that a cell means, and of how many it says to be (0 unknown); None for other words."""
    plain = _plain(text)
    if not plain:
        return None
    if set(plain) <= set(_STARS + "☆ "):
        return float(sum(plain.count(one) for one in _STARS)), len(
            plain.replace(" ", "")
        ) if "☆" in plain else 0
    if found := _OUT_OF.match(plain):
        return float(found[1].replace(",", ".")), int(found[2])
    if _NUMBER.fullmatch(plain):
        return float(plain.replace(",", ".")), 0
    if found := _LABELLED.match(plain):
        return float(found[1]), 0
    return None


def grade_of(text: str, top: int) -> int | None:
    """A grade in words as a step of a scale 1…top; None for a word that is no grade of it."""
    plain = _plain(text)
    if top == len(_SEVEN) and plain in _SEVEN:
        return _SEVEN.index(plain) + 1
    step = next((one.index(plain) + 1 for one in _GRADES if plain in one), None)
    if step is None:
        return None
    if top == 5:
        return step
    # On a longer scale the five words are spread evenly; their ends are its ends.
    return round(1 + (step - 1) * (top - 1) / 4)


def whole(text: str, low: int, top: int) -> int | None:
    """A cell as a whole number of a scale; ValueError("out of range") where it is one of another scale."""
    found = number_of(text)
    if found is None:
        return grade_of(text, top)
    value, of = found
    if of and of != top:
        raise ValueError("out of range")
    if value != int(value):
        return None
    if not low <= value <= top:
        raise ValueError("out of range")
    return int(value)


def verdicts(cells: Sequence[str]) -> list[bool | None]:
    """Whether each score is good or bad, by the scale that the column as a whole has; None in the middle."""
    numbers = [number_of(one) for one in cells]
    known = {found[0] for found in numbers if found}
    return [
        _of_number(found[0], known) if found else _of_words(cell)
        for found, cell in zip(numbers, cells, strict=True)
    ]


def _of_number(value: float, known: set[float]) -> bool | None:
    least, most = min(known), max(known)
    if len(known) == 2 and most - least in (1.0, 2.0) and least <= 1:  # 0/1, 1/2, −1/1.
        return value == most
    if least < 0:
        return None if value == 0 else value > 0
    if most <= 5:
        bad, good = 2.0, 4.0
    elif most <= 7:
        bad, good = 3.0, 5.0
    elif most <= 10:
        bad, good = 4.0, 7.0
    else:
        bad, good = 40.0, 70.0
    return True if value >= good else False if value <= bad else None


def _of_words(cell: str) -> bool | None:
    plain = _plain(cell)
    if plain in _WORDS:
        sign = _WORDS[plain]
        return None if sign == 0 else sign > 0
    grade = grade_of(cell, 5)
    return None if grade is None or grade == 3 else grade > 3


def _plain(text: str) -> str:
    short = unicodedata.normalize("NFKC", text).strip().casefold().replace("\ufe0f", "")
    return " ".join(short.split()).strip("'\"“”")
