"""Surveys: the list, making and changing one, its questions, and how it looks."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm import access
from crm.access import Right
from crm.web import HtmxRequest, render_page
from feedback import invitations, logic, ordering, reports, shelf, texts, versions
from feedback.forms.editing import SurveyForm, question_is_answered
from feedback.forms.questions import QuestionForm
from feedback.forms.rules import sentence
from feedback.models import BankQuestion, Question, Survey


@require_GET
@access.staff
def surveys(request: HttpRequest) -> HttpResponse:
    rows = reports.with_figures(Survey.objects.all())
    return render_page(request, "feedback/surveys.html", {"section": "feedback", "rows": rows})


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def survey_new(request: HttpRequest) -> HttpResponse:
    kind = request.GET.get("kind", "")
    survey = Survey(kind=kind if kind in Survey.Kind.values else Survey.Kind.NPS)
    return _edit(request, survey)


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def survey_edit(request: HttpRequest, slug: str) -> HttpResponse:
    return _edit(request, get_object_or_404(Survey, slug=slug))


def _edit(request: HttpRequest, survey: Survey) -> HttpResponse:
    is_new = survey.pk is None
    shop = cast("HtmxRequest", request).business.name
    form = SurveyForm(request.POST or None, survey=survey, shop=shop)
    if request.method == "POST" and form.is_valid():
        survey = form.save()
        messages.success(request, _("Saved. Now look at it as your customers will."))
        return redirect("feedback:survey_edit" if is_new else "feedback:survey_preview", survey.slug)
    questions = [] if is_new else list(survey.questions.all())
    context = {
        "section": "feedback",
        "survey": survey,
        "form": form,
        "questions": _lines(request, questions),
        "lacking": [] if is_new else texts.missing_languages(survey, questions),
        "kinds": Survey.Kind.choices if is_new else [],
        "shelf": shelf.on_the_shelf(request.LANGUAGE_CODE)
        if is_new and not request.POST and "kind" not in request.GET
        else [],
        "token": "" if is_new else invitations.test_token(survey.pk),
        "shown": texts.spoken(survey, request.GET.get("lang"), request.LANGUAGE_CODE),
        "languages": [(code, texts.NAMES[code]) for code in texts.of(survey)],
    }
    return render_page(request, "feedback/survey_edit.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def question_new(request: HttpRequest, slug: str) -> HttpResponse:
    survey = get_object_or_404(Survey, slug=slug)
    kind = request.GET.get("kind", "")
    is_known = kind in Question.Kind.values
    return _edit_question(request, Question(survey=survey, kind=kind if is_known else Question.Kind.TEXT))


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def question_edit(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    return _edit_question(request, _question(slug, key))


def _edit_question(request: HttpRequest, question: Question) -> HttpResponse:
    form = QuestionForm(request.POST or None, question=question)
    if request.method == "POST" and form.is_valid():
        form.save()
        return _back_to_list(request, question.survey)
    is_new = question.pk is None
    context = {
        "section": "feedback",
        "survey": question.survey,
        "question": question,
        "form": form,
        "kinds": Question.Kind.choices if is_new else [],
        "bank": list(BankQuestion.objects.all()[:100]) if is_new else [],
    }
    status = 422 if form.errors else 200
    response = render_page(request, "feedback/question.html", context, partial="form", status=status)
    if form.errors:  # The list stays as it is; only the form says what is wrong.
        response.headers["HX-Retarget"] = "#question-form"
        response.headers["HX-Reswap"] = "outerHTML"
    return response


def _back_to_list(request: HttpRequest, survey: Survey) -> HttpResponse:
    """The list of questions after a change: in place, or as the page of the survey."""
    if not cast("HtmxRequest", request).htmx:
        return redirect("feedback:survey_edit", survey.slug)
    context = {"survey": survey, "questions": _lines(request, list(survey.questions.all()))}
    return render_page(request, "feedback/survey_edit.html", context, partial="questions")


@require_POST
@access.needs(Right.MARKET)
def question_move(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    question = _question(slug, key)
    versions.before_change(question.survey)
    ordering.move(question, up=request.POST.get("to") == "up")
    return _back_to_list(request, question.survey)


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def question_remove(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    question = _question(slug, key)
    if request.method == "POST":
        versions.before_change(question.survey)
        question.delete()
        messages.success(request, _("The question is removed."))
        return redirect("feedback:survey_edit", slug)
    context = {
        "section": "feedback",
        "survey": question.survey,
        "question": question,
        "label": texts.label(question, texts.first_known(request.LANGUAGE_CODE)),
        "is_answered": question_is_answered(question),
    }
    return render_page(request, "feedback/question_remove.html", context)


@require_GET
@access.staff
def survey_preview(request: HttpRequest, slug: str) -> HttpResponse:
    survey = get_object_or_404(Survey, slug=slug)
    questions = list(survey.questions.all())
    context = {
        "section": "feedback",
        "survey": survey,
        "token": invitations.test_token(survey.pk),
        "languages": [(code, texts.NAMES.get(code, code)) for code in texts.of(survey)],
        "shown": texts.spoken(survey, request.GET.get("lang"), request.LANGUAGE_CODE),
        "lacking": texts.missing_languages(survey, questions),
    }
    return render_page(request, "feedback/survey_preview.html", context)


@require_POST
@access.needs(Right.MARKET)
def survey_switch(request: HttpRequest, slug: str) -> HttpResponse:
    """Close an open survey, or open a closed one."""
    survey = get_object_or_404(Survey, slug=slug)
    closing = request.POST.get("to") == Survey.State.CLOSED
    Survey.objects.filter(pk=survey.pk).update(state=Survey.State.CLOSED if closing else Survey.State.OPEN)
    done = _("The survey is closed: its links now say so.") if closing else _("The survey is open again.")
    messages.success(request, done)
    return redirect("feedback:survey", slug)


def _question(slug: str, key: str) -> Question:
    return get_object_or_404(Question.objects.select_related("survey"), survey__slug=slug, key=key)


def _lines(request: HttpRequest, questions: list[Question]) -> list[dict[str, Any]]:
    """The questions as the list shows them."""
    language = texts.first_known(request.LANGUAGE_CODE)
    asked = texts.of(questions[0].survey) if questions else []
    broken = {one.key for one in logic.faults(questions)}
    return [
        {
            "question": one,
            "label": texts.label(one, language),
            "lacking": [texts.NAMES.get(code, code) for code in texts.untranslated(one, asked)],
            "show": sentence(one.show_if, questions, language),
            "jumps": [
                (sentence(jump.get("when"), questions, language), _goal(jump.get("to"), questions, language))
                for jump in one.jumps
            ],
            "is_broken": one.key in broken,
        }
        for one in questions
    ]


def _goal(key: str, questions: list[Question], language: str) -> str:
    if key == logic.END:
        return _("the end")
    return next((texts.label(one, language) for one in questions if one.key == key), key)
