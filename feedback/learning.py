"""Learning from the shop's own answers: which words go with which scores, and what is spoken of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from django.db import transaction

from feedback import reading
from feedback.models import Answer, Listener, Listening, Theme
from feedback.numerics import sentiment, topics, words
from feedback.numerics.sentiment import Judgement, Model
from feedback.numerics.topics import Topic

SEED: Final = 42
GROWTH: Final = 1.2  # Learn again when there is a fifth more to learn from,
AT_LEAST_EVERY: Final = timedelta(days=30)  # or after this long, if anything is new.
READ: Final = 60_000  # Comments that are looked at, the latest first.


@dataclass(frozen=True, slots=True)
class Learned:
    """A model, and what one fitted on half of the comments `said` of the `unseen` truth of the other half."""

    model: Model | None
    scored: int
    trained_on: int
    unseen: list[bool]
    said: np.ndarray

    @property
    def judged(self) -> Judgement:
        return sentiment.judge(self.said, self.unseen)


def is_due(now: datetime) -> bool:
    at = reading.state()
    n = Answer.objects.counted().exclude(comment="").count()
    if n < topics.LEAST:
        return False
    if at.learned_at is None or n >= at.learned_from * GROWTH:
        return True
    return n > at.learned_from and now - at.learned_at >= AT_LEAST_EVERY


def learn(now: datetime, *, seed: int = SEED) -> None:
    """Fit both languages anew and look for topics; all comments are then read again."""
    n = Answer.objects.counted().exclude(comment="").count()
    rows = Answer.objects.counted().exclude(comment="").order_by("-answered_at", "-pk")
    told = list(rows.values_list("comment", "score", "survey__kind", "survey__points")[:READ])
    plain = [words.plain(comment) for comment, *_rest in told]
    spoken = [words.language_of(one) for one in plain]
    good = [reading.is_good(kind, score, points) for _comment, score, kind, points in told]
    learned = {one: of_language(plain, spoken, good, one, seed=seed) for one in reading.LANGUAGES}
    found = [topic for one in reading.LANGUAGES for topic in _topics(plain, spoken, one, seed)]
    with transaction.atomic():
        for language, one in learned.items():
            _keep(language, one, now)
        keep_topics(found)
        reading.read_again()
        reading.state()
        Listening.objects.filter(pk=1).update(learned_at=now, learned_from=n)


def of_language(
    plain: Sequence[str],
    spoken: Sequence[str],
    good: Sequence[bool | None],
    language: str,
    *,
    seed: int,
    only_starting: bool = False,
) -> Learned:
    """Half of the scored comments train and the other half judge; what is used is then fitted on all."""
    mine = [at for at, one in enumerate(spoken) if one == language and good[at] is not None]
    texts, truth = [plain[at] for at in mine], [bool(good[at]) for at in mine]
    if only_starting:
        return Learned(None, len(mine), 0, truth, sentiment.chances(texts, None))
    train, judge = sentiment.halves(truth, seed=seed)
    half = sentiment.fit([texts[at] for at in train], [truth[at] for at in train], seed=seed)
    said = sentiment.chances([texts[at] for at in judge], half)
    model = sentiment.fit(texts, truth, seed=seed) if half else None
    return Learned(model, len(mine), half.trained_on if half else 0, [truth[at] for at in judge], said)


def keep_topics(found: Sequence[Topic]) -> None:
    """Take found topics over: known ones get the new words, new ones come, those without voice go."""
    known = list(Theme.objects.all())
    spoken_of: dict[int, dict[str, float]] = {}
    for topic in found:
        same = next((one for one in known if _is_same(one, topic)), None)
        if same is None:
            same = Theme.objects.create(aspect=topic.aspect, label="" if topic.aspect else topic.label)
            known.append(same)
        # Both languages may speak of the same.
        spoken_of[same.pk] = {**topic.words, **spoken_of.get(same.pk, {})}
    for one in known:
        if one.is_kept:
            continue
        if one.pk not in spoken_of:
            one.delete()
        elif one.words != spoken_of[one.pk]:
            one.words = spoken_of[one.pk]
            one.save(update_fields=["words"])


def _is_same(theme: Theme, topic: Topic) -> bool:
    if topic.aspect or theme.aspect:
        return theme.aspect == topic.aspect
    return next(iter(topic.words)) in theme.weights


def _topics(plain: Sequence[str], spoken: Sequence[str], language: str, seed: int) -> list[Topic]:
    return topics.discover(
        [one for one, code in zip(plain, spoken, strict=True) if code == language], language, seed=seed
    )


def _keep(language: str, one: Learned, now: datetime) -> None:
    Listener.objects.update_or_create(
        language=language,
        defaults={
            "parameters": one.model.as_json() if one.model else None,
            "scored": one.scored,
            "trained_on": one.trained_on,
            "judged_on": one.judged.judged_on,
            "accuracy": one.judged.accuracy,
            "balanced_accuracy": one.judged.balanced_accuracy,
            "auc": one.judged.auc,
            "learned_at": now,
        },
    )
