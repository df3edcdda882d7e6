"""What the answers of a survey say: the results, every answer, and one person's answers."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from crm import access, audit, exporting, masking
from crm.access import Right
from crm.errors import Refusal
from crm.models import Customer
from crm.paging import page_of
from crm.web import HtmxRequest, render_page
from feedback import (
    breakdowns,
    charts,
    exports,
    invitations,
    measuring,
    missing,
    moving,
    reports,
    summary,
    texts,
)
from feedback.models import Answer, Invitation, Question, Survey
from feedback.numerics import scores

ORDER = ["-answered_at", "-id"]


@require_GET
@access.staff
def survey(request: HttpRequest, slug: str) -> HttpResponse:
    one = get_object_or_404(Survey, slug=slug)
    zone = cast("HtmxRequest", request).business.zone
    told = request.GET.get("window", "")
    width = int(told) if told in {str(days) for days in moving.WIDTHS} else 0
    figures, asked = summary.of(one, width, zone), reports.asked(one)
    counts = figures.counts
    score = measuring.score(one, counts)
    comments = _rows(_answers(request, one).exclude(comment="").order_by(*ORDER)[:5], one, request)
    context = {
        "section": "feedback",
        "survey": one,
        "score": score,
        "answered": sum(counts.values()),
        "skipped": counts.get(None, 0),
        "asked": asked,
        "left_out": missing.of_survey(one, counts, asked),
        "groups": reports.shares(score),
        "distribution": charts.distribution(one, counts),
        "trend": charts.moving_trend(one.kind, figures.windows, width)
        if width
        else charts.trend(one.kind, figures.months),
        "window": width,
        "widths": moving.WIDTHS,
        "segments": breakdowns.groups(one, figures.tables, "segment", most=None),
        "minimum": scores.MINIMUM,
        "comments": comments,
        "questions": list(one.questions.all()),
    }
    return render_page(request, "feedback/survey.html", context)


@require_GET
@access.staff
def answers(request: HttpRequest, slug: str) -> HttpResponse:
    """Every answer, or those of one group, segment or score; comments only when asked for."""
    one = get_object_or_404(Survey, slug=slug)
    found = _chosen(request, one)
    page = page_of(found, ORDER, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    context = {
        "section": "feedback",
        "survey": one,
        "page": page,
        "rows": _rows(page.rows, one, request),
        "group": request.GET.get("group", ""),
        "names": reports.group_names(one.kind),
        "query": request.GET.urlencode(),
    }
    return render_page(request, "feedback/answers.html", context, partial="rows")


@require_GET
@access.needs(Right.EXPORT)
def export(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The answers of the page as a file: those of its filters, and masked where the page is."""
    one = get_object_or_404(Survey, slug=slug)
    kind = "xlsx" if request.GET.get("kind") == "xlsx" else "csv"
    found = _chosen(request, one)
    audit.record(request.user, "exported", one, count=found.count(), detail=f"answers as {kind}")
    table = exports.Table(one, _language(request))
    rows = exporting.chunks(found, table.lines, masked=masking.active())
    return exporting.answer(rows, table.header, kind=kind, name=one.slug)


def _chosen(request: HttpRequest, one: Survey) -> QuerySet[Answer]:
    """Those that the filters of the address mean."""
    found = reports.of_group(one, _answers(request, one), request.GET.get("group", ""))
    if request.GET.get("comments"):
        found = found.exclude(comment="")
    if (score := request.GET.get("score", "")).isdecimal() and len(score) < 3:
        found = found.filter(score=int(score))
    if (way := request.GET.get("way", "")) in breakdowns.WAYS:
        found = breakdowns.narrowed(found, way, request.GET.get("value", ""))
    if segment := request.GET.get("segment"):
        found = found.filter(
            customer__memberships__segment__slug=segment, customer__memberships__left_at=None
        )
    return found


@require_GET
@access.staff
def questions(request: HttpRequest, slug: str) -> HttpResponse:
    """How often each choice was taken; loaded after the page, since it reads every answer."""
    one = get_object_or_404(Survey, slug=slug)
    tables = reports.choice_counts(one, list(one.questions.all()), _language(request))
    return render_page(
        request,
        "feedback/questions.html",
        {"section": "feedback", "survey": one, "tables": tables},
        partial="tables",
    )


@require_GET
@access.needs(Right.EDIT)
def ask(request: HttpRequest, slug: str) -> HttpResponse:
    """How to ask: in a campaign, or one person by hand."""
    one = get_object_or_404(Survey, slug=slug)
    words = request.GET.get("q", "").strip()
    seen = access.customers(request.user)
    customer = seen.filter(public_id=request.GET.get("customer", "")).first()
    context = {
        "section": "feedback",
        "survey": one,
        "q": words,
        "found": list(seen.search(words).order_by("last_name", "first_name", "id")[:10]) if words else [],
        "customer": customer,
        "link": _given_link(one, customer) if customer else "",
    }
    return render_page(request, "feedback/ask.html", context)


@require_POST
@access.needs(Right.EDIT)
def invite(request: HttpRequest, slug: str) -> HttpResponse:
    """Make the personal link of one customer."""
    one = get_object_or_404(Survey, slug=slug)
    customer = access.find_customer(request, request.POST.get("customer", ""))
    try:
        invitations.invite_by_hand(one, customer, at=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("feedback:survey_ask", slug)
    audit.record(request.user, "sent", one, count=1, detail="link")
    response = redirect("feedback:survey_ask", slug)
    response.headers["Location"] += f"?customer={customer.public_id}"
    return response


@require_GET
@access.staff
def customer_panel(request: HttpRequest, public_id: str) -> HttpResponse:
    """One person's answers, as a card of the customer page."""
    customer = access.find_customer(request, public_id)
    found = Answer.objects.counted().filter(customer=customer).select_related("survey").order_by(*ORDER)[:10]
    waiting = Invitation.objects.filter(
        customer=customer, state=Invitation.State.ASKED, expires_at__gt=timezone.now()
    ).select_related("survey")[:5]
    context = {
        "customer": customer,
        "answers": [(one, measuring.tone(one.survey, one.score)) for one in found],
        "waiting": list(waiting),
        "surveys": list(Survey.objects.filter(state=Survey.State.OPEN, is_imported=False)[:6]),
    }
    return render_page(request, "feedback/customer_panel.html", context)


def _answers(request: HttpRequest, one: Survey) -> QuerySet[Answer]:
    """Those that this member of staff may see."""
    found = Answer.objects.filter(survey=one).select_related("customer")
    return access.visible(request.user, found)


def _rows(found: Any, one: Survey, request: HttpRequest) -> list[dict[str, Any]]:
    language = _language(request)
    asked = {question.key: question for question in one.questions.all()} if found else {}
    return [
        {
            "answer": answer,
            "tone": measuring.tone(one, answer.score),
            "said": [
                (texts.label(asked[key], language), _plain(asked[key], value, language))
                if key in asked
                else (key, value)
                for key, value in answer.values.items()
            ],
        }
        for answer in found
    ]


def _plain(question: Question, value: Any, language: str) -> str:
    words = texts.in_words(question, value, language)
    return ", ".join(map(str, words)) if isinstance(words, list) else str(words)


def _given_link(one: Survey, customer: Customer) -> str:
    invitation = (
        Invitation.objects.filter(
            Q(expires_at__gt=timezone.now()), survey=one, customer=customer, source__startswith="staff:"
        )
        .order_by("-id")
        .first()
    )
    return invitations.link(one.pk, invitation.source, customer.pk) if invitation else ""


def _language(request: HttpRequest) -> str:
    return texts.first_known(request.LANGUAGE_CODE)
