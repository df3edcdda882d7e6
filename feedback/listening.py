"""What a heap of comments says, computed aside: for the command line, and for a file that is no survey."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from feedback import learning, reading
from feedback.models import Answer, Survey, Theme
from feedback.numerics import quotes, redaction, sentiment, topics, words
from feedback.numerics.topics import Topic


def of_texts(
    comments: Sequence[str],
    good: Sequence[bool | None],
    *,
    themes: Sequence[Theme] = (),
    only_starting: bool = False,
    seed: int = learning.SEED,
) -> dict[str, Any]:
    """Languages, topics and sentiment of comments; with verdicts, half of those train and half judge."""
    plain = [words.plain(one) for one in comments]
    spoken = [words.language_of(one) for one in plain]
    learned = {
        one: learning.of_language(plain, spoken, good, one, seed=seed, only_starting=only_starting)
        for one in reading.LANGUAGES
    }
    models: dict[str, object] = {code: one.model for code, one in learned.items() if one.model}
    chances = np.asarray(reading.chances(plain, spoken, models))
    found = [reading.topic_of(one) for one in themes] or [
        topic
        for code in reading.LANGUAGES
        for topic in topics.discover(
            [one for one, other in zip(plain, spoken, strict=True) if other == code], code, seed=seed
        )
    ]
    return {
        "n": len(comments),
        "languages": {code or "other": n for code, n in Counter(spoken).most_common()},
        "topics": _described(comments, plain, found, chances),
        "sentiment": _judged(list(learned.values())),
    }


def of_survey(survey: Survey) -> dict[str, Any]:
    rows = Answer.objects.counted().filter(survey=survey).exclude(comment="").order_by("pk")
    told = list(rows.values_list("comment", "score"))
    good = [reading.is_good(survey.kind, score, survey.points) for _comment, score in told]
    return of_texts([comment for comment, _score in told], good, themes=reading.themes_in_force())


def _described(
    comments: Sequence[str], plain: Sequence[str], found: Sequence[Topic], chances: np.ndarray
) -> list[dict[str, Any]]:
    table = topics.assign(plain, found).tocsc()
    described: list[tuple[str, int, float, list[str]]] = []
    for at, topic in enumerate(found):
        rows = table.indices[table.indptr[at] : table.indptr[at + 1]]
        if not len(rows):
            continue
        shown = quotes.choose(plain, table, at, count=3)
        label = topic.label or str(Theme(aspect=topic.aspect))
        said = [redaction.redact(comments[one]) for one in shown]
        described.append((label, len(rows), float(2 * chances[rows].mean() - 1), said))
    merged: dict[str, tuple[int, float, list[str]]] = {}
    for label, n, mood, said in described:  # Two languages can speak of the same.
        before, mean, quoted = merged.get(label, (0, 0.0, []))
        merged[label] = (before + n, (mean * before + mood * n) / (before + n), [*quoted, *said])
    ranked = sorted(merged.items(), key=lambda pair: -pair[1][0])
    return [
        {"label": label, "share": round(n / len(plain), 4), "sentiment": round(mood, 3), "quotes": said}
        for label, (n, mood, said) in ranked
    ]


def _judged(learned: Sequence[learning.Learned]) -> dict[str, Any]:
    """Both languages together, as a reader meets them."""
    truth = np.concatenate([one.unseen for one in learned])
    said = np.concatenate([one.said for one in learned])
    both = sentiment.judge(said, list(truth))
    return {
        "trained_on": sum(one.trained_on for one in learned),
        "judged_on": both.judged_on,
        "accuracy": _short(both.accuracy),
        "balanced_accuracy": _short(both.balanced_accuracy),
        "auc": _short(both.auc),
    }


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
