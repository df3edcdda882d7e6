"""What 100,000 comments in two languages speak of and how they sound, in time and memory."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, timedelta
from random import Random
from typing import Any

from django.utils import timezone

from crm import bulk, memory
from feedback import listening
from feedback.models import Answer, Survey
from feedback.numerics import aspects

COMMENTS = {"small": 100_000, "large": 100_000}
MADE_UP = 6000  # Words besides those that are known; comments of a shop hold some thousands.
GOOD = ("lovely", "great", "perfect", "very good", "friendly", "fast", "happy with", "would buy again")
BAD = ("broken", "too late", "terrible", "not good", "rude", "slow", "disappointed by", "never again")
GOOD_ZH, BAD_ZH = (
    ("很好", "喜欢", "满意", "新鲜", "好吃", "快"),
    ("太慢", "难吃", "不好", "失望", "凉了", "差"),
)


def figures(size: str) -> Iterator[dict[str, Any]]:
    survey = Survey.objects.create(slug="words", name="Words")
    _fill(survey, COMMENTS[size])
    began = time.perf_counter()
    found = listening.of_survey(survey)
    seconds = time.perf_counter() - began
    assert found["n"] == COMMENTS[size]
    assert set(found["languages"]) >= {"en", "zh"}
    assert len(found["topics"]) >= 5
    told = {"topics": len(found["topics"]), "auc": found["sentiment"]["auc"]}
    yield {"name": "themes", "value": round(seconds, 1), "unit": "s", "limit": 60, **told}
    yield {"name": "themes_memory", "value": memory.peak_mb(), "unit": "MB", "limit": 1024}


def _fill(survey: Survey, count: int) -> None:
    at = (timezone.now().astimezone(UTC) - timedelta(days=1)).isoformat(sep=" ")
    chance, words = Random(1), _words(Random(2))
    subjects = {code: [one for some in aspects.of(code).values() for one in some] for code in ("en", "zh")}

    def rows() -> Iterator[dict[str, Any]]:
        for n in range(count):
            score = chance.choices(range(11), [4, 2, 2, 2, 2, 3, 4, 8, 14, 22, 37])[0]
            say = _chinese if n % 3 == 0 else _english
            comment = say(chance, subjects["zh" if n % 3 == 0 else "en"], words, score)
            yield {"survey_id": survey.pk, "key": f"b:{n}", "score": score, "comment": comment,
                   "answered_at": at}  # fmt: skip

    bulk.write_full(Answer, rows())


def _words(chance: Random) -> list[str]:
    parts = ("ka", "lo", "mi", "ren", "sto", "bel", "tur", "vi", "sha", "gor", "pen", "da")
    return ["".join(chance.choices(parts, k=chance.randint(2, 4))) for _ in range(MADE_UP)]


def _english(chance: Random, subjects: list[str], words: list[str], score: int) -> str:
    def sentence() -> str:
        mood = chance.choice(GOOD if (score > 6) is (chance.random() < 0.85) else BAD)
        # A few words are said often, most of them seldom.
        rest = [words[int(len(words) * chance.random() ** 3)] for _ in range(chance.randint(1, 6))]
        return f"the {chance.choice(subjects)} was {mood} and the {' '.join(rest)}"

    return ". ".join(sentence() for _ in range(chance.randint(1, 3)))


def _chinese(chance: Random, subjects: list[str], words: list[str], score: int) -> str:
    def sentence() -> str:
        mood = chance.choice(GOOD_ZH if (score > 6) is (chance.random() < 0.85) else BAD_ZH)
        rest = "".join(chr(0x4E00 + int(3000 * chance.random() ** 3)) for _ in range(chance.randint(2, 12)))
        return f"{chance.choice(subjects)}{mood},{rest}"

    return "。".join(sentence() for _ in range(chance.randint(1, 3)))
