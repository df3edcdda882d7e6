"""What the shop spends: on winning customers and on looking after them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from crm import access
from crm.access import Right
from crm.models import Customer, Purchase
from crm.paging import page_of
from crm.web import HtmxRequest, render_page
from segments import since_refresh
from segments.measures import kept, spending
from segments.models import ServingCosts, Spending

CHANNELS = 50


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def costs(request: HtmxRequest) -> HttpResponse:
    """Three forms, told apart by `act`: one month, pasted lines, cost to serve."""
    act, today = request.POST.get("act", ""), request.business.today()
    one = spending.SpendingForm(request.POST if act == "one" else None, today=today)
    paste = spending.PasteForm(request.POST if act == "paste" else None, today=today)
    serving = spending.ServingForm(
        request.POST if act == "serving" else None, instance=ServingCosts.current()
    )
    sent = next((form for form in (one, paste, serving) if form.is_bound and form.is_valid()), None)
    if sent is not None:
        messages.success(request, _said(sent.save()))
        kept.forget()
        return redirect("segments:spending")
    context = {
        "section": "segments",
        "tab": "measures",
        "part": "spending",
        "forms": {"one": one, "paste": paste, "serving": serving},
        "page": page_of(
            Spending.objects.all(),
            ("-month", "channel", "pk"),
            after=request.GET.get("after", ""),
            before=request.GET.get("before", ""),
        ),
        "channels": since_refresh.figures("channels", _channels),
    }
    is_wrong = any(form.errors for form in (one, paste, serving))
    return render_page(request, "segments/measures/spending.html", context, status=422 if is_wrong else 200)


@require_POST
@access.needs(Right.MARKET)
def remove(request: HtmxRequest, pk: int) -> HttpResponse:
    get_object_or_404(Spending, pk=pk).delete()
    messages.success(request, _("Taken off the list."))
    return redirect("segments:spending")


def _said(saved: Any) -> str:
    if isinstance(saved, int):
        return ngettext("%(n)d amount was saved.", "%(n)d amounts were saved.", saved) % {"n": saved}
    return _("Saved.")


def _channels() -> list[str]:
    """Channels that customers came by, to choose from."""
    sources = Customer.objects.exclude(source="").order_by("source").values_list("source", flat=True)
    used = Purchase.objects.exclude(channel="").order_by("channel").values_list("channel", flat=True)
    return sorted({*sources.distinct()[:CHANNELS], *used.distinct()[:CHANNELS]}, key=str.casefold)
