"""What the answers of a survey say: scores overall, by month, by group, and by choice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.utils.translation import gettext as _

from crm.errors import Refusal
from crm.models import Mailing, Message
from feedback import measuring, texts
from feedback.models import Answer, Invitation, Question, Survey
from feedback.numerics.scores import Difference, Score
from segments.clusters import naming
from segments.rfm import names as rfm_names

MAILED = ("campaign:", "asking:", "reask")  # Beginnings of the sources whose invitations travel by mail.
MONTHS = 36  # As many as a trend shows, up to the last answer.
COLUMNS = {
    "country": "customer__country",
    "city": "customer__city",
    "language": "customer__language",
    "gender": "customer__gender",
    "source": "customer__source",
    "rfm.group": "customer__features__rfm_group",
    "cluster": "customer__features__cluster",
    "tag": "customer__tags__tag__name",
}
ASKED_ABOUT = ("product", "category", "channel", "agent")  # What an answer is about, not whose it is.
CALLED = {"cluster": naming.name_of, "rfm.group": rfm_names.plain_of}  # Customers carry keys and codes.
GROUPS = ("good", "middle", "bad")
COUNTABLE = {*Question.SCORES, Question.Kind.SINGLE, Question.Kind.MULTI}


@dataclass(frozen=True, slots=True)
class Asked:
    """How many were asked, and how many of them answered."""

    sent: int
    answered: int

    @property
    def rate(self) -> float | None:
        return self.answered / self.sent if self.sent else None


@dataclass(frozen=True, slots=True)
class GroupScore:
    """The score of one group, and how far it lies from everybody else's."""

    name: str
    slug: str
    score: Score
    against_rest: Difference | None

    @property
    def verdict(self) -> str:
        """ "higher", "lower" or "" when chance alone could explain the difference."""
        if self.against_rest is None or self.against_rest.p_value >= 0.05 or not self.score.is_enough:
            return ""
        return "higher" if self.against_rest.value > 0 else "lower"


@dataclass(frozen=True, slots=True)
class Month:
    first: datetime
    score: Score | None


def counts(survey: Survey) -> dict[int | None, int]:
    """{score: answers}; None for those who skipped the score."""
    rows = (
        Answer.objects.counted().filter(survey=survey).values_list("score").annotate(n=Count("id")).order_by()
    )
    return dict(rows)


def asked(survey: Survey) -> Asked:
    """Only mails that left count as asked, whoever planned them; somebody asked by hand always does."""
    return asked_by_survey(Invitation.objects.filter(survey=survey)).get(survey.pk, Asked(0, 0))


def asked_by_survey(invitations: QuerySet[Invitation]) -> dict[int, Asked]:
    """The same for several surveys in two queries.

    Counted per source on both sides and put together here: a campaign invites all whom it plans to write to,
    and a query that joins both tables person by person takes minutes on SQLite.
    """
    planned = list(
        invitations.annotate(by=_who_asked())
        .values_list("survey", "by")
        .annotate(n=Count("id"), answered=Count("id", filter=Q(state=Invitation.State.ANSWERED)))
        .order_by()
    )
    mailed = {source for _survey, source, _n, _answered in planned if source.startswith(MAILED)}
    left = Message.objects.filter(mailing__source__in=mailed, state=Message.State.SENT)
    left = left.exclude(mailing__kind="survey", key__endswith=":again")  # The second mail to the same person.
    sent = dict(left.values_list("mailing__source").annotate(n=Count("id")).order_by())
    sent_again = _asked_again() if "reask" in mailed else {}
    found: dict[int, Asked] = {}
    for survey, source, n, answered in planned:
        letters = sent_again.get(survey, 0) if source == "reask" else sent.get(source, 0)
        reached = max(min(letters, n), answered) if source in mailed else n
        before = found.get(survey, Asked(0, 0))
        found[survey] = Asked(before.sent + reached, before.answered + answered)
    return found


def _who_asked() -> Case:
    """The mailing that brought an invitation; an automatic question puts its occasion behind its source."""
    automatic = Mailing.objects.filter(kind="survey").values_list("source", flat=True)
    return Case(
        *(When(source__startswith=f"{one}:", then=Value(one)) for one in automatic),
        When(source__startswith="reask:", then=Value("reask")),
        default=F("source"),
        output_field=CharField(),
    )


def _asked_again() -> dict[int, int]:
    """Of each survey, to how many a mail went that asks again after a case; one mailing serves them all."""
    left = Message.objects.filter(mailing__source="reask", key=OuterRef("source"), state=Message.State.SENT)
    rows = Invitation.objects.filter(Exists(left), source__startswith="reask:")
    return dict(rows.values_list("survey").annotate(n=Count("id")).order_by())


def trend(survey: Survey, zone: ZoneInfo) -> list[Month]:
    """One score per calendar month of the shop, from the first answer to the last."""
    answers = Answer.objects.counted().filter(survey=survey)
    ends = answers.aggregate(first=Min("answered_at"), last=Max("answered_at"))
    if not ends["last"]:
        return []
    starts = _months(ends["first"].astimezone(zone), ends["last"].astimezone(zone), zone)
    rows = (
        answers.filter(answered_at__gte=starts[0])
        .annotate(month=month_of(starts))
        .values_list("month", "score")
        .annotate(n=Count("id"))
        .order_by()
    )
    tables: dict[int, dict[int | None, int]] = defaultdict(dict)
    for at, value, n in rows:
        tables[at][value] = n
    return [Month(first, measuring.score(survey, tables[at])) for at, first in enumerate(starts)]


def by_field(survey: Survey, field: str, zone: ZoneInfo) -> list[tuple[str | None, Score]]:
    """The score of each value of a customer's field; (None, …) where nothing is known."""
    if field == "month":
        return [(f"{one.first:%Y-%m}", one.score) for one in trend(survey, zone) if one.score]
    path = COLUMNS.get(field) or (f"customer__{field.replace('.', '__', 1)}" if _is_custom(field) else "")
    if not path:
        known = ", ".join(["segment", "month", *COLUMNS, *ASKED_ABOUT, "custom.<key>"])
        raise Refusal(_("There is no field “%(field)s”. Known: %(known)s") % {"field": field, "known": known})
    rows = (
        Answer.objects.counted()
        .filter(survey=survey)
        .annotate(group_value=F(path))
        .values_list("group_value", "score")
        .annotate(n=Count("id"))
        .order_by()
    )
    tables: dict[str | None, dict[int | None, int]] = defaultdict(dict)
    for group, value, n in rows:
        name = None if group in (None, "") else str(group)
        tables[name][value] = tables[name].get(value, 0) + n
    called = CALLED.get(field, str)
    named = [
        (None if name is None else called(name), measuring.score(survey, table))
        for name, table in tables.items()
    ]
    return sorted(((name, one) for name, one in named if one), key=lambda pair: -pair[1].n)


def of_group(survey: Survey, answers: QuerySet[Answer], group: str) -> QuerySet[Answer]:
    """Only promoters ("good"), passives ("middle") or detractors ("bad"); everybody for anything else."""
    good_from, middle_from = measuring.bounds(survey)
    match group:
        case "good":
            return answers.filter(score__gte=good_from)
        case "middle":
            return answers.filter(score__gte=middle_from, score__lt=good_from)
        case "bad":
            return answers.filter(score__lt=middle_from)
    return answers


def group_names(kind: str) -> dict[str, str]:
    """What the three groups are called, in the language in force."""
    names = {
        "nps": (_("Promoters"), _("Passives"), _("Detractors")),
        "csat": (_("Satisfied"), _("Neither"), _("Dissatisfied")),
        "ces": (_("Found it easy"), _("Neither"), _("Found it hard")),
    }[kind]
    return dict(zip(GROUPS, names, strict=True))


def shares(score: Score | None) -> list[tuple[str, str, int, float]]:
    """Code, name, number and share of the three groups."""
    if score is None:
        return []
    names = group_names(score.kind)
    return [(key, names[key], getattr(score, key), getattr(score, key) / score.n) for key in GROUPS]


def choice_counts(survey: Survey, questions: Sequence[Question], language: str) -> list[dict[str, Any]]:
    """How often each choice and rating was given, per question that can be counted."""
    countable = [one for one in questions if one.kind in COUNTABLE]
    tally: dict[str, dict[Any, int]] = {one.key: defaultdict(int) for one in countable}
    said: dict[str, int] = defaultdict(int)
    stored = (
        Answer.objects.counted().filter(survey=survey).exclude(values={}).values_list("values", flat=True)
    )
    for values in stored.iterator() if countable else ():
        for key, table in tally.items():
            given = values.get(key)
            if given is None:
                continue
            said[key] += 1
            for one in given if isinstance(given, list) else [given]:
                table[one] += 1
    return [
        {
            "label": texts.label(one, language),
            "n": said[one.key],
            "rows": _choice_rows(one, tally[one.key], said[one.key], language),
        }
        for one in countable
    ]


def with_figures(surveys: QuerySet[Survey]) -> list[dict[str, Any]]:
    """Each survey with its score and response rate, in four queries for all of them."""
    tables: dict[int, dict[int | None, int]] = defaultdict(dict)
    for survey_id, value, n in (
        Answer.objects.counted().values_list("survey", "score").annotate(n=Count("id")).order_by()
    ):
        tables[survey_id][value] = n
    asked_rows = asked_by_survey(Invitation.objects.all())
    return [
        {
            "survey": one,
            "score": measuring.score(one, tables[one.pk]),
            "n": sum(tables[one.pk].values()),
            "asked": asked_rows.get(one.pk, Asked(0, 0)),
        }
        for one in surveys
    ]


def _choice_rows(question: Question, table: Mapping[Any, int], n: int, language: str) -> list[dict[str, Any]]:
    if question.kind in Question.SCORES:
        names: list[tuple[Any, str]] = [(number, str(number)) for number in question.scale]
    else:
        names = list(enumerate(texts.choices(question, language), start=1))
    return [
        {"name": name, "n": table.get(key, 0), "share": table.get(key, 0) / n if n else 0.0}
        for key, name in names
    ]


def month_of(starts: Sequence[datetime], path: str = "answered_at") -> Case | Value:
    """In which of the periods that begin at `starts` a moment lies, by number.

    Comparing with the borders is done by the database itself, with the middle one first: of 36 months each
    moment meets six. Cutting each date to its month is not.
    """

    def among(low: int, high: int) -> Case | Value:
        if low == high:
            return Value(low, output_field=IntegerField())
        middle = (low + high + 1) // 2
        earlier = When(**{f"{path}__lt": starts[middle]}, then=among(low, middle - 1))
        return Case(earlier, default=among(middle, high), output_field=IntegerField())

    return among(0, len(starts) - 1)


def recent_months(now: datetime, zone: ZoneInfo, count: int) -> list[datetime]:
    """The first moments of the last `count` calendar months, the running one among them."""
    here = now.astimezone(zone)
    end = here.year * 12 + here.month - 1
    return [datetime(at // 12, at % 12 + 1, 1, tzinfo=zone) for at in range(end - count + 1, end + 1)]


def _months(first: datetime, last: datetime, zone: ZoneInfo) -> list[datetime]:
    """The first moments of the calendar months from `first` to `last`, at most the last MONTHS."""
    begin, end = first.year * 12 + first.month - 1, last.year * 12 + last.month - 1
    begin = max(begin, end - MONTHS + 1)
    return [datetime(at // 12, at % 12 + 1, 1, tzinfo=zone) for at in range(begin, end + 1)]


def _is_custom(field: str) -> bool:
    return field.startswith("custom.") and field[7:].replace("-", "_").isidentifier()
