"""Understanding comments: each is read once, soon after it was written, and again when needed.

reading.read_new(now)      # New and corrected comments; the worker asks every half minute.
reading.resort(now)        # Topics were changed: which comment speaks of what.
learning.learn(…)          # Once a day, when there is enough new to learn from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from feedback.models import Answer, Listener, Listening, Mention, Remark, Theme
from feedback.numerics import intents, words
from feedback.numerics.topics import Topic

CHUNK: Final = 2000
LEASE: Final = timedelta(minutes=5)
LANGUAGES: Final = (words.ENGLISH, words.CHINESE)


def unread() -> QuerySet[Answer]:
    """Comments that nobody has read, or that were corrected since."""
    current = Remark.objects.filter(answer=OuterRef("pk"), said_at=OuterRef("answered_at"))
    return Answer.objects.counted().exclude(comment="").filter(~Exists(current)).order_by("pk")


def read_new(now: datetime, *, beat: Callable[[], None] = lambda: None) -> int:
    """Read what is unread, in pieces that each are stored at once; how many were read."""
    from feedback.numerics import sentiment  # Loads scikit-learn, which web pages can do without.

    models = {
        one.language: sentiment.Model.from_json(one.parameters)
        for one in Listener.objects.exclude(parameters=None)
        if one.parameters
    }
    themes = themes_in_force()
    read = 0
    while chunk := list(unread()[:CHUNK].values_list("pk", "comment", "answered_at")):
        _store(chunk, models, themes)
        read += len(chunk)
        beat()
    return read


def read_again() -> None:
    """Let every comment be read anew, little by little, by what has been learned since."""
    Remark.objects.all().delete()


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


def release() -> None:
    Listening.objects.filter(pk=1).update(claimed_at=None)


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


def _store(
    chunk: Sequence[tuple[int, str, datetime]], models: Mapping[str, object], themes: Sequence[Theme]
) -> None:
    plain = [words.plain(comment) for _pk, comment, _at in chunk]
    spoken = [words.language_of(one) for one in plain]
    chance = chances(plain, spoken, models)
    remarks = [
        Remark(
            answer_id=pk,
            language=spoken[at],
            chance=round(chance[at], 4),
            mood=intents.mood(chance[at]),
            asks=intents.asks(plain[at]),
            leaves=intents.leaves(plain[at]),
            said_at=said_at,
        )
        for at, (pk, _comment, said_at) in enumerate(chunk)
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
