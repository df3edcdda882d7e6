"""Building a survey: from a template, thank-you pages, sharing it, the question bank, earlier versions."""

from __future__ import annotations

import io
from typing import cast

import segno
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm import access
from crm.access import Right
from crm.errors import Refusal
from crm.web import HtmxRequest, render_page
from feedback import answers, invitations, shelf, texts, versions
from feedback.forms.endings import ShareForm, ending_forms, save_endings
from feedback.models import Answer, BankQuestion, Question, Survey

QR = {"svg": "image/svg+xml", "png": "image/png"}


@require_POST
@access.needs(Right.MARKET)
def from_shelf(request: HttpRequest, key: str) -> HttpResponse:
    """One press, and a survey for this occasion is there."""
    try:
        survey = shelf.take(key, cast("HtmxRequest", request).business.name, request.LANGUAGE_CODE)
    except Refusal:
        raise Http404 from None
    messages.success(request, _("Your survey is ready. Look at it, change what you like, then share it."))
    return redirect("feedback:survey_edit", survey.slug)


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def endings(request: HttpRequest, slug: str) -> HttpResponse:
    survey = get_object_or_404(Survey, slug=slug)
    filled = ending_forms(survey, request.POST or None)
    is_sent = request.method == "POST"
    wrong = [one for one in filled if is_sent and not one.is_valid()]
    if is_sent and not wrong:
        save_endings(survey, filled)
        messages.success(request, _("The thank-you pages are saved."))
        return redirect("feedback:survey_endings", slug)
    context = {"section": "feedback", "survey": survey, "forms": filled}
    status = 422 if is_sent else 200
    return render_page(request, "feedback/endings.html", context, status=status)


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def share(request: HttpRequest, slug: str) -> HttpResponse:
    """The open link, its QR code, and how the survey comes onto a website."""
    survey = get_object_or_404(Survey, slug=slug)
    form = ShareForm(request.POST or None, survey=survey)
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect("feedback:survey_share", slug)
    link = invitations.open_link(survey)
    doubtful = Answer.objects.filter(survey=survey, state=Answer.State.DOUBTFUL).count()
    context = {
        "section": "feedback",
        "survey": survey,
        "form": form,
        "link": link,
        "is_shared": survey.doors == Survey.Doors.EVERYBODY,
        "script": f"{settings.SITE_URL.rstrip('/')}/survey-embed.js",
        "doubtful": doubtful,
    }
    return render_page(request, "feedback/share.html", context, status=422 if form.errors else 200)


@require_GET
@access.needs(Right.MARKET)
def qr(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """The open link as a QR code, to look at or to print."""
    survey = get_object_or_404(Survey, slug=slug)
    if kind not in QR:
        raise Http404
    out = io.BytesIO()
    code = segno.make(f"{invitations.open_link(survey)}?via=qr", error="m")
    code.save(out, kind=kind, scale=10, border=4, **({"xmldecl": False} if kind == "svg" else {}))
    response = HttpResponse(out.getvalue(), content_type=QR[kind])
    if "download" in request.GET:
        response.headers["Content-Disposition"] = f'attachment; filename="survey.{kind}"'
    return response


@require_POST
@access.needs(Right.MARKET)
def into_bank(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    question = get_object_or_404(Question, survey__slug=slug, key=key)
    shelf.put_into_bank(question)
    messages.success(
        request, _("The question is in the bank: you find it where you add one to another survey.")
    )
    return redirect("feedback:question_edit", slug, key)


@require_POST
@access.needs(Right.MARKET)
def from_bank(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take a question of the bank into this survey, or throw it out of the bank."""
    survey = get_object_or_404(Survey, slug=slug)
    kept = get_object_or_404(BankQuestion, pk=pk)
    if request.POST.get("what") == "remove":
        kept.delete()
        messages.success(request, _("The question is no longer in the bank."))
        return redirect("feedback:question_new", slug)
    versions.before_change(survey)
    question = shelf.copy_from_bank(survey, kept)
    return redirect("feedback:question_edit", slug, question.key)


@require_GET
@access.staff
def survey_versions(request: HttpRequest, slug: str) -> HttpResponse:
    """What was asked before, and how many answered it then."""
    survey = get_object_or_404(Survey, slug=slug)
    language = texts.first_known(translation.get_language())
    rows = []
    counts = versions.answers_by_version(survey)
    for number in [survey.version, *survey.versions.values_list("number", flat=True)]:
        then, questions = versions.as_asked(survey, number)
        shop = cast("HtmxRequest", request).business.name
        labels = [
            texts.say(then, "question", language, shop),
            *(texts.label(one, language) for one in questions),
        ]
        rows.append({"number": number, "n": counts.get(number, 0), "labels": labels})
    return render_page(
        request, "feedback/versions.html", {"section": "feedback", "survey": survey, "rows": rows}
    )


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def doubtful(request: HttpRequest, slug: str) -> HttpResponse:
    """Answers kept aside because too many came from one place: let them count, or throw them away."""
    survey = get_object_or_404(Survey, slug=slug)
    found = Answer.objects.filter(survey=survey, state=Answer.State.DOUBTFUL).order_by("-answered_at", "-id")
    if request.method == "GET":
        context = {"section": "feedback", "survey": survey, "answers": list(found[:200]), "n": found.count()}
        return render_page(request, "feedback/doubtful.html", context)
    chosen = [int(one) for one in request.POST.getlist("answer") if one.isdecimal() and len(one) < 18]
    picked = found.filter(pk__in=chosen[:200])
    if request.POST.get("what") == "remove":
        n = picked.count()
        picked.delete()
        messages.success(
            request, ngettext("%(n)s answer is thrown away.", "%(n)s answers are thrown away.", n) % {"n": n}
        )
    else:
        n = sum(answers.believe(one, at=timezone.now()) for one in picked.select_related("survey"))
        messages.success(
            request, ngettext("%(n)s answer counts now.", "%(n)s answers count now.", n) % {"n": n}
        )
    return redirect("feedback:doubtful", slug)
