"""Cards that other pages show, fetched by address."""

from __future__ import annotations

import contextlib
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from crm import access
from crm.models import Business
from crm.web import render_page
from segments import left_out, since_refresh
from segments.clusters import naming
from segments.lapse.words import risk_of
from segments.membership import hand
from segments.model_tags import words as tag_words
from segments.models import CustomerFeatures, Membership, Segment
from segments.predictions import words
from segments.rfm import names
from segments.rules.describe import is_relative
from segments.rules.fields import Catalogue
from segments.rules.moment import Moment
from segments.rules.parsing import parse
from segments.rules.problems import InvalidRule
from segments.value.words import chance, next_purchase

LEFT = 5


@require_GET
@access.staff
def customer_panel(request: HttpRequest, public_id: str) -> HttpResponse:
    """The segments of a customer, now and before, and their scores."""
    customer = access.find_customer(request, public_id)
    stays = Membership.objects.filter(customer=customer).select_related("segment")
    business = Business.current()
    features = CustomerFeatures.objects.filter(customer=customer).first()
    picks = hand.of_customer(customer)
    context = {
        "customer": customer,
        "by_hand": {one.segment_id for one in picks if one.included},
        "kept_out": [one for one in picks if not one.included],
        "now": list(stays.filter(left_at=None).order_by("segment__name")),
        "left": list(stays.filter(left_at__isnull=False).order_by("-left_at")[:LEFT]),
        "features": features,
        "cluster": naming.name_of(features.cluster) if features else "",
        "group": names.name_of(features.rfm_group) if features else "",
        "chance": "" if features is None or features.alive_chance is None else chance(features.alive_chance),
        "next_purchase": next_purchase(features, business.today()) if features else "",
        "risk": risk_of(features) if features else None,
        "scores": words.of_customer(customer),
        "model_tags": tag_words.of_customer(customer),
        "months": business.value_months,
    }
    return render_page(request, "segments/customer_panel.html", context)


@require_GET
@access.staff
def left_out_panel(request: HttpRequest, slug: str) -> HttpResponse:
    """Who the rule of a segment cannot find, and in which time zone its days are."""
    segment = get_object_or_404(Segment, slug=slug, kind=Segment.Kind.RULE)
    context: dict[str, Any] = {}
    with contextlib.suppress(InvalidRule):  # The page itself says so.
        node = parse(segment.rule, Catalogue(segment))
        missing = since_refresh.figures(
            f"left_out.{get_language()}.{segment.rule}", lambda: left_out.of_rule(node, Moment.now())
        )
        context = {"left_out": missing, "is_relative": is_relative(node)}
    return render_page(request, "segments/left_out_panel.html", context)
