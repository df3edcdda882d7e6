"""The RFM page: who your buyers are now, and how they moved between two days."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from crm import access, languages
from crm.web import HtmxRequest, render_page
from segments import left_out, refresh, scoring, since_refresh
from segments.lifecycle.journey import Period
from segments.people import period_of
from segments.rfm import grid, moves, notes, words
from segments.rfm import names as rfm_names

PERIODS = (30, 90, 365)


@require_GET
@access.staff
def rfm(request: HtmxRequest) -> HttpResponse:
    by_revenue = request.GET.get("by") == "revenue"
    cuts, names, status = scoring.live_cuts(), rfm_names.in_use(), refresh.status()
    choice = rfm_names.choice()
    context = {
        "section": "segments",
        "tab": "rfm",
        "names": names,
        "choice": choice,
        "is_waiting": rfm_names.of_choice(choice).as_json() != names.as_json(),
        "title_of_map": rfm_names.TITLES[names.map.name],
        "grid": grid.build(names, by_revenue=by_revenue),
        "by_revenue": by_revenue,
        "few": grid.FEW_BUYERS,
        "measures": measures(cuts, request.business.currency) if cuts else [],
        "middles": grid.explain_middle(cuts, names, money(request.business.currency)) if cuts else [],
        "notes": notes.of_shop(cuts, status.day, request.business),
        "left_out": left_out.of_buyers(),
        "status": status,
    }
    return render_page(request, "segments/rfm.html", context)


@require_GET
@access.staff
def rfm_moves_page(request: HtmxRequest) -> HttpResponse:
    """The matrix and the picture of who was in which group on one day, and in which on another."""
    today, choice = request.business.today(), rfm_names.choice()
    asked = request.GET.get("first", ""), request.GET.get("last", "")
    since = choice.compared_from
    period = period_of(*asked)
    is_unclear = any(asked) and period is None
    period = period or Period(max(since or today, today - timedelta(days=PERIODS[1])), today)
    is_early = since is not None and period.first < since
    names = rfm_names.in_use()
    found = _matrix(period) if since and since < today else None
    context: dict[str, Any] = {
        "section": "segments",
        "tab": "rfm",
        "status": refresh.status(),
        "since": since,
        "period": period,
        "presets": [
            (days, Period(_ago(today, days), today)) for days in PERIODS if _fits(since, today, days)
        ],
        "is_unclear": is_unclear,
        "is_early": is_early,
        "choice": choice,
        "matrix": found,
    }
    if found:
        context |= words.of_matrix(found, names)
    return render_page(request, "segments/rfm_moves.html", context)


def _matrix(period: Period) -> moves.Matrix:
    name = f"moves.{period.first}.{period.last}"
    return since_refresh.figures(name, lambda: moves.matrix(period.first, period.last))


def measures(cuts: Any, currency: str) -> list[tuple[str, list[tuple[int, str]]]]:
    """The cut points in words, in the shop's currency."""
    write = money(currency)
    return grid.explain(cuts, [write(cut) for cut in cuts.monetary])


def money(currency: str) -> Any:
    """Writes amounts as the reader does."""
    return lambda amount: languages.money(Decimal(str(amount)), currency)


def _fits(since: date | None, today: date, days: int) -> bool:
    return since is not None and since <= _ago(today, days)


def _ago(today: date, days: int) -> date:
    return today - timedelta(days=days)
