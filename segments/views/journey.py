"""The journey map: where customers stand, how they moved, and what led them on."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET

from crm import access, analysis_day
from crm.charts import Chart, Series
from crm.ledger import STAGES
from crm.models import Business
from crm.templatetags.crm_format import number, percent
from crm.web import HtmxRequest, render_page
from segments import refresh, since_refresh
from segments.lifecycle import journey, stages
from segments.people import period_of

PERIODS = (30, 90, 365)


@require_GET
@access.staff
def journey_map(request: HtmxRequest) -> HttpResponse:
    stands = analysis_day.standing(request.business)
    asked = request.GET.get("first", ""), request.GET.get("last", "")
    period = period_of(*asked)
    is_unclear = any(asked) and period is None
    period = period or _lately(stands.day, PERIODS[1])
    name = f"journey.{period.first}.{period.last}.{request.business.time_zone}"
    found, moves, counts = since_refresh.figures(name, lambda: _counted(period, request.business))
    context = {
        "section": "segments",
        "tab": "journey",
        "stands": stands,
        "status": refresh.status(),
        "period": period,
        "is_unclear": is_unclear,
        "presets": [(days, _lately(stands.day, days)) for days in PERIODS],
        "stages": [(code, label, counts[code]) for code, label in STAGES.items()],
        "moves": [(one, STAGES.get(one.before, ""), STAGES.get(one.after, "")) for one in moves],
        "points": [(code, journey.POINTS[code], n) for code, n in found.points.items() if n],
        "steps": [
            (one, journey.POINTS[one.start], journey.POINTS[one.goal]) for one in found.steps if one.reached
        ],
        "map": found,
        "charts": [*_moved(moves), *_led_on(found.steps)],
    }
    return render_page(request, "segments/journey.html", context)


def _counted(
    period: journey.Period, business: Business
) -> tuple[journey.Map, list[journey.Move], dict[str, int]]:
    return journey.build(period, business), journey.moves(period, business), stages.counts()


def _lately(day: date, count: int) -> journey.Period:
    return journey.Period(day - timedelta(days=count - 1), day)


def _moved(moves: list[journey.Move]) -> list[Chart]:
    """Stages before on the left, stages after on the right."""
    if not moves:
        return []
    total = sum(one.n for one in moves)
    title = ngettext("%(n)s change of stage", "%(n)s changes of stage", total) % {"n": number(total)}
    order = list(STAGES)
    nodes = list(
        dict.fromkeys(
            [f"< {STAGES[one.before]}" for one in moves] + [f"> {STAGES[one.after]}" for one in moves]
        )
    )
    places = {str(label): order.index(code) for code, label in STAGES.items()}
    options: dict[str, Any] = {
        "nodes": nodes,
        "colors": [places[name[2:]] for name in nodes],
        "links": [[f"< {STAGES[one.before]}", f"> {STAGES[one.after]}", one.n] for one in moves],
    }
    labels = [f"{STAGES[one.before]} → {STAGES[one.after]}" for one in moves]
    series = [Series(_("Customers"), [one.n for one in moves])]
    note = _("Left: the stage before. Right: the stage after.")
    return [
        Chart(
            "sankey",
            title,
            labels,
            series,
            note=note,
            first_column=pgettext("of a stage", "Change"),
            options=options,
        )
    ]


def _led_on(steps: list[journey.Step]) -> list[Chart]:
    known = [one for one in steps if one.reached]
    if not known:
        return []
    best = max(known, key=lambda one: one.share or 0)
    title = _("%(share)s went on from “%(start)s” to “%(goal)s”, the best step") % {
        "share": percent(best.share or 0),
        "start": journey.POINTS[best.start],
        "goal": journey.POINTS[best.goal],
    }
    if not best.share:
        title = _("Nobody went on from one touch point to the next")
    labels = [f"{journey.POINTS[one.start]}\n→ {journey.POINTS[one.goal]}" for one in known]
    series = [Series(_("Went on"), [round(100 * (one.share or 0), 1) for one in known])]
    return [Chart("ranking", title, labels, series, unit="%", first_column=_("Step"))]
