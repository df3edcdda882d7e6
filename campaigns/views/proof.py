"""What campaigns proved: effects against those held out, what tests taught, and the calendar."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from campaigns import effect, experiments, month
from campaigns.models import Campaign
from crm import access
from crm.charts import Chart, Series
from crm.models import Business
from crm.web import HtmxRequest, render_page

MOST = 24


@require_GET
@access.staff
def proof(request: HtmxRequest) -> HttpResponse:
    """All campaigns with people held out, together; and what tests of one idea found together."""
    together = effect.together(list(effect.with_hold_out()[:MOST]))
    context = {
        "section": "campaigns",
        "together": together,
        "chart": _chart(together) if together else None,
        "quarter": _quarter(request.business),
        "learned": experiments.learned(),
        "has_sent": Campaign.objects.filter(mailing__isnull=False).exists(),
    }
    return render_page(request, "campaigns/proof.html", context)


def _chart(together: effect.Together) -> Chart:
    rows = together.rows
    words = {"n": len(rows)}
    return Chart(
        "interval",
        ngettext(
            "Buyers more per 100 people, of the last campaign with a hold-out",
            "Buyers more per 100 people, of the last %(n)d campaigns with a hold-out",
            len(rows),
        )
        % words,
        [campaign.name for campaign, _effect in rows],
        [
            Series(_("More buyers per 100"), [round(100 * one.lift, 2) for _campaign, one in rows]),
            Series(_("At least"), [round(100 * one.lift_interval[0], 2) for _campaign, one in rows]),
            Series(_("At most"), [round(100 * one.lift_interval[1], 2) for _campaign, one in rows]),
        ],
        first_column=_("Campaign"),
        note=_("The dot is the best guess; in truth it lies somewhere on the line (95%)."),
        options={"zero": 0},
    )


def _quarter(business: Business) -> dict[str, Any]:
    """This quarter's hold-out from all campaigns, if the shop has one."""
    if not business.holdout_percent:
        return {}
    today = business.today()
    start, end = effect.quarter_of(today)
    found = effect.of_quarter(today, business)
    return {"start": start, "end": end, "effect": found}


@require_GET
@access.staff
def calendar(request: HtmxRequest) -> HttpResponse:
    """The campaigns of one month, with holidays."""
    today = request.business.today(timezone.now())
    shown = month.of(month.read(request.GET.get("month", ""), today), request.business, today)
    context = {"section": "campaigns", "month": shown, "this_month": f"{today:%Y-%m}"}
    return render_page(request, "campaigns/calendar.html", context)
