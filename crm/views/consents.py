"""What a customer agreed to, and the wordings that people agree to."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Max
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm import access, audit, consent
from crm.access import Right
from crm.forms.consents import SaidForm, WordingForm, pairs
from crm.models import ConsentWording, Customer, Purpose
from crm.web import HtmxRequest, render_page

PERSON, WORDINGS = "crm/privacy/consents.html", "crm/privacy/wordings.html"


@require_GET
@access.staff
def person(request: HtmxRequest, public_id: str) -> HttpResponse:
    customer = access.find_customer(request, public_id)
    return render_page(request, PERSON, _context(customer, SaidForm()))


def _context(customer: Customer, form: SaidForm) -> dict[str, Any]:
    """What holds for each purpose and channel, with the evidence behind it, and all that was ever said."""
    ledger = list(customer.consents.select_related("version__purpose")[:200])
    proven: dict[str, Any] = {}
    for one in ledger:  # The newest comes first.
        proven.setdefault(f"{one.purpose}.{one.channel}", one)
    standing = consent.state(customer)
    rows = []
    for key, label in pairs():
        purpose, _dot, channel = key.partition(".")
        held = standing.get((purpose, channel), consent.UNKNOWN)
        evidence = proven.get(key)
        rows.append((label, held, held.at or (evidence.at if evidence else None), evidence))
    return {"section": "customers", "customer": customer, "rows": rows, "ledger": ledger, "form": form}


@require_POST
@access.needs(Right.EDIT)
def record(request: HtmxRequest, public_id: str) -> HttpResponse:
    customer, form = access.find_customer(request, public_id), SaidForm(request.POST)
    if not form.is_valid():
        return render_page(request, PERSON, _context(customer, form), status=422)
    said, at = form.cleaned_data, timezone.now()
    purpose, _dot, channel = said["what"].partition(".")
    if channel == consent.EMAIL and said["decision"] == "granted" and not customer.email:
        form.add_error("what", _("There is no e-mail address yet. Add one first."))
        return render_page(request, PERSON, _context(customer, form), status=422)
    about = {"wording": said["wording"], "purpose": purpose, "channel": channel}
    proof, before = {"by": request.user.pk}, customer.consents.count()
    if said["decision"] == "granted":
        consent.grant(customer, source="staff", at=at, version=said["version"], proof=proof, **about)
    else:
        consent.withdraw(customer, source="staff", at=at, proof=proof, **about)
    if customer.consents.count() == before:
        messages.info(request, _("That was so already; nothing changed."))
    else:
        audit.record(request.user, "changed", customer, detail=f"consent {said['what']} {said['decision']}")
        messages.success(request, _("Written down."))
    return redirect("crm:customer_consents", public_id)


@require_http_methods(["GET", "POST"])
@access.needs(Right.MANAGE)
def wordings(request: HtmxRequest) -> HttpResponse:
    form = WordingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            purpose = Purpose.objects.select_for_update().get(pk=form.cleaned_data["purpose"].pk)
            same = purpose.wordings.filter(language=form.cleaned_data["language"])
            form.instance.version = (same.aggregate(top=Max("version"))["top"] or 0) + 1
            form.save()
        audit.record(request.user, "created", form.instance, detail=str(form.instance))
        messages.success(request, _("Saved. New sign-ups agree to this version; earlier ones keep theirs."))
        return redirect("crm:wordings")
    found = list(ConsentWording.objects.select_related("purpose"))
    newest = {(one.purpose_id, one.language): one.pk for one in reversed(found)}
    context = {"section": "settings", "form": form, "found": found, "current": set(newest.values())}
    return render_page(request, WORDINGS, context, status=422 if form.errors else 200)
