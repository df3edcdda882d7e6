"""What customers see: the survey behind a personal link. Looking never stores anything; only sending does."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from crm import access
from crm.errors import Refusal
from crm.web import HtmxRequest
from feedback import answers, invitations, texts
from feedback.forms.answering import AnswerForm, initial
from feedback.models import Answer, Invitation

PAGE = "public/survey.html"


@csrf_exempt  # Opened from mail programs without cookies; the signed token is what proves the person.
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@access.public
def survey(request: HttpRequest, token: str) -> HttpResponse:
    invitation = invitations.resolve(token)
    language = _language(request, invitation)
    with translation.override(language):
        response = _survey(request, invitation, language)
    response.headers["Content-Language"] = language
    return response


def _survey(request: HttpRequest, invitation: Invitation | None, language: str) -> HttpResponse:
    if invitation is None:
        return _notice(request, language, "unknown", 404)
    if not invitation.survey.is_open and not invitation.is_test:
        return _notice(request, language, "closed", 410)
    if not invitation.is_test and invitation.expires_at <= timezone.now():
        return _notice(request, language, "expired", 410)
    answer = getattr(invitation, "answer", None)
    if request.method == "POST" and "switch" in request.POST:
        return _switch(request, invitation, language, answer)
    if request.method == "POST":
        return _send(request, invitation, language)
    if answer and "thanks" in request.GET:
        return _thanks(request, invitation, language, answer)
    said = initial(answer.score, answer.comment, answer.values) if answer else {}
    chosen = _chosen(request, invitation)
    if chosen is not None:
        said["score"] = chosen
    form = _form(request, invitation, language, initial=said)
    return _show(request, invitation, language, {"form": form, "answer": answer, "chosen": said.get("score")})


def _switch(
    request: HttpRequest, invitation: Invitation, language: str, answer: Answer | None
) -> HttpResponse:
    """The same page in another language, with all that was chosen and typed; nothing is checked or stored."""
    fields = _form(request, invitation, language).fields
    said = {
        name: field.widget.value_from_datadict(request.POST, request.FILES, name)
        for name, field in fields.items()
    }
    form = _form(request, invitation, language, initial=said)
    chosen = _number(request.POST.get("score"))
    return _show(request, invitation, language, {"form": form, "answer": answer, "chosen": chosen})


def _send(request: HttpRequest, invitation: Invitation, language: str) -> HttpResponse:
    form = _form(request, invitation, language, data=request.POST)
    if not form.is_valid():
        answer = getattr(invitation, "answer", None)
        chosen = _number(request.POST.get("score"))
        context = {"form": form, "answer": answer, "chosen": chosen}
        return _show(request, invitation, language, context, status=422)
    if invitation.is_test:
        return _thanks(request, invitation, language, None)
    try:
        answers.accept(
            invitation,
            score=form.cleaned_data["score"],
            comment=form.cleaned_data["comment"],
            values=form.values,
            language=language,
            at=timezone.now(),
        )
    except Refusal as refusal:
        return _notice(request, language, "refused", 410, str(refusal))
    # After a reload nothing is sent again: the browser stands on a page of its own.
    return HttpResponseRedirect(f"{request.path}?{urlencode({'thanks': 1, 'lang': language})}", status=303)


def _form(request: HttpRequest, invitation: Invitation, language: str, **kwargs: Any) -> AnswerForm:
    shop = cast("HtmxRequest", request).business.name
    return AnswerForm(invitation.survey, language=language, shop=shop, label_suffix="", **kwargs)


def _show(
    request: HttpRequest,
    invitation: Invitation,
    language: str,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    low, high = texts.scale_ends(invitation.survey.kind)
    faces = texts.faces() if invitation.survey.kind == "csat" else []
    scale = [
        {"value": value, "face": faces[at][0] if faces else "", "word": faces[at][1] if faces else ""}
        for at, value in enumerate(invitation.survey.scale)
    ]
    page = {"survey": invitation.survey, "invitation": invitation, "scale": scale, "low": low, "high": high}
    return render(request, PAGE, {**_frame(request, language), **page, **context}, status=status)


def _thanks(
    request: HttpRequest, invitation: Invitation, language: str, answer: Answer | None
) -> HttpResponse:
    shop = cast("HtmxRequest", request).business.name
    context = {
        **_frame(request, language),
        "invitation": invitation,
        "answer": answer,
        "thanks": texts.say(invitation.survey, "thanks", language, shop),
    }
    return render(request, "public/survey_thanks.html", context)


def _notice(request: HttpRequest, language: str, why: str, status: int, text: str = "") -> HttpResponse:
    title, reason = {
        "unknown": (
            _("This link does not work"),
            _("Perhaps a part of it was lost on the way. Please open it again from your mail."),
        ),
        "closed": (
            _("This survey is closed"),
            _("Thank you for wanting to answer! We ask again another time."),
        ),
        "expired": (
            _("This link has expired"),
            _("Thank you for wanting to answer! If you have something to tell us, just reply to our mail."),
        ),
        "refused": (_("Your answer could not be stored"), text),
    }[why]
    context = {**_frame(request, language), "title": title, "text": reason}
    return render(request, "public/survey_notice.html", context, status=status)


def _frame(request: HttpRequest, language: str) -> dict[str, Any]:
    keep = {key: request.GET[key] for key in ("score", "thanks") if key in request.GET}
    switch = [
        {
            "name": texts.NAMES.get(code, code),
            "code": "zh-Hans" if code == "zh-hans" else code,
            "url": f"?{urlencode({**keep, 'lang': code})}",
            "is_current": code == language,
        }
        for code in texts.LANGUAGES
    ]
    return {"switch": switch, "language": language}


def _language(request: HttpRequest, invitation: Invitation | None) -> str:
    """As asked in the link, else the customer's, else the browser's, else the shop's."""
    browser = (code for code, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")))
    return texts.first_known(
        request.GET.get("lang"),
        invitation.customer.language if invitation else "",
        *browser,
        cast("HtmxRequest", request).business.language,
    )


def _chosen(request: HttpRequest, invitation: Invitation) -> int | None:
    number = _number(request.GET.get("score"))
    return number if number in invitation.survey.scale else None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 4 else None


@require_GET
@cache_control(max_age=300, public=True)
@access.public
def brand(request: HttpRequest) -> HttpResponse:
    """The shop's colour as a stylesheet, since pages carry no inline styles."""
    color = cast("HtmxRequest", request).business.brand_color
    on_brand = "#fff" if _luminance(color) < 0.36 else "#111827"
    css = f":root{{--ck-brand:{color};--ck-on-brand:{on_brand}}}\n"
    return HttpResponse(css, content_type="text/css; charset=utf-8")


def _luminance(color: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2)."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    r, g, b = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
