"""Scores as charts whose title says the finding, and as sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm import languages
from crm.charts import Chart, Series
from crm.templatetags.crm_format import percent
from feedback import moving, sheet
from feedback.models import Survey
from feedback.numerics import scores
from feedback.numerics.scores import Score
from feedback.reports import Month


def between(one: Score) -> str:
    """The interval in everyday words."""
    low, high = round(one.low), round(one.high)
    if one.kind == "nps":
        return _("Between %(low)s and %(high)s, probably") % {"low": _signed(low), "high": _signed(high)}
    return _("Between %(low)s and %(high)s, probably") % {"low": _percent(low), "high": _percent(high)}


def range_of(one: Score) -> str:
    """The interval in figures only."""
    low, high = round(one.low), round(one.high)
    return f"{_signed(low)} … {_signed(high)}" if one.kind == "nps" else f"{low} … {_percent(high)}"


def figure(one: Score) -> str:
    """The score as it is written: +31 for an NPS, 84% for the others."""
    return _signed(round(one.value)) if one.kind == "nps" else _percent(one.value)


def distribution(survey: Survey, counts: Mapping[int | None, int]) -> Chart | None:
    """How often each score was given."""
    n = sum(count for value, count in counts.items() if value is not None)
    if not n:
        return None
    values = [counts.get(value, 0) for value in survey.scale]
    most = max(survey.scale, key=lambda value: counts.get(value, 0))
    share = _percent(100 * counts.get(most, 0) / n)
    words = sheet.scale_names(survey.points) if survey.kind == Survey.Kind.CSAT else []
    named = {str(at): word for at, word in enumerate(words, start=1) if word != str(at)}
    labels = [f"{value} {named.get(str(value), '')}".strip() for value in survey.scale]
    title = _("%(score)s is the most frequent answer (%(share)s)") % {"score": most, "share": share}
    return Chart(
        "bar", title, labels, [Series(_("Answers"), values)], unit=_("answers"), first_column=_("Score")
    )


def trend(kind: str, months: Sequence[Month]) -> Chart | None:
    """The score of each month with both ends of its interval; months with too few answers stay empty."""
    shown = [(one.first, one.score if one.score and one.score.is_enough else None) for one in months]
    known = [one for _first, one in shown if one]
    if len(known) < 2:
        return None
    return Chart(
        "line",
        _trend_title(known),
        [date_format(first, "YEAR_MONTH_FORMAT") for first, _one in shown],
        _with_ends([one for _first, one in shown]),
        unit=_("NPS, −100 to 100") if kind == "nps" else _("percent"),
        note=_("Months with fewer than %(least)s answers are left out.") % {"least": scores.MINIMUM},
        first_column=_("Month"),
        options={"scale": True},
    )


def moving_trend(kind: str, windows: Sequence[moving.Window], width: int) -> Chart | None:
    """The score of the last so many days at each point, with both ends of its interval."""
    shown = [(one.until, one.score if one.score and one.score.is_enough else None) for one in windows]
    if sum(one is not None for _day, one in shown) < 2:
        return None
    before = moving.before_last(windows, width)
    return Chart(
        "line",
        _moving_title(shown[-1][1], before if before and before.is_enough else None, width),
        [date_format(day, "SHORT_DATE_FORMAT") for day, _one in shown],
        _with_ends([one for _day, one in shown]),
        unit=_("NPS, −100 to 100") if kind == "nps" else _("percent"),
        note=_("Each point counts the answers of %(days)s, so neighbours share most of them.")
        % {"days": languages.days(width)},
        first_column=_("Until"),
        options={"scale": True},
    )


def _with_ends(shown: Sequence[Score | None]) -> list[Series]:
    return [
        Series(_("Score"), [_round(one.value) if one else None for one in shown]),
        Series(_("Probably at least"), [_round(one.low) if one else None for one in shown]),
        Series(_("Probably at most"), [_round(one.high) if one else None for one in shown]),
    ]


def _moving_title(last: Score | None, before: Score | None, width: int) -> str:
    """The newest window against the last one that shares no answer with it."""
    if last is None or before is None:
        return _("The score of the last %(days)s at each point") % {"days": languages.days(width)}
    change = scores.difference(last, before)
    points = abs(round(change.value))
    if change.p_value >= 0.05:
        text = _("No clear change against the %(days)s before")
    elif change.value > 0:
        text = ngettext(
            "Up by %(points)s point against the %(days)s before",
            "Up by %(points)s points against the %(days)s before",
            points,
        )
    else:
        text = ngettext(
            "Down by %(points)s point against the %(days)s before",
            "Down by %(points)s points against the %(days)s before",
            points,
        )
    return text % {"points": points, "days": languages.days(width)}


def _trend_title(scored: Sequence[Score]) -> str:
    """The earlier half of the months against the later half: a single thin month decides nothing."""
    middle = len(scored) // 2
    earlier, later = scores.together(scored[:middle]), scores.together(scored[middle:])
    assert earlier
    assert later
    change = scores.difference(later, earlier)
    if change.p_value >= 0.05:
        return _("No clear change between the earlier and the later months")
    points = abs(round(change.value))
    if change.value > 0:
        text = ngettext(
            "Up by %(points)s point from the earlier to the later months",
            "Up by %(points)s points from the earlier to the later months",
            points,
        )
    else:
        text = ngettext(
            "Down by %(points)s point from the earlier to the later months",
            "Down by %(points)s points from the earlier to the later months",
            points,
        )
    return text % {"points": points}


def _round(value: float) -> float:
    return round(value, 1)


def _percent(points: float) -> str:
    return percent(points / 100)


def _signed(value: int) -> str:
    return f"+{value}" if value > 0 else str(value).replace("-", "−")
