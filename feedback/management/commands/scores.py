"""The score of a survey as scripts want it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from crm.commands import Answer as Told
from crm.commands import JsonCommand
from crm.errors import Refusal
from crm.models import Business
from feedback import breakdowns, measuring, reports
from feedback.models import Answer, Survey
from feedback.numerics import scores
from feedback.numerics.scores import Score

NAMES = {
    "nps": ("promoters", "passives", "detractors"),
    "csat": ("satisfied", "neither", "dissatisfied"),
    "ces": ("easy", "neither", "hard"),
}


class Command(JsonCommand):
    help = "Score of a survey with its 95 % interval, also by a field of the customers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("survey", help="short name of the survey")
        parser.add_argument(
            "--by",
            default="",
            help="segment, month, country, rfm.group, product, category, channel, agent, tag, …",
        )

    def answer(self, **options: Any) -> Told:
        survey = Survey.objects.filter(slug=options["survey"]).first()
        if survey is None:
            raise Refusal(_("There is no survey “%(slug)s”.") % {"slug": options["survey"]})
        whole = measuring.score(survey, reports.counts(survey))
        rate = reports.asked(survey).rate
        groups = _groups(survey, options["by"]) if options["by"] else []
        return {
            "kind": survey.kind,
            **_figures(survey.kind, whole),
            "response_rate": None if rate is None else round(rate, 4),
            "groups": [{"name": name, **_figures(survey.kind, one)} for name, one in groups],
        }


def _groups(survey: Survey, by: str) -> list[tuple[str | None, Score]]:
    if by not in {"segment", *reports.ASKED_ABOUT}:
        return reports.by_field(survey, by, Business.current().zone)
    tables = breakdowns.of(survey, Answer.objects.counted(), cached=False)
    found = [(one.name, one.score) for one in breakdowns.groups(survey, tables, by, most=None)]
    if by == "segment":  # People are in several.
        return list(found)
    known = [sum(triple[at] for triple in tables[by].values()) for at in range(3)]
    rest = [n - m for n, m in zip(tables["all"][""], known, strict=True)]
    unknown = scores.of_groups(survey.kind, *rest)
    return [*found, *([(None, unknown)] if unknown else [])]


def _figures(kind: str, one: Score | None) -> dict[str, Any]:
    good, middle, bad = NAMES[kind]
    if one is None:
        return {"n": 0, "score": None, "interval": None, good: 0, middle: 0, bad: 0}
    return {
        "n": one.n,
        "score": round(one.value, 3),
        "interval": [round(one.low, 3), round(one.high, 3)],
        good: one.good,
        middle: one.middle,
        bad: one.bad,
    }
