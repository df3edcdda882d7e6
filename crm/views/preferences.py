"""The customer's own page behind the link in each mail: choices and wishes. Seeing it changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from crm import access, limits, preferences, rhythm
from crm.errors import Refusal
from crm.languages import language_of
from crm.models import Business, PrivacyRequest
from crm.outbox import unsubscribing
from crm.outbox.unsubscribing import Reader
from crm.privacy import archive, correcting, handing

TEMPLATE = "public/unsubscribe.html"
POSTS_A_MINUTE = 20


def page(
    request: HttpRequest,
    token: str,
    reader: Reader | None,
    *,
    told: str = "",
    changed: bool = False,
    status: int = 200,
) -> HttpResponse:
    """The page in the customer's language, with what was just done."""
    context: dict[str, Any] = {"reader": reader, "told": told, "token": token, "changed": changed}
    refused = status >= 400
    context |= {"refused": refused, "said": request.POST if refused else {}}
    context["languages"] = settings.LANGUAGES
    if reader and reader.customer:
        context["switches"] = preferences.switches(reader.customer)
        context["measuring"] = preferences.measuring(reader.customer, Business.current())
        context["rhythm"] = rhythm.of(reader.customer, Business.current().today())
        context["waiting"] = preferences.waiting(reader.customer)
        context["can_send"] = handing.can(reader.customer)
        context["sent"] = handing.asked_today(reader.customer, at=timezone.now())
    return render(request, TEMPLATE, context, status=status)


def _spoken(request: HttpRequest, token: str, act: Callable[[Reader], str]) -> HttpResponse:
    reader = unsubscribing.reader_of(token)
    customer = reader.customer if reader else None
    with translation.override(language_of(customer, Business.current())):
        if reader is None or customer is None or customer.erased_at:
            return page(request, token, None, status=404)
        if (left := _too_often(request)) is not None:
            return page(request, token, reader, told=left, status=429)
        try:
            told = act(reader)
        except Refusal as refusal:
            return page(request, token, reader, told=str(refusal), status=422)
    reader = unsubscribing.reader_of(token)
    with translation.override(language_of(reader.customer if reader else None, Business.current())):
        return page(request, token, reader, told=_(told) if told else "", status=200 if told else 400)


def _too_often(request: HttpRequest) -> str | None:
    asked = f"preferences:{limits.address_of(request)}"
    used = limits.use(asked, limit=POSTS_A_MINUTE, seconds=60, now=timezone.now().timestamp())
    return _("Please wait a minute and try again.") if used.exceeded else None


@csrf_exempt  # Reached from a mail without cookies; the signed token is the permission.
@never_cache
@require_POST
@access.public
def choices(request: HttpRequest, token: str) -> HttpResponse:
    def act(reader: Reader) -> str:
        assert reader.customer
        now = timezone.now()
        preferences.choose(reader.customer, request.POST.getlist("on"), source=reader.source, at=now)
        preferences.measure(reader.customer, request.POST.get("tracking", "-"))
        rhythm.choose(reader.customer, request.POST.dict(), Business.current().today())
        preferences.speak(reader.customer, request.POST.get("language", ""))
        return gettext_noop("Saved.")

    return _spoken(request, token, act)


@csrf_exempt  # As above.
@never_cache
@require_POST
@access.public
def ask(request: HttpRequest, token: str) -> HttpResponse:
    def act(reader: Reader) -> str:
        kind = request.POST.get("kind", "")
        if kind not in {PrivacyRequest.Kind.EXPORT, PrivacyRequest.Kind.ERASE}:
            return ""
        assert reader.customer
        preferences.ask(reader.customer, kind, source=reader.source, at=timezone.now())
        return gettext_noop("We have your request.")

    return _spoken(request, token, act)


@csrf_exempt  # As above.
@never_cache
@require_POST
@access.public
def send(request: HttpRequest, token: str) -> HttpResponse:
    """Everything stored goes to the address on file; this page only says that it does."""

    def act(reader: Reader) -> str:
        assert reader.customer
        if not handing.can(reader.customer):
            raise Refusal(_("We cannot mail it to you. Please ask us below: a person will answer."))
        if not handing.ask(reader.customer, at=timezone.now()):
            raise Refusal(_("We mailed it to you today already. Please look into the spam folder, too."))
        return gettext_noop("It is on its way to your mail address.")

    return _spoken(request, token, act)


@csrf_exempt  # As above.
@never_cache
@require_POST
@access.public
def correct(request: HttpRequest, token: str) -> HttpResponse:
    def act(reader: Reader) -> str:
        assert reader.customer
        wanted = correcting.read(reader.customer, request.POST.dict(), today=Business.current().today())
        correcting.propose(reader.customer, wanted, source=reader.source, at=timezone.now())
        return gettext_noop("Thank you. We look at it and then change it.")

    return _spoken(request, token, act)


@csrf_exempt  # Reached from a mail; the signed token, which ends, is the permission.
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@access.public
def data(request: HttpRequest, token: str) -> HttpResponse | FileResponse:
    """Behind the link of the mail: seeing the page does nothing, its button begins the download."""
    now = timezone.now()
    made = handing.read(token, at=now)
    customer = made.customer if made else None
    with translation.override(language_of(customer, Business.current())):
        if made is None:
            return render(request, "public/data.html", {}, status=404)
        problem = _too_often(request) if request.method == "POST" else None
        if request.method == "POST" and problem is None:
            handing.taken(made, at=now)
            file = archive.file_of(made).open("rb")
            return FileResponse(file, as_attachment=True, filename=_("my-data") + ".zip")
        until = timezone.localtime(made.expires_at, Business.current().zone)
        context = {"made": made, "until": until, "problem": problem}
        return render(request, "public/data.html", context, status=429 if problem else 200)
