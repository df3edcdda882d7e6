"""What customers speak about: each topic with its share, its mood, what it does to the score, and quotes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Abs, Length

from crm import masking
from feedback import measuring
from feedback.models import Answer, Listener, Mention, Remark, Survey, Theme
from feedback.numerics import quotes, redaction, scores
from feedback.numerics.scores import Difference

PERIODS: Final = (30, 90, 365, 0)  # Days back; 0 is everything.
MOODS: Final = ("good", "mixed", "bad")
CANDIDATES: Final = 40


@dataclass(frozen=True, slots=True)
class Quote:
    """A comment as the reader may see it."""

    answer: int
    text: str
    score: int | None
    mood: str
    at: datetime


@dataclass(slots=True)
class Voice:
    """A topic among `of` comments. `impact` is the score of who speaks of it against the other comments."""

    theme: Theme
    of: int
    moods: Counter[str] = field(default_factory=Counter)
    before: float | None = None  # Its share in the period before.
    impact: Difference | None = None
    quotes: list[Quote] = field(default_factory=list)

    @property
    def n(self) -> int:
        return self.moods.total()

    @property
    def share(self) -> float:
        return self.n / self.of if self.of else 0.0

    @property
    def bad_share(self) -> float:
        return self.moods["bad"] / self.n if self.n else 0.0

    @property
    def change(self) -> float | None:
        """Points of share gained since the period before, where there is one."""
        return None if self.before is None else self.share - self.before

    @property
    def is_clear(self) -> bool:
        return self.impact is not None and self.impact.p_value < 0.05 and self.n >= scores.MINIMUM


@dataclass(frozen=True, slots=True)
class Heard:
    """All comments of a period: how many, their moods and wishes, and the topics."""

    n: int
    moods: Counter[str]
    asks: int
    leaves: int
    voices: list[Voice]
    without: int  # Comments that speak of none of the topics.


def between(answers: QuerySet[Answer], start: datetime | None, end: datetime) -> QuerySet[Remark]:
    """The comments of these answers in a period."""
    found = Remark.objects.filter(answer__in=answers, answer__answered_at__lt=end)
    return found.filter(answer__answered_at__gte=start) if start else found


def period(days: int, now: datetime) -> tuple[datetime | None, datetime]:
    return (now - timedelta(days=days) if days else None, now)


def heard(answers: QuerySet[Answer], survey: Survey | None, days: int, now: datetime) -> Heard:
    """What was said in the last `days`, with the same time before to compare."""
    start, end = period(days, now)
    remarks = between(answers, start, end)
    moods = Counter(dict(remarks.values_list("mood").annotate(n=Count("pk")).order_by()))
    wishes = remarks.aggregate(
        asks=Count("pk", filter=Q(asks=True)),
        leaves=Count("pk", filter=Q(leaves=True)),
        silent=Count("pk", filter=Q(mentions=None)),
    )
    n = moods.total()
    before = _shares(between(answers, start - timedelta(days=days), start)) if start else {}
    voices = {one.pk: Voice(one, n) for one in Theme.objects.filter(is_hidden=False)}
    told = Mention.objects.filter(remark__in=remarks).values_list("theme", "remark__mood")
    for theme, mood, count in told.annotate(n=Count("pk")).order_by():
        if theme in voices:
            voices[theme].moods[mood] += count
    spoken = [one for one in voices.values() if one.n]
    for voice in spoken:
        voice.before = before.get(voice.theme.pk, 0.0) if before else None
    if survey:
        _impacts(survey, remarks, spoken)
    spoken.sort(key=lambda one: (-one.n, one.theme.pk))
    return Heard(n, moods, wishes["asks"], wishes["leaves"], spoken, wishes["silent"])


def tell_quotes(
    voices: Iterable[Voice], remarks: QuerySet[Remark], *, mood: str = "", count: int = 3
) -> None:
    """Give each topic the comments that stand for it, clear and readable ones first."""
    for voice in voices:
        voice.quotes = of_theme(voice.theme, remarks, mood=mood, count=count)


def of_theme(theme: Theme, remarks: QuerySet[Remark], *, mood: str = "", count: int = 3) -> list[Quote]:
    found = remarks.filter(mentions__theme=theme)
    if mood:
        found = found.filter(mood=mood)
    # A few hundred bytes are enough to choose from; the nearest to a readable length.
    near = found.order_by(Abs(Length("answer__comment") - 60), "-pk")[:CANDIDATES]
    sure = {answer: abs(chance - 0.5) for answer, chance in near.values_list("answer", "chance")}
    told = Mention.objects.filter(remark__in=list(sure), theme__is_hidden=False).values_list("remark")
    topics = dict(told.annotate(n=Count("pk")).order_by())

    def worth(one: Quote) -> tuple[int, float, int]:
        first, then = quotes.worth(len(one.text), topics.get(one.answer, 1))
        return first, -round(sure[one.answer], 1), then

    return sorted(quoted(list(sure)), key=worth)[:count]


def quoted(keys: Sequence[int], *, each_once: bool = True) -> list[Quote]:
    """The comments of answers, in the order given; who sees masked data reads them without names."""
    rows = Answer.objects.filter(pk__in=keys).values_list(
        "pk",
        "comment",
        "score",
        "remark__mood",
        "answered_at",
        "customer__first_name",
        "customer__last_name",
    )
    found = {
        pk: Quote(pk, shown(comment, (first, last)), score, mood or "", at)
        for pk, comment, score, mood, at, first, last in rows
    }
    if not each_once:
        return [found[key] for key in keys if key in found]
    distinct: dict[str, Quote] = {}
    for key in keys:
        if key in found:
            distinct.setdefault(found[key].text, found[key])
    return list(distinct.values())


def shown(comment: str, names: Iterable[str | None]) -> str:
    """A comment for the reader at hand."""
    return redaction.redact(comment, [one for one in names if one]) if masking.active() else comment


def by_month(theme: Theme, answers: QuerySet[Answer], starts: Sequence[datetime]) -> list[tuple[int, int]]:
    """(comments with the topic, all comments) of each month that begins at one of `starts`."""
    from feedback.reports import month_of

    table: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    all_of = answers.filter(remark__isnull=False, answered_at__gte=starts[0]).annotate(month=month_of(starts))
    for at, n in all_of.values_list("month").annotate(n=Count("pk")).order_by():
        table[at][1] = n
    with_it = all_of.filter(remark__mentions__theme=theme)
    for at, n in with_it.values_list("month").annotate(n=Count("pk")).order_by():
        table[at][0] = n
    return [(table[at][0], table[at][1]) for at in range(len(starts))]


def understanding() -> list[Listener]:
    """How well the shop's comments are understood, by language, the most read first."""
    return list(Listener.objects.order_by("-judged_on", "language"))


def _shares(remarks: QuerySet[Remark]) -> dict[int, float]:
    n = remarks.count()
    if n < scores.FEW:
        return {}
    rows = Mention.objects.filter(remark__in=remarks).values_list("theme").annotate(n=Count("pk")).order_by()
    return {theme: count / n for theme, count in rows}


def _impacts(survey: Survey, remarks: QuerySet[Remark], voices: Sequence[Voice]) -> None:
    whole: dict[int | None, int] = dict(
        remarks.values_list("answer__score").annotate(n=Count("pk")).order_by()
    )
    tables: dict[int, dict[int | None, int]] = defaultdict(dict)
    rows = Mention.objects.filter(remark__in=remarks).values_list("theme", "remark__answer__score")
    for theme, score, n in rows.annotate(n=Count("pk")).order_by():
        tables[theme][score] = n
    for voice in voices:
        voice.impact = _against(survey, tables[voice.theme.pk], whole)


def _against(
    survey: Survey, part: Mapping[int | None, int], whole: Mapping[int | None, int]
) -> Difference | None:
    mine = measuring.score(survey, part)
    rest = measuring.score(survey, scores.without(whole, part))
    if mine is None or rest is None or not mine.is_enough or not rest.is_enough:
        return None
    return scores.difference(mine, rest)
