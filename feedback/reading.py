"""Understanding comments: each is read once, soon after it was written, and again when needed.

reading.read_new(now)      # New and corrected comments; the worker asks every half minute.
reading.resort(now)        # Topics were changed: which comment speaks of what.
learning.learn(…)          # Once a day, when there is enough new to learn from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from feedback import acting
from feedback.models import Answer, Listener, Listening, Mention, Remark, Theme
from feedback.numerics import intents, scores, words
from feedback.numerics.topics import Topic


class Unread(NamedTuple):
    """A comment to be read, with the score that came with it."""

    answer: int
    comment: str
    said_at: datetime
    score: int | None
    kind: str
    points: int


CHUNK: Final = 2000
LEASE: Final = timedelta(minutes=5)
RECENT: Final = timedelta(days=2)
LANGUAGES: Final = (words.ENGLISH, words.CHINESE)


def work(now: datetime) -> int:
    """What the worker asks every half minute: read what is new, learn when that is worth it, sort anew."""
    from feedback import learning

    if not (next_unread(now) or is_behind() or state().learned_at is None) or not claim(now):
        return 0

    def beat() -> None:
        Listening.objects.filter(pk=1).update(claimed_at=timezone.now())

    try:
        read = read_new(now, beat=beat)
        if read and learning.is_due(now):
            learning.learn(now)
            beat()
            read = read_new(now, beat=beat)
        resort(now, beat=beat)
    finally:
        Listening.objects.filter(pk=1).update(claimed_at=None)
    return read


def unread(now: datetime) -> QuerySet[Answer]:
    """Comments that nobody has read, or that were corrected since: beyond the mark, or of the last days.

    Once a day everything is looked through, for an answer may come in late behind the mark.
    """
    current = Remark.objects.filter(answer=OuterRef("pk"), said_at=OuterRef("answered_at"))
    found = Answer.objects.counted().exclude(comment="").filter(~Exists(current)).order_by("pk")
    at = state()
    if at.whole_on != now.date():
        return found
    return found.filter(Q(pk__gt=at.mark) | Q(answered_at__gte=now - RECENT))


def next_unread(now: datetime) -> list[Unread]:
    names = ("pk", "comment", "answered_at", "score", "survey__kind", "survey__points")
    return [Unread(*row) for row in unread(now)[:CHUNK].values_list(*names)]


def is_good(kind: str, score: int | None, points: int = 5) -> bool | None:
    """Whether a score says content; None for the middle, which teaches nothing."""
    if score is None:
        return None
    good_from, middle_from = scores.bounds(kind, points)
    return True if score >= good_from else False if score < middle_from else None


def read_new(now: datetime, *, beat: Callable[[], None] = lambda: None) -> int:
    """Read what is unread, in pieces that each are stored at once; how many were read."""
    from feedback.numerics import sentiment  # Loads scikit-learn, which web pages can do without.

    models = {
        one.language: sentiment.Model.from_json(one.parameters)
        for one in Listener.objects.exclude(trained_on=0)
        if one.parameters
    }
    themes = themes_in_force()
    read, last = 0, Answer.objects.aggregate(last=Max("pk"))["last"] or 0
    while chunk := next_unread(now):
        _store(chunk, models, themes)
        acting.follow_read([one.answer for one in chunk], now)
        read += len(chunk)
        beat()
    Listening.objects.filter(pk=1).update(mark=last, whole_on=now.date())
    return read


def read_again() -> None:
    """Let every comment be read anew, little by little, by what has been learned since."""
    # Without Django's way of fetching each row first; nothing but mentions hangs on them.
    with transaction.atomic():
        Mention.objects.all()._raw_delete(using=Mention.objects.db)
        Remark.objects.all()._raw_delete(using=Remark.objects.db)
    look_through()


def look_through(**_: object) -> None:
    """Many answers came or went at once: look at all of them next time."""
    Listening.objects.filter(pk=1).update(whole_on=None)


def themes_in_force() -> list[Theme]:
    return list(Theme.objects.filter(is_hidden=False))


def state() -> Listening:
    return Listening.objects.get_or_create(pk=1)[0]


def wish() -> None:
    """Somebody changed topics: all comments are to be sorted anew, soon."""
    state()
    Listening.objects.filter(pk=1).update(wanted=F("wanted") + 1)


def is_behind() -> bool:
    at = state()
    return at.wanted != at.done


def claim(now: datetime) -> bool:
    """One reader at a time; a dead one is followed after a while."""
    state()
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - LEASE)
    return bool(Listening.objects.filter(free, pk=1).update(claimed_at=now))


def resort(now: datetime, *, beat: Callable[[], None] = lambda: None) -> bool:
    """Find anew which comment speaks of which topic, when that was wished for."""
    wanted = state().wanted
    if state().done == wanted:
        return False
    themes = themes_in_force()
    last = 0
    while chunk := list(
        Remark.objects.filter(pk__gt=last).order_by("pk")[:CHUNK].values_list("pk", "answer__comment")
    ):
        plain = [words.plain(comment) for _pk, comment in chunk]
        with transaction.atomic():
            Mention.objects.filter(remark__in=[pk for pk, _comment in chunk]).delete()
            _mention([pk for pk, _comment in chunk], plain, themes)
        last = chunk[-1][0]
        beat()
    Mention.objects.filter(theme__is_hidden=True).delete()
    Listening.objects.filter(pk=1).update(done=wanted)
    return True


def topic_of(theme: Theme) -> Topic:
    return Topic("", theme.aspect, str(theme), theme.weights)


def _store(chunk: Sequence[Unread], models: Mapping[str, object], themes: Sequence[Theme]) -> None:
    plain = [words.plain(one.comment) for one in chunk]
    spoken = [words.language_of(one) for one in plain]
    by_words = chances(plain, spoken, models)
    chance = [
        intents.with_score(by_words[at], is_good(one.kind, one.score, one.points))
        for at, one in enumerate(chunk)
    ]
    remarks = [
        Remark(
            answer_id=one.answer,
            language=spoken[at],
            chance=round(chance[at], 4),
            mood=intents.mood(chance[at]),
            asks=intents.asks(plain[at]),
            leaves=intents.leaves(plain[at]),
            said_at=one.said_at,
        )
        for at, one in enumerate(chunk)
    ]
    keys = [one.answer_id for one in remarks]
    with transaction.atomic():
        Remark.objects.filter(pk__in=keys).delete()
        # An answer can be erased while its comment is read.
        alive = set(Answer.objects.filter(pk__in=keys).select_for_update().values_list("pk", flat=True))
        Remark.objects.bulk_create([one for one in remarks if one.answer_id in alive], batch_size=1000)
        kept = [at for at, key in enumerate(keys) if key in alive]
        _mention([keys[at] for at in kept], [plain[at] for at in kept], themes)


def chances(plain: Sequence[str], spoken: Sequence[str], models: Mapping[str, object]) -> list[float]:
    """How likely each comment is content, each by the model of its language."""
    from feedback.numerics import sentiment

    found = [0.5] * len(plain)
    for language in (*LANGUAGES, words.OTHER):
        mine = [at for at, one in enumerate(spoken) if one == language]
        model = models.get(language)
        assert model is None or isinstance(model, sentiment.Model)
        if mine:
            values = sentiment.chances([plain[at] for at in mine], model)
            for at, value in zip(mine, values, strict=True):
                found[at] = float(value)
    return found


def _mention(keys: Sequence[int], plain: Sequence[str], themes: Sequence[Theme]) -> None:
    from feedback.numerics import topics

    if not themes:
        return
    table = topics.assign(plain, [topic_of(one) for one in themes]).tocoo()
    Mention.objects.bulk_create(
        [
            Mention(remark_id=keys[int(row)], theme=themes[int(column)], weight=round(float(weight), 3))
            for row, column, weight in zip(table.row, table.col, table.data, strict=True)
        ],
        batch_size=2000,
    )
