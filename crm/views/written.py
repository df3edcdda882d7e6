"""All mail of one person: what they got, and why they did not get the rest; and what they wish."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm import access, audit
from crm.access import Right
from crm.forms.wishes import WishForm
from crm.models import ContactRules, ContactWish, Customer, Message
from crm.outbox import governor, reasons, troubles
from crm.outbox.returns import taking
from crm.paging import page_of
from crm.web import HtmxRequest, render_page


@require_GET
@access.staff
def mails(request: HtmxRequest, public_id: str) -> HttpResponse:
    customer = access.find_customer(request, public_id)
    found = Message.objects.filter(customer=customer).select_related("mailing", "customer")
    page = page_of(found, ["-id"], after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    _explain(page.rows)
    audit.viewed(request.user, customer)
    wish = ContactWish.objects.filter(customer=customer).first()
    context = {
        "section": "customers",
        "customer": customer,
        "page": page,
        "form": WishForm(instance=wish),
        **_standing(customer),
    }
    return render_page(request, "crm/sending/mails.html", context)


def _explain(rows: list[Message]) -> None:
    now, told = timezone.now(), taking.latest(rows)
    troubled = {number: troubles.of(number) for number in {one.mailing.sender_id for one in rows}}
    for one in rows:
        one.why = reasons.explain(one, now=now, trouble=troubled[one.mailing.sender_id])  # type: ignore[attr-defined]
        one.told = told.get(one.pk)  # type: ignore[attr-defined]


def _standing(customer: Customer) -> dict[str, Any]:
    now, rules = timezone.now(), ContactRules.current()
    return {"rules": rules, "counted": governor.counted(customer, now)}


@require_POST
@access.needs(Right.EDIT)
def wish(request: HtmxRequest, public_id: str) -> HttpResponse:
    """What the customer asked for, written down by staff."""
    customer = access.find_customer(request, public_id)
    found = ContactWish.objects.filter(customer=customer).first() or ContactWish(customer=customer)
    form = WishForm(request.POST, instance=found)
    if form.is_valid():
        form.save()
        audit.record(request.user, "changed", customer, detail="contact")
        messages.success(request, _("Saved."))
    else:
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    return redirect("crm:customer_mails", customer.public_id)
