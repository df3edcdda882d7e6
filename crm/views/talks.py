"""Writing down what was said with a customer, and correcting it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm import access, my_day, talks
from crm.access import Right
from crm.forms.talks import TalkForm
from crm.models import Customer
from crm.web import HtmxRequest, render_page


@require_http_methods(["GET", "POST"])
@access.needs(Right.EDIT)
def talk_new(request: HtmxRequest, public_id: str) -> HttpResponse:
    person, now = access.find_customer(request, public_id), timezone.now()
    form = TalkForm(request.POST or None, now=now, initial={"kind": "call", "at": timezone.localtime(now)})
    if request.method == "POST" and form.is_valid():
        talks.note(person, form.talk(), by=request.user, now=now)
        my_day.forget_badge(request.user.pk)
        messages.success(request, _("It is written down."))
        return redirect(person)
    return _page(request, person, form)


@require_http_methods(["GET", "POST"])
@access.needs(Right.EDIT)
def talk_change(request: HtmxRequest, public_id: str, pk: int) -> HttpResponse:
    person, now = access.find_customer(request, public_id), timezone.now()
    entry = talks.find(person, pk, request.user)
    if entry is None or not talks.may_change(entry, request.user, now):
        raise Http404
    initial = {**entry.properties, "kind": entry.kind, "at": timezone.localtime(entry.at)}
    form = TalkForm(request.POST or None, now=now, fresh=False, initial=initial)
    if request.method == "POST" and form.is_valid():
        talks.change(entry, form.talk(), by=request.user, now=now)
        messages.success(request, _("Saved."))
        return redirect(person)
    return _page(request, person, form)


def _page(request: HtmxRequest, person: Customer, form: TalkForm) -> HttpResponse:
    context = {"section": "customers", "customer": person, "form": form}
    return render_page(request, "crm/people/talk.html", context, status=422 if form.errors else 200)
