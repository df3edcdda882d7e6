"""The customer's own page behind the link in each mail: choices and wishes. Seeing it changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from crm import access, preferences
from crm.languages import language_of
from crm.models import Business, PrivacyRequest
from crm.outbox import unsubscribing
from crm.outbox.unsubscribing import Reader

TEMPLATE = "public/unsubscribe.html"


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
    context["languages"] = settings.LANGUAGES
    if reader and reader.customer:
        context["switches"] = preferences.switches(reader.customer)
        context["waiting"] = preferences.waiting(reader.customer)
    return render(request, TEMPLATE, context, status=status)


def _spoken(request: HttpRequest, token: str, act: Callable[[Reader], str]) -> HttpResponse:
    reader = unsubscribing.reader_of(token)
    customer = reader.customer if reader else None
    with translation.override(language_of(customer, Business.current())):
        if reader is None or customer is None or customer.erased_at:
            return page(request, token, None, status=404)
        told = act(reader)
    reader = unsubscribing.reader_of(token)
    with translation.override(language_of(reader.customer if reader else None, Business.current())):
        return page(request, token, reader, told=_(told) if told else "", status=200 if told else 400)


@csrf_exempt  # Reached from a mail without cookies; the signed token is the permission.
@never_cache
@require_POST
@access.public
def choices(request: HttpRequest, token: str) -> HttpResponse:
    def act(reader: Reader) -> str:
        assert reader.customer
        now = timezone.now()
        preferences.choose(reader.customer, request.POST.getlist("on"), source=reader.source, at=now)
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
        if kind not in PrivacyRequest.Kind.values:
            return ""
        assert reader.customer
        preferences.ask(reader.customer, kind, source=reader.source, at=timezone.now())
        return gettext_noop("We have your request.")

    return _spoken(request, token, act)
