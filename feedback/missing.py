"""Whose answers and silence the results of a survey leave out, in words."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.templatetags.crm_format import number
from feedback.models import Answer, Survey
from feedback.reports import Asked
from segments.left_out import LeftOut


def of_survey(survey: Survey, counts: Mapping[int | None, int], asked: Asked) -> list[LeftOut]:
    """Those who were asked and are silent, answers without a score, doubtful and anonymous ones."""
    answers = Answer.objects.filter(survey=survey).order_by()
    apart = answers.filter(state__in=[Answer.State.DOUBTFUL, Answer.State.PROVISIONAL])
    states = dict(apart.values_list("state").annotate(n=Count("pk")))
    nobody = answers.counted().filter(customer=None).count()
    every = reverse("feedback:answers", args=[survey.slug])
    found = (
        (
            asked.sent - asked.answered,
            ngettext("%(n)s person who was asked and has not answered",
                     "%(n)s people who were asked and have not answered", asked.sent - asked.answered),
            "",
        ),
        (
            counts.get(None, 0),
            ngettext("%(n)s answer without a score: it counts for the other questions only",
                     "%(n)s answers without a score: they count for the other questions only",
                     counts.get(None, 0)),
            every,
        ),
        (states.get(Answer.State.DOUBTFUL, 0), _("%(n)s marked as doubtful"), ""),
        (states.get(Answer.State.PROVISIONAL, 0), _("%(n)s chosen in the browser and never sent"), ""),
        (
            nobody,
            ngettext("%(n)s answer of somebody unknown: it is in the score, but in no segment",
                     "%(n)s answers of somebody unknown: they are in the score, but in no segment",
                     nobody),
            "",
        ),
    )  # fmt: skip
    return [LeftOut(words % {"n": number(count)}, url) for count, words, url in found if count > 0]
