"""What visitors see of a sign-up form: its page, the tablet at the counter, the frame in another website."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone, translation
from django.utils.csp import CSP
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from crm import access, limits, sign_up
from crm.forms.sign_up import JoinForm
from crm.models import SignUpForm
from crm.web import HtmxRequest

SENDS_AN_HOUR = {"page": 20, "embed": 20, "counter": 200}
NAMES = {"en": "English", "zh-hans": "简体中文"}


@csrf_exempt  # For strangers without a session; nothing is done in anybody's name.
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@access.public
def join(request: HttpRequest, slug: str) -> HttpResponse:
    return _answer(request, slug, "page")


@csrf_exempt  # As above.
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@access.public
def join_counter(request: HttpRequest, slug: str) -> HttpResponse:
    """For a tablet in the shop: large, and empty again for the next person."""
    return _answer(request, slug, "counter")


@csrf_exempt  # As above.
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@access.public
def join_embed(request: HttpRequest, slug: str) -> HttpResponse:
    """For a frame in the shop's own websites, and no others."""
    response = _answer(request, slug, "embed")
    origins = SignUpForm.objects.filter(slug=slug).values_list("origins", flat=True).first() or []
    response._csp_config = {  # type: ignore[attr-defined]
        **settings.SECURE_CSP,
        "frame-ancestors": [CSP.SELF, *origins],
    }
    response.xframe_options_exempt = True
    return response


def _answer(request: HttpRequest, slug: str, way: str) -> HttpResponse:
    form = get_object_or_404(SignUpForm, slug=slug)
    language = _language(request, form)
    with translation.override(language):
        response = _page(request, form, way, language)
    response.headers["Content-Language"] = language
    return response


def _page(request: HttpRequest, form: SignUpForm, way: str, language: str) -> HttpResponse:
    if not form.is_open:
        return _show(request, form, way, language, {"closed": True}, status=410)
    if "thanks" in request.GET and request.method != "POST":
        return _show(request, form, way, language, {"thanked": True})
    asked = JoinForm(
        request.POST if request.method == "POST" else None,
        questions=sign_up.questions(form),
        choices=sign_up.choices(form, language),
        fill=way != "counter",
        label_suffix="",
    )
    if request.method != "POST":
        if request.method == "GET":
            sign_up.count(form, "seen")
        return _show(request, form, way, language, {"form": asked})
    now = timezone.now()
    who = f"join:{way}:{limits.address_of(request)}"
    if limits.use(who, limit=SENDS_AN_HOUR[way], seconds=3600, now=now.timestamp()).exceeded:
        told = _("That was often. Please try again in an hour.")
        return _show(request, form, way, language, {"form": asked, "told": told}, status=429)
    if not asked.is_robot:  # Robots get the same answer.
        if not asked.is_valid():
            return _show(request, form, way, language, {"form": asked}, status=422)
        sign_up.receive(
            form, asked.cleaned_data["email"], asked.answers, asked.agreed, language=language, way=way, at=now
        )
    return HttpResponseRedirect(f"{request.path}?{urlencode({'thanks': 1, 'lang': language})}", status=303)


def _show(
    request: HttpRequest, form: SignUpForm, way: str, language: str, more: dict[str, Any], status: int = 200
) -> HttpResponse:
    switch = [
        {
            "name": NAMES[code],
            "code": code,
            "url": f"?{urlencode({'lang': code})}",
            "is_current": code == language,
        }
        for code in form.languages
        if code in NAMES
    ]
    context = {
        "sign_up": form,
        "say": sign_up.say(form, language),
        "way": way,
        "language": language,
        "switch": switch if len(switch) > 1 else [],
        "again": f"{request.path}?{urlencode({'lang': language})}",
        **more,
    }
    response = render(request, "public/join.html", context, status=status)
    response.headers["Cache-Control"] = (
        "no-store"  # The back button must not bring the last person's answers.
    )
    return response


def _language(request: HttpRequest, form: SignUpForm) -> str:
    """As asked in the address, else the browser's, else the shop's; one the form speaks."""
    spoken: list[str] = [code for code in form.languages if code in NAMES] or [settings.LANGUAGE_CODE]
    browser = [code for code, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", ""))]
    shop = cast("HtmxRequest", request).business.language
    for wanted in (request.GET.get("lang", ""), *browser, shop):
        for code in spoken:
            if wanted and wanted.lower().partition("-")[0] == code.partition("-")[0]:
                return code
    return spoken[0]
