"""What staff do on the page of a customer: note, tag, consent. Each answers with the page again."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm import access, audit, consent, ledger, tagging
from crm.access import Right
from crm.forms.customers import ConsentForm, NoteForm, TagForm, UnblockForm
from crm.models import Customer, Interaction
from crm.views.customers import page_context
from crm.web import HtmxRequest, render_page


@require_POST
@access.needs(Right.EDIT)
def note(request: HtmxRequest, public_id: str) -> HttpResponse:
    person = access.find_customer(request, public_id)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _again(request, person, note_form=form)
    text = form.cleaned_data["text"]
    entry = Interaction(
        customer=person,
        kind="note",
        at=timezone.now(),
        source="staff",
        key=str(uuid.uuid4()),
        title=Truncator(text).words(8)[:250],
        properties={"text": text, "by": request.user.pk},
    )
    ledger.record([entry])
    messages.success(request, _("Your note is kept."))
    return _back(request, person)


@require_POST
@access.needs(Right.EDIT)
def tag(request: HtmxRequest, public_id: str) -> HttpResponse:
    person = access.find_customer(request, public_id)
    form = TagForm(request.POST)
    if not form.is_valid():
        return _again(request, person, tag_form=form)
    tagging.add(person, form.cleaned_data["name"], weight=form.cleaned_data["weight"], at=timezone.now())
    return _back(request, person)


@require_POST
@access.needs(Right.EDIT)
def untag(request: HtmxRequest, public_id: str, tag_id: int) -> HttpResponse:
    person = access.find_customer(request, public_id)
    tagging.remove(person, tag_id)
    return _back(request, person)


@require_POST
@access.needs(Right.EDIT)
def grant(request: HtmxRequest, public_id: str) -> HttpResponse:
    person = access.find_customer(request, public_id)
    form = ConsentForm(request.POST)
    if not form.is_valid():
        return _again(request, person, consent_form=form)
    if not person.email:
        messages.error(request, _("There is no e-mail address yet. Add one first."))
        return _back(request, person)
    consent.grant(person, source="staff", at=timezone.now(), wording=form.cleaned_data["wording"])
    person.refresh_from_db()
    if person.suppressed_at:
        messages.warning(
            request, _("Kept. This address still gets no mail: it bounced, or mail was marked as spam.")
        )
    else:
        messages.success(request, _("%(name)s can get mail now.") % {"name": person})
    return _back(request, person)


@require_POST
@access.needs(Right.EDIT)
def withdraw(request: HtmxRequest, public_id: str) -> HttpResponse:
    person = access.find_customer(request, public_id)
    consent.withdraw(person, source="staff", at=timezone.now())
    messages.success(request, _("%(name)s gets no more marketing mail.") % {"name": person})
    return _back(request, person)


@require_POST
@access.needs(Right.MANAGE)
def unblock(request: HtmxRequest, public_id: str) -> HttpResponse:
    """Try an address again that bounced; who did it and why is kept in the audit log."""
    person = access.find_customer(request, public_id)
    form = UnblockForm(request.POST)
    if not form.is_valid():
        return _again(request, person, unblock_form=form)
    if consent.unblock(person):
        why = {"why": form.cleaned_data["why"]}
        audit.record(
            request.user, "changed", person, change=({"blocked": "bounced"}, why), detail="unblocked"
        )
        messages.success(request, _("The address is tried again with the next mail."))
    else:
        messages.error(request, _("Only an address that bounced can be unblocked by the shop."))
    return _back(request, person)


def _back(request: HtmxRequest, person: Customer) -> HttpResponse:
    query = request.GET.urlencode()
    return redirect(f"{person.get_absolute_url()}{'?' if query else ''}{query}")


def _again(request: HtmxRequest, person: Customer, **forms: Any) -> HttpResponse:
    return render_page(request, "crm/customer.html", page_context(request, person, **forms), status=422)
