"""The charts of a clustering."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.charts import Chart, Series
from crm.templatetags.crm_format import number, percent

FEWEST_CORNERS = 3
MOST_LINES = 8  # As many as there are colours to tell lines and dots apart.
UNUSUAL = -1  # The number of those in no cluster.


def charts(result: dict[str, Any], names: Sequence[str], labels: Sequence[str]) -> list[Chart]:
    """`names` of the clusters, `labels` of the columns, as the reader calls them."""
    found = [_shares(result, names), *_profiles(result, names, labels), _map(result, names, labels)]
    return [one for one in [*found, *_evidence(result), *_curve(result)] if one]


def _evidence(result: dict[str, Any]) -> list[Chart]:
    rows = result["evidence"]
    if len(rows) < 2:
        return []
    labels = [str(row["k"]) for row in rows]
    best = _("They stand apart best with %(k)d clusters") % {"k": result["by_silhouette"]}
    note = _(
        "Silhouette, from −1 to 1: how much closer people are to their own cluster than to the next one."
        " Measured on %(sample)s of %(all)s customers."
    ) % {"sample": number(result["silhouette_sample"]), "all": number(result["customers"])}
    bend = _("More than %(k)d clusters gain little") % {"k": result["by_elbow"]}
    return [
        Chart(
            "line",
            best,
            labels,
            [Series(_("Silhouette"), [round(row["silhouette"], 4) for row in rows])],
            note=note,
            first_column=_("Clusters"),
            options={"scale": True},
        ),
        Chart(
            "line",
            bend,
            labels,
            [Series(_("Inertia"), [round(row["inertia"], 2) for row in rows])],
            note=_("Inertia: how far people are from the middle of their cluster, squared and summed."),
            first_column=_("Clusters"),
        ),
    ]


def _curve(result: dict[str, Any]) -> list[Chart]:
    """How DBSCAN's distance was chosen."""
    curve = result.get("curve") or []
    if not curve:
        return []
    steps = [str(round(100 * place / max(len(curve) - 1, 1))) for place in range(len(curve))]
    title = _("The distance bends near %(eps)s") % {"eps": number(result["settings"]["eps"], 2)}
    return [
        Chart(
            "line",
            title,
            steps,
            [Series(_("Distance to a far neighbour"), [round(one, 4) for one in curve])],
            note=_("Customers in order of how lonely they are; beyond the bend they count as unusual."),
            first_column=_("Percent of customers"),
        )
    ]


def _shares(result: dict[str, Any], names: Sequence[str]) -> Chart:
    people, money = result["customers"], sum(one["revenue"] for one in result["clusters"])
    sizes = [round(100 * one["size"] / people, 1) for one in result["clusters"]]
    revenue = [round(100 * one["revenue"] / money, 1) if money > 0 else 0 for one in result["clusters"]]
    richest = max(range(len(names)), key=lambda place: revenue[place], default=0)
    title = _("“%(name)s” brings %(share)s of the revenue") % {
        "name": names[richest],
        "share": percent(result["clusters"][richest]["revenue"] / money if money > 0 else 0),
    }
    if money <= 0:
        title = _("“%(name)s” is the largest cluster") % {"name": names[0]}
    return Chart(
        "ranking",  # Names are long, and each must be read.
        title,
        names,
        [
            Series(_("Share of customers"), sizes),
            *([Series(_("Share of revenue"), revenue)] if money > 0 else []),
        ],
        unit="%",
        first_column=_("Cluster"),
    )


def _map(result: dict[str, Any], names: Sequence[str], labels: Sequence[str]) -> Chart:
    drawn = result["map"]
    numbered = list(enumerate(names))[:MOST_LINES]
    numbered += [(MOST_LINES, _("Smaller clusters"))] if len(names) > MOST_LINES else []
    numbered += [(UNUSUAL, _("Unusual customers"))] if result.get("noise") else []
    points: dict[int, list[Any]] = {place: [] for place, _name in numbered}
    for point, own in zip(drawn["points"], drawn["clusters"], strict=True):
        points.setdefault(min(own, MOST_LINES), []).append(point)
    series = [Series(name, points[place]) for place, name in numbered]
    counts = {"shown": number(len(drawn["points"])), "of": number(drawn["of"])}
    if drawn["flat"]:
        axes = [labels[0], labels[1] if len(labels) > 1 else ""]
        text = ngettext("%(shown)s of %(of)s customer.", "%(shown)s of %(of)s customers.", drawn["of"])
        note = text % counts
    else:
        axes = [_("first direction"), _("second direction")]
        note = _(
            "Each dot is a customer (%(shown)s of %(of)s), near to those who are alike."
            " The map holds %(share)s of their differences."
        ) % {**counts, "share": percent(drawn["share"])}
    title = _("A map of your customers in %(k)d clusters") % {"k": result["k"]}
    return Chart("scatter", title, axes, series, note=note)


def _profiles(result: dict[str, Any], names: Sequence[str], labels: Sequence[str]) -> list[Chart]:
    """The same figures as a snake and, from three corners on, as a radar."""
    columns = list(result["average"])
    series = [
        Series(name, [round(one["lean"][column], 2) for column in columns])
        for name, one in list(zip(names, result["clusters"], strict=True))[:MOST_LINES]
    ]
    if len(columns) < 2:
        return []
    unit, note = (
        _("standard deviations"),
        _("0 is the average of all; to the right is more, to the left is less."),
    )
    if len(names) > MOST_LINES:
        text = _("Shown are the %(shown)d largest of %(all)d clusters; the table above has all.")
        note = f"{note} {text % {'shown': MOST_LINES, 'all': len(names)}}"
    found = [
        Chart(
            "profile",
            _("Where the clusters part from the average"),
            labels,
            series,
            unit,
            note,
            _("Feature"),
            {"zero": 0},
        )
    ]
    if len(columns) >= FEWEST_CORNERS:
        reach = max(1.0, *(abs(value) for one in series for value in one.values))
        found.append(
            Chart(
                "radar",
                _("How each cluster differs from the average"),
                labels,
                series,
                unit=unit,
                note=_("The middle of the picture is far below the average, its edge far above."),
                options={"min": -round(reach, 1), "max": round(reach, 1)},
            )
        )
    return found
