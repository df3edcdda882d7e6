"""One order, a counter sale, and money back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm import access, audit, sales
from crm.access import Right
from crm.errors import Refusal
from crm.forms.sales import LineFormSet, RefundForm, SaleForm
from crm.models import Product, Purchase
from crm.web import HtmxRequest, render_page


@require_GET
@access.staff
def purchase(request: HtmxRequest, pk: int) -> HttpResponse:
    order = _find(request, pk)
    if order.customer:
        audit.viewed(request.user, order.customer)
    return _show(request, order, RefundForm(purchase=order))


@require_POST
@access.needs(Right.EDIT)
def refund(request: HtmxRequest, pk: int) -> HttpResponse:
    order = _find(request, pk)
    form = RefundForm(request.POST, purchase=order)
    if not form.is_valid():
        return _show(request, order, form)
    data = form.cleaned_data
    try:
        sales.refund(order, data["amount"], key=str(data["key"]), at=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The refund is written down."))
    return redirect("crm:purchase", pk=order.pk)


@require_http_methods(["GET", "POST"])
@access.needs(Right.EDIT)
def sale(request: HtmxRequest, public_id: str) -> HttpResponse:
    person = access.find_customer(request, public_id)
    form = SaleForm(request.POST or None, initial={"bought_at": timezone.now()})
    lines = LineFormSet(request.POST or None, prefix="line")
    if request.method == "POST" and form.is_valid() and lines.is_valid():
        data = form.cleaned_data
        order = sales.sell(
            person,
            lines.lines,
            key=str(data["key"]),
            at=data["bought_at"],
            currency=request.business.currency,
        )
        messages.success(request, _("The sale is written down."))
        return redirect("crm:purchase", pk=order.pk)
    context = {
        "section": "customers",
        "customer": person,
        "form": form,
        "lines": lines,
        "products": Product.objects.order_by("name")[:300],
    }
    return render_page(request, "crm/sale.html", context, status=422 if request.method == "POST" else 200)


def _find(request: HtmxRequest, pk: int) -> Purchase:
    seen = access.visible(request.user, Purchase.objects.all())
    return get_object_or_404(seen.select_related("customer"), pk=pk)


def _show(request: HtmxRequest, order: Purchase, form: RefundForm) -> HttpResponse:
    context = {
        "section": "customers",
        "purchase": order,
        "lines": order.lines.select_related("product").order_by("pk")[:500],
        "refunds": order.refunds.order_by("refunded_at", "pk"),
        "net": order.charged - order.refunded,
        "form": form,
    }
    return render_page(
        request, "crm/purchase.html", context, partial="lines", status=422 if form.errors else 200
    )
