"""The chat window of the website: one page of our own, shown in a frame there. It works without scripts.

Whose chat it is says a token in the form, never a cookie (browsers keep those from frames) and never an
address. Without the token nothing can be read, so forms need no other proof.
"""

from __future__ import annotations

import time
import uuid
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import Http404, HttpResponse, HttpResponseForbidden
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from crm import access, limits
from crm.behaviour import website
from crm.chat import embedding, visiting
from crm.errors import Refusal
from crm.knowledge import reading
from crm.models import Chat, Website
from crm.views.help_centre import frame
from crm.web import HtmxRequest, render_page

PAGE = "public/help/chat.html"
WORDS_A_MINUTE, STARTS_AN_HOUR, ALL_STARTS_AN_HOUR = 20, 20, 600


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@access.public
def chat(request: HtmxRequest) -> HttpResponse:
    site = website.live()
    if site is None or not site.has_chat:
        raise Http404
    if _is_foreign(request):
        return HttpResponseForbidden()
    language = reading.language_for(request, request.business)
    with translation.override(language):
        response = _answer(request, language)
    response.headers["Content-Language"] = language
    return framed(response, site)


def framed(response: HttpResponse, site: Website) -> HttpResponse:
    """Only our own pages and the shop's may show it in a frame."""
    policy = {**settings.SECURE_CSP, "frame-ancestors": ["'self'", *site.origins]}
    response._csp_config = policy  # type: ignore[attr-defined]
    response.xframe_options_exempt = True
    return response


def _is_foreign(request: HtmxRequest) -> bool:
    """A form that another site sends; our frame sends from our own address."""
    origin = request.headers.get("Origin", "")
    own = {f"{request.scheme}://{request.get_host()}", settings.SITE_URL.rstrip("/")}
    return request.method == "POST" and bool(origin) and origin not in own


def _answer(request: HtmxRequest, language: str) -> HttpResponse:
    given, now = request.POST, timezone.now()
    token = given.get("token", "")
    found = visiting.find(token) if request.method == "POST" else None
    problem = ""
    if request.method == "POST" and given.get("do") != "resume":
        try:
            found, token = _do(request, found, token, language)
        except Refusal as refusal:
            problem = str(refusal)
            found = visiting.find(token)
    if found is not None and found.state == Chat.State.ENDED:
        found = None
    if found is not None:
        visiting.seen(found, at=now)
    glad = "helped" in given and not problem
    context = {
        **page_of(found, token if found else ""),
        "glad": glad,
        "problem": problem,
        "given": given if problem else {},
    }
    status = 422 if problem else 200
    page = frame(request, language, **context, framed="frame" in request.GET)
    return render_page(request, PAGE, page, partial="window", status=status)


def page_of(found: Chat | None, token: str) -> dict[str, Any]:
    """What the window shows."""
    lines = visiting.lines(found) if found else []
    return {
        "chat": found,
        "token": token,
        "lines": lines,
        "mark": f"{found.state if found else ''}-{len(lines)}",
        "opens": visiting.opens_at(timezone.now()),
        "key": uuid.uuid4().hex,
        "asked": any(line.by == "visitor" for line in lines),
        "longest": visiting.LONGEST,
    }


def _do(request: HtmxRequest, found: Chat | None, token: str, language: str) -> tuple[Chat | None, str]:
    now, text = timezone.now(), request.POST.get("text", "").strip()
    do = request.POST.get("do", "")
    if do == "end" or "helped" in request.POST:
        if found:
            visiting.thank(found, request.POST.get("helped", ""), at=now)
            visiting.end(found, at=now)
        return None, ""
    _count(f"chat:{limits.address_of(request)}", WORDS_A_MINUTE, 60)
    if do == "hand":
        if found is None:
            raise Refusal(_("This chat has ended. Start a new one."))
        visiting.hand_over(found, name=request.POST.get("name", "")[:120], email=_email(request), at=now)
        return visiting.find(token), token
    if not text:
        raise Refusal(_("Write something first."))
    if len(text) > visiting.LONGEST:
        raise Refusal(
            _("That is too long. Please write at most %(n)d signs at once.") % {"n": visiting.LONGEST}
        )
    if found is None or found.state == Chat.State.ENDED:
        _count(f"chat_new:{limits.address_of(request)}", STARTS_AN_HOUR, 3600)
        _count("chat_new", ALL_STARTS_AN_HOUR, 3600)
        found, token = visiting.start(language, at=now)
    if found.state == Chat.State.ASKING:
        visiting.ask(found, text, at=now)
    else:
        visiting.say(found, text, at=now, key=request.POST.get("key", "")[:40] or uuid.uuid4().hex)
    return visiting.find(token), token


def _email(request: HtmxRequest) -> str:
    email = request.POST.get("email", "").strip()[:254]
    try:
        if email:
            validate_email(email)
    except ValidationError as wrong:
        raise Refusal(str(wrong.messages[0])) from None
    return email


def _count(name: str, limit: int, seconds: int) -> None:
    if limits.use(name, limit=limit, seconds=seconds, now=time.time()).exceeded:
        raise Refusal(_("That was a lot in a short time. Please wait a minute."))


@csrf_exempt
@never_cache
@require_POST
@access.public
def chat_news(request: HtmxRequest) -> HttpResponse:
    """What was said since; nothing while nothing was. Asked for by the open window every few seconds."""
    site, found = website.live(), visiting.find(request.POST.get("token", ""))
    if site is None or not site.has_chat or found is None:
        raise Http404
    visiting.seen(found, at=timezone.now())
    language = reading.language_for(request, request.business)
    with translation.override(language):
        context = frame(request, language, **page_of(found, request.POST["token"]))
        if context["mark"] == request.POST.get("mark"):
            return HttpResponse(status=204)
        return render_page(request, f"{PAGE}#lines", context)


@require_http_methods(["GET", "HEAD"])
@access.public
def chat_script(request: HtmxRequest) -> HttpResponse:
    """For the shop's pages: a button, and the frame once it is pressed. Nothing while chat is off."""
    response = HttpResponse(
        embedding.script(website.live(), request.business), content_type="text/javascript"
    )
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
