"""Product reviews: staff decide what is shown; the shop's website shows it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import cast

from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.csp import CSP
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm import access
from crm.access import Right
from crm.models import Product
from crm.paging import page_of
from crm.web import HtmxRequest, render_page
from feedback import reviews, showing, texts
from feedback.models import Review

STATES = Review.State
SCRIPT = Path("static", "reviews-embed.js")


@require_GET
@access.staff
def review_list(request: HttpRequest) -> HttpResponse:
    state = request.GET.get("state", "")
    state = state if state in STATES.values else STATES.WAITING
    found = access.visible(request.user, Review.objects.filter(state=state)).select_related(
        "product", "customer"
    )
    page = page_of(
        found,
        ["-written_at", "-id"],
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    counts = dict(Review.objects.order_by().values_list("state").annotate(n=Count("id")))
    context = {
        "section": "feedback",
        "page": page,
        "rows": page.rows,
        "state": state,
        "states": [(one.value, one.label, counts.get(one.value, 0)) for one in STATES],
        "script": f"{settings.SITE_URL.rstrip('/')}/reviews-embed.js",
    }
    return render_page(request, "feedback/reviews.html", context)


@require_POST
@access.needs(Right.EDIT)
def review_decide(request: HttpRequest, pk: int) -> HttpResponse:
    review = get_object_or_404(access.visible(request.user, Review.objects.all()), pk=pk)
    to = request.POST.get("to", "")
    if to in (STATES.SHOWN, STATES.HIDDEN):
        reviews.decide(review, to, at=timezone.now())
    if "reply" in request.POST:
        Review.objects.filter(pk=review.pk).update(
            reply=request.POST["reply"].replace("\x00", "").strip()[:2000]
        )
    return redirect(f"{reverse('feedback:review_list')}?state={review.state}")


@require_http_methods(["GET", "HEAD"])
@cache_control(max_age=300, public=True)
@access.public
def block(request: HttpRequest, sku: str) -> HttpResponse:
    """The stars and latest reviews of a product, for a frame of the shop's website."""
    product = get_object_or_404(Product, sku=sku)
    shop = cast("HtmxRequest", request).business
    language = texts.first_known(request.GET.get("lang"), shop.language)
    with translation.override(language):
        context = {
            "shown": reviews.block(product),
            "business": shop,
            "html_language": texts.code_of(language),
            "is_embedded": True,
        }
        response = render_page(request, "public/reviews.html", context)
    allowed = [CSP.SELF, *showing.site_of(shop)]
    response._csp_config = {**settings.SECURE_CSP, "frame-ancestors": allowed}  # type: ignore[attr-defined]
    response.xframe_options_exempt = True
    return response


@require_http_methods(["GET", "HEAD"])
@cache_control(max_age=300, public=True)
@access.public
def data(request: HttpRequest, sku: str) -> HttpResponse:
    """The same as schema.org has it, so that search engines show the stars."""
    product = get_object_or_404(Product, sku=sku)
    found = reviews.as_data(reviews.block(product), cast("HtmxRequest", request).business)
    response = JsonResponse(found, content_type="application/ld+json")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@require_GET
@cache_control(max_age=3600, public=True)
@access.public
def embed(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_embed_script(), content_type="text/javascript; charset=utf-8")


@cache
def _embed_script() -> str:
    given = json.dumps({"site": settings.SITE_URL.rstrip("/")}).replace("<", "\\u003c")
    return f"(() => {{\nconst shop = {given};\n{(settings.BASE_DIR / SCRIPT).read_text('utf-8')}}})();\n"
