"""The panels of the start page. The page itself is crm's; what it shows is known only up here."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from campaigns.home import attention, figures, loop, running
from crm import access
from crm.models import Interaction
from crm.paging import page_of
from crm.web import HtmxRequest, render_page


@require_GET
@access.staff
def home_figures(request: HtmxRequest) -> HttpResponse:
    now = timezone.now()
    context = {
        "sales": figures.sales(request.business, now),
        "active": figures.active(request.business, now),
        "nps": figures.opinion("nps", now),
        "csat": figures.opinion("csat", now),
        "active_days": figures.ACTIVE_DAYS,
        "active_rule": urlencode(
            {"name": gettext("Active customers"), "rule": json.dumps(figures.ACTIVE_RULE)}
        ),
    }
    return render_page(request, "campaigns/home_figures.html", context, partial="panel")


@require_GET
@access.staff
def home_charts(request: HtmxRequest) -> HttpResponse:
    charts = figures.charts(request.business, timezone.now())
    return render_page(request, "campaigns/home_charts.html", {"charts": charts}, partial="panel")


@require_GET
@access.staff
def home_attention(request: HtmxRequest) -> HttpResponse:
    matters = attention.matters(request.user, request.business, timezone.now())
    return render_page(request, "campaigns/home_attention.html", {"matters": matters}, partial="panel")


@require_GET
@access.staff
def home_running(request: HtmxRequest) -> HttpResponse:
    works = running.works(request.user)
    context = {"works": works, "is_moving": any(work.is_moving for work in works)}
    return render_page(request, "campaigns/home_running.html", context, partial="panel")


@require_GET
@access.staff
def home_loop(request: HtmxRequest) -> HttpResponse:
    context = {"stations": loop.stations(timezone.now())}
    return render_page(request, "campaigns/home_loop.html", context, partial="panel")


@require_GET
@access.staff
def home_unhappy(request: HtmxRequest) -> HttpResponse:
    """Who gave a low score lately and has had no word from us since."""
    unhappy = access.customers(request.user).filter(pk__in=attention.unhappy(timezone.now()).values("pk"))
    page = page_of(
        unhappy, ("-id",), after=request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    since = timezone.now() - attention.LOOK_BACK
    said: dict[int, Interaction] = {
        one.customer_id: one
        for one in Interaction.objects.filter(
            customer__in=[row.pk for row in page.rows], kind="answer", at__gte=since
        ).order_by("at")
        if one.customer_id
    }
    rows = [(customer, said.get(customer.pk)) for customer in page.rows]
    context = {"section": "feedback", "page": page, "rows": rows}
    return render_page(request, "campaigns/home_unhappy.html", context)
