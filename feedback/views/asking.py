"""Asking by itself: the list of automatic questions, one of them, and why somebody was not asked."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm import access, audit
from crm.access import Right
from crm.errors import Refusal
from crm.models import Message
from crm.web import HtmxRequest, render_page
from feedback.asking import reasons, running, why
from feedback.forms.asking import AskingForm, AskingTexts
from feedback.models import Answer, Asking, Invitation, NotAsked


@require_GET
@access.staff
def askings(request: HttpRequest) -> HttpResponse:
    rows = [{"asking": one, **_figures(one)} for one in Asking.objects.select_related("survey", "product")]
    return render_page(request, "feedback/askings.html", {"section": "feedback", "rows": rows})


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def asking_new(request: HttpRequest) -> HttpResponse:
    given = {"survey": request.GET.get("survey", "")} if request.GET.get("survey", "").isdecimal() else {}
    form = AskingForm(request.POST or None, initial=given)
    if request.method == "POST" and form.is_valid():
        made = form.save()
        messages.success(request, _("Saved. Look at the mail, then switch it on."))
        return redirect("feedback:asking", made.pk)
    context = {"section": "feedback", "form": form, "asking": None}
    return render_page(request, "feedback/asking.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def asking(request: HttpRequest, pk: int) -> HttpResponse:
    one = get_object_or_404(Asking.objects.select_related("survey", "product"), pk=pk)
    shop = cast("HtmxRequest", request).business.name
    of_mail = request.method == "POST" and "mail" in request.POST
    form = AskingForm(request.POST if request.method == "POST" and not of_mail else None, instance=one)
    words = AskingTexts(request.POST if of_mail else None, asking=one, shop=shop)
    sent = words if of_mail else form
    if request.method == "POST" and sent.is_valid():
        sent.save()
        messages.success(request, _("Saved."))
        return redirect("feedback:asking", pk)
    context = {
        "section": "feedback",
        "asking": one,
        "form": form,
        "words": words,
        **_figures(one),
        "left_out": [(reasons.LABELS.get(code, code), n) for code, n in _left_out(one)],
    }
    return render_page(request, "feedback/asking.html", context, status=422 if sent.errors else 200)


@require_POST
@access.needs(Right.MARKET)
def asking_switch(request: HttpRequest, pk: int) -> HttpResponse:
    one = get_object_or_404(Asking.objects.select_related("survey"), pk=pk)
    try:
        if request.POST.get("to") == Asking.State.ON:
            running.switch_on(one, at=timezone.now())
            messages.success(request, _("Switched on. Whatever happens from now on is asked about."))
        else:
            running.switch_off(one)
            messages.success(request, _("Switched off. Mails that were waiting are not sent."))
        audit.record(request.user, "sent", one, detail=request.POST.get("to", "off")[:3])
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("feedback:asking", pk)


@require_GET
@access.staff
def asking_why(request: HttpRequest) -> HttpResponse:
    """Why was this person asked, or not?"""
    words = request.GET.get("q", "").strip()
    seen = access.customers(request.user)
    customer = seen.filter(public_id=request.GET.get("customer", "")).first()
    found = list(seen.search(words).order_by("last_name", "first_name", "id")[:10]) if words else []
    context = {
        "section": "feedback",
        "q": words,
        "found": found,
        "customer": customer,
        "whys": why.of(customer, now=timezone.now()) if customer else [],
        "last": why.last_asked(customer) if customer else None,
    }
    return render_page(request, "feedback/asking_why.html", context)


def _figures(one: Asking) -> dict[str, int]:
    """How many were asked and answered, and how many were left in peace."""
    ours = Invitation.objects.filter(survey=one.survey_id, source__startswith=f"{one.source}:")
    sent = Message.objects.filter(mailing__source=one.source, state=Message.State.SENT)
    return {
        "planned": ours.count(),
        "sent": sent.exclude(key__endswith=":again").count(),
        "answered": Answer.objects.counted().filter(invitation__in=ours).count(),
        "in_peace": NotAsked.objects.filter(asking=one).count(),
    }


def _left_out(one: Asking) -> list[tuple[str, int]]:
    rows = NotAsked.objects.filter(asking=one).order_by().values_list("reason").annotate(n=Count("id"))
    return sorted(rows, key=lambda row: -row[1])
