from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from crm import access, audit, masking
from crm.access import Right
from crm.errors import Refusal
from crm.models import Customer, CustomerQuerySet
from crm.paging import page_of
from crm.spreadsheets import safe
from crm.templatetags.crm_format import number
from crm.web import HtmxRequest, render_page
from segments import audience, since_refresh
from segments.following import pending
from segments.forms import PasteForm
from segments.membership import growth, hand
from segments.models import Segment
from segments.rules.describe import sentence
from segments.rules.fields import Catalogue
from segments.rules.moment import Moment
from segments.rules.parsing import parse
from segments.rules.problems import InvalidRule
from segments.value import valuing

GROWTH = timedelta(days=30)
PICKS = 50
COLUMNS = (
    "external_id", "first_name", "last_name", "email", "phone", "country", "city", "language",
    "email_consent",
)  # fmt: skip


@require_GET
@access.staff
def segments(request: HttpRequest) -> HttpResponse:
    page = page_of(
        Segment.objects.all(),
        ("name", "pk"),
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=30,
    )
    catalogue = Catalogue()
    name = ".".join(f"{one.pk}-{one.refreshed_at}" for one in page.rows)
    grown = since_refresh.figures(f"grown.{name}", lambda: growth.grown(page.rows, timezone.now() - GROWTH))
    moment = Moment.now(business=cast("HtmxRequest", request).business)
    fresh = pending.freshness(timezone.now())
    rows = [
        (one, *_words(one, catalogue, moment.counts_back), grown.get(one.pk, 0), fresh.of(one))
        for one in page.rows
    ]
    context = {"section": "segments", "page": page, "rows": rows}
    return render_page(request, "segments/segments.html", context)


@require_GET
@access.staff
def segment(request: HttpRequest, slug: str) -> HttpResponse:
    found, everybody = get_object_or_404(Segment, slug=slug), Customer.objects.count()
    people = Customer.objects.filter(audience.met_in_turn(found, everybody))
    page = page_of(
        access.customers(request.user, people).select_related("features"),
        ("last_name", "first_name", "pk"),
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=25,
    )
    moment = Moment.now(business=cast("HtmxRequest", request).business)
    words, problem = _words(found, Catalogue(), moment.counts_back)
    context: dict[str, Any] = {
        "section": "segments",
        "segment": found,
        "words": words,
        "problem": problem,
        "page": page,
        "share": found.member_count / everybody if everybody else 0,
        "used_by": [*audience.used_by(found), *audience.used_elsewhere(found)],
        "paste": PasteForm(),
        "equity": valuing.of_segment(found),
        "fresh": pending.freshness(timezone.now()).of(found),
    }
    if found.kind == Segment.Kind.RULE:
        context |= _by_hand(found, access.customers(request.user))
    if not request.GET.get("after") and not request.GET.get("before"):
        context["chart"] = growth.chart(found, cast("HtmxRequest", request).business, timezone.now())
    return render_page(request, "segments/segment.html", context)


def _by_hand(found: Segment, people: CustomerQuerySet) -> dict[str, Any]:
    put_in, kept_out = hand.counts(found)
    return {
        "put_in": hand.chosen(found, people, included=True)[:PICKS] if put_in else (),
        "kept_out": hand.chosen(found, people, included=False)[:PICKS] if kept_out else (),
        "by_hand_total": (put_in, kept_out),
    }


@require_POST
@access.needs(Right.MARKET)
def segment_recount(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Segment, slug=slug)
    try:
        count = audience.rebuild(found)
    except Refusal as refusal:
        Segment.objects.filter(pk=found.pk).update(error=str(refusal)[:300])
        messages.error(request, _("Nothing was changed. %(reason)s") % {"reason": refusal})
    else:
        text = ngettext("Counted: %(count)s customer now.", "Counted: %(count)s customers now.", count)
        messages.success(request, text % {"count": number(count)})
    return redirect(found)


@require_POST
@access.needs(Right.MARKET)
def segment_delete(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Segment, slug=slug)
    try:
        audience.delete(found)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect(found)
    messages.success(request, _("“%(name)s” is deleted. The customers stay.") % {"name": found.name})
    return redirect("segments:segments")


@require_GET
@access.needs(Right.EXPORT)
def segment_export(request: HttpRequest, slug: str) -> HttpResponseBase:
    found = get_object_or_404(Segment, slug=slug)
    people = access.customers(request.user, audience.members(found))
    personal = Customer.PERSONAL if masking.active() else frozenset[str]()
    audit.record(request.user, "exported", found, count=people.count())
    response = StreamingHttpResponse(_csv(people, personal), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="segment-{found.pk}.csv"'
    return response


class _Echo:
    def write(self, text: str) -> str:
        return text


def _csv(people: CustomerQuerySet, personal: frozenset[str]) -> Iterator[str]:
    """Rows for a spreadsheet; what it would run as a formula gets an apostrophe before it.

    `personal` are the columns that the reader may not see: these lines run after the view.
    """
    writer = csv.writer(_Echo())
    yield "\ufeff" + cast("str", writer.writerow(COLUMNS))
    for row in people.order_by("pk").values_list(*COLUMNS).iterator(chunk_size=2000):
        shown = masking.row(COLUMNS, row, personal)
        texts = ["" if value is None else str(value) for value in shown]
        yield cast("str", writer.writerow(map(safe, texts)))


def _words(one: Segment, catalogue: Catalogue, counts_back: date | None) -> tuple[str, str]:
    """The sentence of a segment, and why its rule does not work, if so."""
    if one.kind == Segment.Kind.STATIC:
        return one.description or _("A list kept by hand."), ""
    try:
        return sentence(parse(one.rule, catalogue), counts_back), ""
    except InvalidRule as problem:
        return "", problem.reasons
