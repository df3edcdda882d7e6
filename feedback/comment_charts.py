"""Topics as charts whose title says the finding."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crm.charts import Chart, Series
from crm.templatetags.crm_format import percent
from feedback.models import Theme
from feedback.numerics import scores
from feedback.numerics.scores import Difference
from feedback.voices import Voice

LEAST = 20  # Comments of a month below which its share is not drawn.


def topics(voices: Sequence[Voice]) -> Chart | None:
    """How often each topic is spoken of, and in which mood."""
    if not voices:
        return None
    worst = max(voices, key=lambda one: one.moods["bad"])
    if worst.moods["bad"] >= scores.MINIMUM:
        title = _("Most complaints are about “%(topic)s”: %(n)s") % {
            "topic": worst.theme,
            "n": worst.moods["bad"],
        }
    else:
        title = _("Most comments are about “%(topic)s”") % {"topic": voices[0].theme}
    return Chart(
        "stacked",
        title,
        [str(one.theme) for one in voices],
        [
            Series(_("Complaint"), [one.moods["bad"] for one in voices]),
            Series(_("Mixed"), [one.moods["mixed"] for one in voices]),
            Series(_("Praise"), [one.moods["good"] for one in voices]),
        ],
        unit=_("comments"),
        note=_("A comment can speak of several topics."),
        first_column=_("Topic"),
    )


def trend(theme: Theme, starts: Sequence[datetime], months: Sequence[tuple[int, int]]) -> Chart | None:
    """The share of comments with a topic, month by month, with both ends of the interval."""
    known = [at for at, (_n, of) in enumerate(months) if of >= LEAST]
    if len(known) < 2:
        return None
    first, last = known[0], known[-1]
    shown = [_share(*one) if one[1] >= LEAST else None for one in months]
    return Chart(
        "line",
        _moved(theme, months[first], months[last]),
        [date_format(one, "YEAR_MONTH_FORMAT") for one in starts],
        [
            Series(_("Share of comments"), [one[0] if one else None for one in shown]),
            Series(_("Probably at least"), [one[1] if one else None for one in shown]),
            Series(_("Probably at most"), [one[2] if one else None for one in shown]),
        ],
        unit=_("percent"),
        note=_("Months with fewer than %(least)s comments are left out.") % {"least": LEAST},
        first_column=_("Month"),
        options={"scale": True},
    )


def points(difference: Difference) -> str:
    """A difference of scores as it is written: +4 (1 … 7)."""
    return f"{_signed(difference.value)} ({_signed(difference.low)} … {_signed(difference.high)})"


def _moved(theme: Theme, first: tuple[int, int], last: tuple[int, int]) -> str:
    (n, of), (m, among) = first, last
    before, after = 100 * n / of, 100 * m / among
    pooled = (n + m) / (of + among)
    error = 100 * (pooled * (1 - pooled) * (1 / of + 1 / among)) ** 0.5
    said = {"topic": theme, "before": percent(before / 100), "after": percent(after / 100)}
    if error == 0 or abs(after - before) < scores.Z95 * error:
        return _("“%(topic)s” is spoken of about as often as in the first month") % said
    if after > before:
        return _("“%(topic)s” is spoken of more: %(before)s in the first month, %(after)s in the last") % said
    return _("“%(topic)s” is spoken of less: %(before)s in the first month, %(after)s in the last") % said


def _share(n: int, of: int) -> tuple[float, float, float]:
    low, high = scores.wilson(n, of)
    return round(100 * n / of, 1), round(low, 1), round(high, 1)


def _signed(value: float) -> str:
    whole = round(value)
    return f"+{whole}" if whole > 0 else str(whole).replace("-", "−")
