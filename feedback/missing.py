"""Whose answers and silence the results of a survey leave out, in words."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.templatetags.crm_format import number
from feedback.models import Answer, Survey
from feedback.reports import Asked
from segments.left_out import LeftOut


def of_survey(survey: Survey, counts: Mapping[int | None, int], asked: Asked) -> list[LeftOut]:
    """Those who were asked and are silent, answers without a score, doubtful and anonymous ones."""
    said = Answer.objects.filter(survey=survey).aggregate(
        doubtful=Count("pk", filter=Q(state=Answer.State.DOUBTFUL)),
        begun=Count("pk", filter=Q(state=Answer.State.PROVISIONAL)),
        nobody=Count("pk", filter=Q(state__in=Answer.COUNTED, customer=None)),
    )
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
        (said["doubtful"], _("%(n)s marked as doubtful"), ""),
        (said["begun"], _("%(n)s chosen in the browser and never sent"), ""),
        (
            said["nobody"],
            ngettext("%(n)s answer of somebody unknown: it is in the score, but in no segment",
                     "%(n)s answers of somebody unknown: they are in the score, but in no segment",
                     said["nobody"]),
            "",
        ),
    )  # fmt: skip
    return [LeftOut(words % {"n": number(count)}, url) for count, words, url in found if count > 0]
