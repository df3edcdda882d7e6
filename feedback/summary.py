"""What the page of a survey says first: counted once, and again when an answer came or was corrected."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from feedback import breakdowns, freshness, moving, reports
from feedback.breakdowns import Tables
from feedback.models import Answer, Survey
from feedback.moving import Window
from feedback.reports import Month


@dataclass(frozen=True, slots=True)
class Summary:
    """Of all counted answers. The trend is by `months`, or by `windows` where a width was chosen."""

    counts: dict[int | None, int]
    tables: Tables
    months: list[Month]
    windows: list[Window]


def of(survey: Survey, width: int, zone: ZoneInfo) -> Summary:
    """`width` of the moving window in days; 0 for calendar months of the shop."""
    counted = Answer.objects.counted().filter(survey=survey)
    scale = f"{survey.pk}:{survey.kind}:{survey.points}"
    return Summary(
        freshness.kept(f"counts:{scale}", counted, lambda: reports.counts(survey)),
        breakdowns.of(survey, counted, cached=True),
        []
        if width
        else freshness.kept(f"months:{scale}:{zone}", counted, lambda: reports.trend(survey, zone)),
        freshness.kept(f"windows:{scale}:{zone}:{width}", counted, lambda: moving.of(survey, width, zone))
        if width
        else [],
    )
