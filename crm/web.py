"""What every page shares: the typed request, page-or-partial rendering, the shop's time zone and name."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from functools import cache
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from crm import access, accounts, masking, second_factor
from crm.api import problems, tokens
from crm.models import Brand, Business, Product, User


class HtmxRequest(HttpRequest):
    """A request of a signed-in member of staff, or of nobody on public pages."""

    htmx: HtmxDetails
    business: Business
    user: User


def render_page(
    request: HttpRequest, template: str, context: dict[str, Any], *, partial: str = "", status: int = 200
) -> HttpResponse:
    """Render the whole page, or only its named partial when htmx wants a fragment."""
    htmx = cast("HtmxRequest", request).htmx
    wants_fragment = partial and htmx and not (htmx.boosted or htmx.history_restore_request)
    name = f"{template}#{partial}" if wants_fragment else template
    response = render(request, name, context, status=status)
    patch_vary_headers(response, ["HX-Request"])  # Else the back button may show a bare fragment.
    return response


LARGEST_FROM_STRANGERS = 3_000_000
FORMS = ("/help/ask/", "/help/case/")  # Pictures of broken cups; the forms have limits of their own.
LARGEST_FORM = 9 << 20
MAIL_HOOKS = "/hooks/mail/"  # Providers post whole mails there, signed; the view has a limit of its own.
RAW = ("/api/", "/hooks/")  # Their views read the body themselves.
LARGEST = 210 << 20  # The largest import, and a little for the rest of its form.


class GuardMiddleware:
    """Turn away, before anything is read, bodies that would fill the disk and addresses no database takes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        size = request.META.get("CONTENT_LENGTH") or "0"
        length = int(size) if size.isascii() and size.isdigit() and len(size) < 16 else 0
        strangers = LARGEST_FORM if request.path.startswith(FORMS) else LARGEST_FROM_STRANGERS
        if length > LARGEST or (length > strangers and not self._is_known(request)):
            return _turned_away(request, "too_large", "Too large.", status=413)
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return _turned_away(request, "not_readable", "Not an address.", status=400)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> None:
        """Take zero bytes, which nobody can type and PostgreSQL refuses, out of what a form sends."""
        if request.method != "POST" or request.path.startswith(RAW):
            return
        if any("\0" in value for name in request.POST for value in (name, *request.POST.getlist(name))):
            cleaned = QueryDict(mutable=True, encoding=request.POST.encoding)
            for name, values in request.POST.lists():
                cleaned.setlist(name.replace("\0", ""), [value.replace("\0", "") for value in values])
            request.POST = cleaned  # type: ignore[assignment]

    def _is_known(self, request: HttpRequest) -> bool:
        if request.path.startswith(MAIL_HOOKS):
            return True  # The view looks at the size itself, and at the signature.
        if problems.concerns(request):
            return tokens.recognise(tokens.bearer(request), at=timezone.now()) is not None
        return SESSION_KEY in request.session


def _turned_away(request: HttpRequest, code: str, words: str, *, status: int) -> HttpResponse:
    if problems.concerns(request):
        return problems.answer(code)
    return HttpResponse(words, status=status, content_type="text/plain")


class SignInMiddleware(LoginRequiredMiddleware):
    """Ask strangers to sign in; while nobody could, lead to the first-run pages instead."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponseRedirect:
        if not User.objects.exists():
            return redirect("crm:welcome")
        return super().handle_no_permission(request, view_func)


class ShopMiddleware:
    """Put the business on the request, its time zone in force, and the reader's language on the page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request = cast("HtmxRequest", request)
        request.business = Business.current()
        language = getattr(request.user, "language", "")
        if language:
            translation.activate(language)
            request.LANGUAGE_CODE = translation.get_language() or settings.LANGUAGE_CODE
        masked = getattr(request.user, "role", "") == User.Role.ANALYST
        with timezone.override(zoneinfo.ZoneInfo(request.business.time_zone)), masking.applied(masked):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", translation.get_language() or "en")
        return response


class SecondFactorMiddleware:
    """Where codes are required, lead whoever has none to setting them up, whatever they wanted to see."""

    OPEN = frozenset({"crm:codes", "crm:sign_out", "crm:set_language"})

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_args: Any) -> HttpResponse | None:
        request = cast("HtmxRequest", request)
        if not request.business.requires_codes or getattr(view, "access", "") == "public":
            return None
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name in self.OPEN or not request.user.is_authenticated or request.session.get("codes"):
            return None
        if second_factor.is_on(request.user):
            request.session["codes"] = True
            return None
        messages.info(request, _("Everybody here signs in with codes. Please set them up first."))
        return redirect("crm:codes")


def shop(request: HttpRequest) -> dict[str, Any]:
    """Template context of every page."""
    business = getattr(request, "business", None)
    return {
        "business": business,
        "may": access.rights(request.user) if hasattr(request, "user") else {},
        "solo": cache(
            lambda: accounts.is_solo(business or Business.current())
        ),  # Asked by many parts of a page.
        "brand_logo": cache(lambda: Brand.current().logo),  # Asked by public pages.
        "sandbox": not settings.MAIL_CONNECTION,
        "has_demo": Product.objects.filter(is_demo=True).exists,  # Asked only by whole pages.
    }
