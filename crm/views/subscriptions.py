"""Subscriptions: what renews when, the card of a customer, and what is done about one."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm import access, audit
from crm import subscriptions as engine
from crm.access import Right
from crm.errors import Refusal
from crm.forms.counter import SubscriptionForm
from crm.models import Subscription
from crm.paging import page_of
from crm.web import HtmxRequest, render_page

SOON = (7, 30)


@require_GET
@access.staff
def subscriptions(request: HtmxRequest) -> HttpResponse:
    mine, today = access.visible(request.user, Subscription.objects.all()), request.business.today()
    shown = request.GET.get("show", "running")
    page = page_of(
        _shown(mine, shown, request).select_related("customer", "product"),
        ("renews_on", "id"),
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    running = mine.filter(state=Subscription.State.ACTIVE)
    context = {
        "section": "customers",
        "page": page,
        "shown": shown,
        "today": today,
        "monthly": engine.monthly(running),
        "count": running.count(),
        "due": [(days, engine.due_within(mine, today, days).count()) for days in SOON],
        "paused": mine.filter(state=Subscription.State.PAUSED).count(),
    }
    return render_page(request, "crm/subscriptions/list.html", context, partial="list")


def _shown(mine: QuerySet[Subscription], shown: str, request: HtmxRequest) -> QuerySet[Subscription]:
    if shown in ("7", "30"):
        return engine.due_within(mine, request.business.today(), int(shown))
    if shown in Subscription.State.values:
        return mine.filter(state=shown)
    return mine if shown == "all" else mine.filter(state=Subscription.State.ACTIVE)


@require_GET
@access.staff
def customer_panel(request: HtmxRequest, public_id: str) -> HttpResponse:
    """The card on the page of one customer."""
    person = access.find_customer(request, public_id)
    context = {"section": "customers", "customer": person, "rows": engine.of(person)[:20]}
    return render_page(request, "crm/subscriptions/panel.html", context, partial="panel")


@require_http_methods(["GET", "POST"])
@access.needs(Right.EDIT)
def subscription_new(request: HtmxRequest, public_id: str) -> HttpResponse:
    person = access.find_customer(request, public_id)
    today = request.business.today()
    begins = {"renews_on": today, "started_on": today}
    form = SubscriptionForm(request.POST or None, today=today, initial=begins)
    if request.method == "POST" and form.is_valid():
        form.instance.customer = person
        one = engine.start(form.save(commit=False), at=timezone.now())
        audit.record(request.user, "created", one, change=audit.change_of(form))
        messages.success(request, _("The subscription runs."))
        return redirect(one)
    return _form(request, form, customer=person)


@require_http_methods(["GET", "POST"])
@access.needs(Right.EDIT)
def subscription_edit(request: HtmxRequest, pk: int) -> HttpResponse:
    one = _find(request, pk)
    form = SubscriptionForm(request.POST or None, instance=one, today=request.business.today())
    if request.method == "POST" and form.is_valid():
        audit.record(request.user, "changed", one, change=audit.change_of(form))
        form.save()
        messages.success(request, _("Saved."))
        return redirect(one)
    return _form(request, form, customer=one.customer, subscription=one)


def _form(request: HtmxRequest, form: SubscriptionForm, **more: Any) -> HttpResponse:
    context = {"section": "customers", "form": form, **more}
    return render_page(request, "crm/subscriptions/form.html", context, status=422 if form.errors else 200)


@require_GET
@access.staff
def subscription(request: HtmxRequest, pk: int) -> HttpResponse:
    one = _find(request, pk)
    audit.viewed(request.user, one.customer)
    context = {
        "section": "customers",
        "one": one,
        "renewals": engine.renewals(one)[:50],
        "today": request.business.today(),
    }
    return render_page(request, "crm/subscriptions/one.html", context)


def _day(text: str) -> date | None:
    try:
        return parse_date(text[:10])
    except ValueError:
        return None


@require_POST
@access.needs(Right.EDIT)
def subscription_renew(request: HtmxRequest, pk: int) -> HttpResponse:
    """Renewed by hand; `due` is the day the reader saw, so a second click renews nothing."""
    one = _find(request, pk)
    due = _day(request.POST.get("due", ""))
    bought = engine.renew(one, due=due, at=timezone.now()) if due else None
    if bought is None:
        messages.error(
            request, _("Somebody was faster, or it does not run any more. Nothing was written down twice.")
        )
    else:
        audit.record(request.user, "changed", one, detail="renewed")
        messages.success(request, _("Renewed. The purchase is written down."))
    return redirect(one)


@require_POST
@access.needs(Right.EDIT)
def subscription_move(request: HtmxRequest, pk: int) -> HttpResponse:
    """Pause, go on or cancel."""
    one, now = _find(request, pk), timezone.now()
    reason = " ".join(request.POST.get("reason", "").split())[:200]
    moves = {
        "pause": lambda: engine.pause(one, at=now, reason=reason),
        "resume": lambda: engine.resume(one, at=now),
        "cancel": lambda: engine.cancel(one, at=now, reason=reason),
    }
    if (move := moves.get(request.POST.get("move", ""))) is None:
        return redirect(one)
    before = one.state
    try:
        move()
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        audit.record(request.user, "changed", one, change=({"state": before}, {"state": one.state}))
        messages.success(request, _("Saved."))
    return redirect(one)


def _find(request: HtmxRequest, pk: int) -> Subscription:
    rows = access.visible(request.user, Subscription.objects.select_related("customer", "product"))
    return get_object_or_404(rows, pk=pk)
