"""What is bought together and what suits whom: the overview, its file, and the calculation behind both."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import cast

from django.db.models import Q, QuerySet
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from crm import access, audit
from crm.access import Right
from crm.models import Product
from crm.paging import page_of
from crm.spreadsheets import safe
from crm.web import HtmxRequest, render_page
from segments.models import ProductPair
from segments.recommending import affinities, report

ORDERS = {"often": ("-count", "-lift", "pk"), "strong": ("-lift", "-count", "pk")}
CATEGORIES = 100
COLUMNS = ("a", "b", "baskets", "support", "confidence", "reverse_confidence", "lift", "p_value", "q_value")


@require_GET
@access.staff
def recommendations(request: HtmxRequest) -> HttpResponse:
    order = request.GET.get("order", "")
    order = order if order in ORDERS else "often"
    pairs = _pairs(request.GET)
    page = page_of(
        pairs.select_related("a", "b"),
        ORDERS[order],
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=30,
    )
    categories = Product.objects.exclude(category="").order_by("category").values_list("category", flat=True)
    status = affinities.status()
    context = {
        "section": "segments",
        "tab": "recommendations",
        "status": status,
        "verdict": report.verdict(status.done.result) if status.done else None,
        "page": page,
        "rows": [(pair, report.sentence(pair)) for pair in page],
        "count": pairs.count(),
        "most": affinities.MOST_PAIRS,
        "is_capped": status.done is not None and status.done.result["pairs"] >= affinities.MOST_PAIRS,
        "order": order,
        "q": request.GET.get("q", "").strip(),
        "category": request.GET.get("category", ""),
        "categories": categories.distinct()[:CATEGORIES],
    }
    return render_page(request, "segments/recommendations.html", context, partial="list")


@require_GET
@access.needs(Right.EXPORT)
def recommendations_csv(request: HtmxRequest) -> HttpResponseBase:
    found = _pairs(request.GET)
    audit.record(request.user, "exported", "productpair", count=found.count())
    response = StreamingHttpResponse(_csv(found), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="bought-together.csv"'
    return response


@require_GET
@access.staff
def recommend_status(request: HtmxRequest) -> HttpResponse:
    """The line with the state of the calculation; while it runs it asks for itself."""
    if not request.htmx:
        return redirect("segments:recommendations")
    return render(request, "segments/recommendations.html#status", {"status": affinities.status()})


@require_POST
@access.needs(Right.MARKET)
def recommend_now(request: HtmxRequest) -> HttpResponse:
    affinities.request()
    if request.htmx:
        return render(request, "segments/recommendations.html#status", {"status": affinities.status()})
    return redirect("segments:recommendations")


def _pairs(query: QueryDict) -> QuerySet[ProductPair]:
    """Pairs with a product of these words, or of this category."""
    found = ProductPair.objects.all()
    for word in query.get("q", "").split():
        found = found.filter(
            Q(a__name__icontains=word)
            | Q(b__name__icontains=word)
            | Q(a__sku__iexact=word)
            | Q(b__sku__iexact=word)
        )
    if category := query.get("category", ""):
        found = found.filter(Q(a__category=category) | Q(b__category=category))
    return found


class _Echo:
    def write(self, text: str) -> str:
        return text


def _csv(found: QuerySet[ProductPair]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff" + cast("str", writer.writerow(COLUMNS))
    names = ("a__name", "b__name", "count", *COLUMNS[3:])
    for row in found.order_by(*ORDERS["often"]).values_list(*names).iterator(chunk_size=2000):
        yield cast("str", writer.writerow(safe(str(value)) for value in row))
