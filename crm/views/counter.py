"""The counter: a sale in seconds, with the keyboard alone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm import access, audit, counter, sales
from crm.access import Right
from crm.counter import Buyer, Found
from crm.errors import Refusal
from crm.forms.counter import NEW, NOBODY, CounterForm
from crm.forms.sales import LineFormSet
from crm.models import Product, Purchase
from crm.web import HtmxRequest, render_page

PAGE = "crm/counter/sale.html"


@never_cache
@require_http_methods(["GET", "POST"])
@access.needs(Right.EDIT)
def counter_sale(request: HtmxRequest) -> HttpResponse:
    form = CounterForm(request.POST or None)
    lines = LineFormSet(_with_pick(request), prefix="line")
    if request.method == "POST" and "sell" in request.POST and form.is_valid() and lines.is_valid():
        discount = form.discount_of(lines.lines)
        if discount is not None and (sold := _sell(request, form, lines.lines, discount)):
            return redirect(f"{reverse('crm:counter_sale')}?sold={counter.receipt(request.user, sold)}")
    return _show(request, form, lines)


def _sell(
    request: HtmxRequest, form: CounterForm, lines: list[sales.Line], discount: Decimal
) -> Purchase | None:
    """The sale that is now written down; None with an error in the form."""
    data, now = form.cleaned_data, timezone.now()
    who = data["who"]
    buyer = Buyer(new=data["q"]) if who == NEW else Buyer()
    if who not in (NEW, NOBODY):
        buyer = Buyer(customer=access.find_customer(request, who))
    try:
        sale, fresh = counter.sell(
            request.user, buyer, lines, key=str(data["key"]), at=now, discount=discount,
            currency=request.business.currency,
        )  # fmt: skip
    except Refusal as refusal:
        form.add_error("q", str(refusal))
        return None
    if fresh:
        audit.record(request.user, "created", sale, detail="counter")
    return sale


def _with_pick(request: HtmxRequest) -> Any:
    """What was sent, with the product of a pressed button in the first empty line."""
    if request.method != "POST":
        return None
    sent = request.POST.copy()
    product = Product.objects.filter(pk=int(pick)).first() if (pick := _pick(request)) else None
    if product:
        count = int(total) if (total := sent.get("line-TOTAL_FORMS", "")).isdecimal() else 0
        for row in range(min(count, 50)):
            if not sent.get(f"line-{row}-product"):
                sent[f"line-{row}-product"] = product.sku
                sent[f"line-{row}-price"] = f"{product.price or 0:.2f}"
                break
    return sent


def _pick(request: HtmxRequest) -> str:
    pick = str(request.POST.get("pick", ""))
    return pick if pick.isascii() and pick.isdecimal() and len(pick) < 10 else ""


def _show(request: HtmxRequest, form: CounterForm, lines: Any) -> HttpResponse:
    selling = request.method == "POST" and "sell" in request.POST
    if not selling and form.is_bound:
        form.errors.clear()
    sold = counter.of_receipt(request.user, request.GET.get("sold", ""))
    context = {
        "section": "sale",
        "form": form,
        "lines": lines,
        "selling": selling,
        "favourites": counter.favourites(timezone.now()),
        "sold": sold,
        "taken_back": sold is not None and sold.status == Purchase.Status.CANCELLED,
        "receipt": request.GET.get("sold", ""),
        **_people(request),
    }
    return render_page(request, PAGE, context, status=422 if selling else 200)


@require_GET
@access.needs(Right.EDIT)
def counter_people(request: HtmxRequest) -> HttpResponse:
    """Who fits what is typed so far."""
    return render_page(request, "crm/counter/people.html", _people(request), partial="people")


def _people(request: HtmxRequest) -> dict[str, Any]:
    sent = request.POST or request.GET
    typed, who = sent.get("q", ""), sent.get("who", "")
    chosen = sent.get("customer", "") or ("" if typed else who)
    if chosen in (NEW, NOBODY):
        chosen = ""
    found: Found = counter.find(request.user, typed, only=chosen[:20])
    if not who and len(found.people) == 1:
        who = found.people[0].public_id
    elif not who and not found.people and found.new:
        who = NEW
    return {"section": "sale", "found": found, "typed": typed, "who": who}


@require_GET
@access.needs(Right.EDIT)
def counter_price(request: HtmxRequest) -> HttpResponse:
    """What one of a product costs, for the price beside it; empty when it is not known."""
    name = " ".join(request.GET.get("product", "").split())[:200]
    found = (
        Product.objects.filter(sku__iexact=name).first() or Product.objects.filter(name__iexact=name).first()
    )
    price = found.price if found else None
    text = "" if price is None else f"{price:.2f}"
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@require_POST
@access.needs(Right.EDIT)
def counter_undo(request: HtmxRequest) -> HttpResponse:
    """Take back the sale of a receipt, for some minutes."""
    sold = counter.of_receipt(request.user, request.POST.get("receipt", ""))
    try:
        if sold is None:
            raise Refusal(_("It is too late to undo this here. You can still give the money back."))
        sales.take_back(sold)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        audit.record(request.user, "changed", sold, detail="undone")
        messages.success(request, _("The sale is undone. It counts nowhere."))
    return redirect("crm:counter_sale")
