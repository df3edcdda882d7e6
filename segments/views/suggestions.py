"""Cards with products for other pages: what suits somebody, goes with a product, is liked in a segment."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET

from crm import access
from crm.models import Product
from crm.web import render_page
from segments.models import ProductPair, ProductReach, Segment, SegmentFavourite
from segments.recommending import affinities, suggesting

SHOWN = 6


@require_GET
@access.staff
def customer_suggestions(request: HttpRequest, public_id: str) -> HttpResponse:
    customer = access.find_customer(request, public_id)
    context = {
        "found": suggesting.for_customer(customer.pk, now=timezone.now()),
        "status": affinities.status(),
    }
    return render_page(request, "segments/customer_suggestions.html", context)


@require_GET
@access.staff
def product_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """What is bought together with a product: the share of its baskets that hold the other."""
    product = get_object_or_404(Product, pk=pk)
    pairs = ProductPair.objects.filter(Q(a=product) | Q(b=product)).select_related("a", "b")
    rows = [
        (pair.b, pair.confidence, pair) if pair.a_id == pk else (pair.a, pair.reverse_confidence, pair)
        for pair in pairs.order_by("-count", "-lift", "pk")[:SHOWN]
    ]
    context = {
        "product": product,
        "rows": rows,
        "reach": ProductReach.objects.filter(product=product).first(),
        "status": affinities.status(),
    }
    return render_page(request, "segments/product_panel.html", context)


@require_GET
@access.staff
def segment_favourites(request: HttpRequest, slug: str) -> HttpResponse:
    segment = get_object_or_404(Segment, slug=slug)
    rows = SegmentFavourite.objects.filter(segment=segment).select_related("product")
    context = {
        "segment": segment,
        "rows": sorted(rows, key=lambda one: one.share_of_all - one.share)[:SHOWN],
        "status": affinities.status(),
    }
    return render_page(request, "segments/segment_favourites.html", context)
