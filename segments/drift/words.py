"""What an alarm says: what moved, by how much, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.charts import Chart, Series
from crm.templatetags.crm_format import number
from segments.drift.watching import FEATURES
from segments.models import CustomerFeatures, DriftAlarm, DriftReference, Segment
from segments.numerics import drift

BANDS: dict[str, str | Promise] = {
    drift.STEADY: gettext_lazy("steady"),
    drift.MOVED: gettext_lazy("moved a little"),
    drift.CHANGED: gettext_lazy("changed"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """An alarm in words; `url` leads to where it can be looked into."""

    alarm: DriftAlarm
    title: str
    text: str
    advice: str
    url: str
    chart: Chart | None


@dataclass(frozen=True, slots=True)
class Watched:
    """A figure of customers that is watched; `psi` is None before the second refresh."""

    label: str
    since: date
    psi: float | None
    band: str | Promise


def tell(alarms: Sequence[DriftAlarm]) -> list[Told]:
    slugs = [one.name for one in alarms if one.kind == DriftAlarm.Kind.SEGMENT]
    segments = {one.slug: one for one in Segment.objects.filter(slug__in=slugs)}
    return [_told(one, segments) for one in alarms]


def watched() -> list[Watched]:
    """All figures beside their reference, the most moved first."""
    found = []
    known = {one.name: one for one in DriftReference.objects.filter(name__startswith="feature:")}
    for name in FEATURES:
        if reference := known.get(f"feature:{name}"):
            value = reference.data.get("psi")
            words = BANDS[drift.band(value)] if value is not None else _("first looked at")
            found.append(Watched(label_of(name), reference.as_of, value, words))
    return sorted(found, key=lambda one: -(one.psi or 0))


def label_of(feature: str) -> str:
    field = CustomerFeatures._meta.get_field(feature)
    assert isinstance(field, models.Field)
    return str(field.verbose_name)


def _told(alarm: DriftAlarm, segments: Mapping[str, Segment]) -> Told:
    if alarm.kind == DriftAlarm.Kind.FEATURE:
        return _of_feature(alarm)
    if alarm.kind == DriftAlarm.Kind.SEGMENT:
        return _of_segment(alarm, segments.get(alarm.name))
    return _of_model(alarm)


def _of_feature(alarm: DriftAlarm) -> Told:
    details = alarm.details
    words = {
        "figure": label_of(alarm.name),
        "day": date_format(date.fromisoformat(details["since"]), "DATE_FORMAT"),
        "before": _plain(details["median_before"]),
        "now": _plain(details["median_now"]),
    }
    return Told(
        alarm,
        _("“%(figure)s” looks different from %(day)s") % words,
        _("Half of your buyers had at most %(before)s then, and have at most %(now)s now.") % words,
        _(
            "Did an import bring other customers, did prices or the season change, or is something missing in"
            " the data? If it is as it should be, take it for the new normal."
        ),
        reverse("crm:quality"),
        _chart(details, words["figure"]),
    )


def _of_segment(alarm: DriftAlarm, segment: Segment | None) -> Told:
    change = alarm.details["change"]
    name = segment.name if segment else alarm.name
    words = {"name": name, "n": number(abs(change)), "usual": number(alarm.details["usual"])}
    title = (
        ngettext(
            "“%(name)s” grew by %(n)s person in a week",
            "“%(name)s” grew by %(n)s people in a week",
            abs(change),
        )
        if change > 0
        else ngettext(
            "“%(name)s” lost %(n)s person in a week", "“%(name)s” lost %(n)s people in a week", abs(change)
        )
    )
    return Told(
        alarm,
        title % words,
        _("The usual change of a week is %(usual)s.") % words,
        _(
            "Was its rule changed, did an import come, or did something happen in the shop? Look who came"
            " and went."
        ),
        reverse("segments:came_and_left", args=[segment.slug]) if segment else reverse("segments:segments"),
        None,
    )


def _of_model(alarm: DriftAlarm) -> Told:
    ratio, before = alarm.details["ratio"], alarm.details["before"]
    words = {"now": number(100 * ratio), "before": number(100 * before)}
    return Told(
        alarm,
        _("The risk of losing customers fits differently than before")
        if alarm.name == "lapse"
        else _("The forecast of customer value fits differently than before"),
        _("For each 100 cases that came, it had expected %(now)s; when last looked at, %(before)s.") % words,
        _(
            "A season or a change of the shop can do that. Until it fits again, take values as an order,"
            " not as money."
        ),
        reverse(f"segments:{alarm.name}"),
        None,
    )


def _plain(value: float | None) -> str:
    return _("nothing known") if value is None else number(value, 0 if abs(value) >= 10 else 2)


def _chart(details: Mapping[str, Any], figure: str) -> Chart:
    """Shares of buyers by size of the figure, then and now."""
    inner = details["edges"]
    labels = [_("up to %(edge)s") % {"edge": _plain(edge)} for edge in inner]
    labels += [_("more than %(edge)s") % {"edge": _plain(inner[-1])}] if inner else [_("known")]
    labels.append(_("unknown"))

    def shares(counts: Sequence[int]) -> list[float]:
        return [round(100 * one / max(sum(counts), 1), 1) for one in counts]

    series = [Series(_("Then"), shares(details["before"])), Series(_("Now"), shares(details["now"]))]
    title = _("How “%(figure)s” was spread, and is") % {"figure": figure}
    return Chart("bar", title, labels, series, unit=_("% of buyers"), first_column=figure)
