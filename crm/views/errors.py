from __future__ import annotations

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from crm import access
from crm.access import Right
from crm.api import problems


@access.public
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if problems.concerns(request):
        return problems.answer("not_found")
    return render(request, "public/error_404.html", status=404)


@access.public
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if problems.concerns(request):
        return problems.answer("not_allowed")
    needed = exception.args[0] if exception.args else None
    roles = access.who_may(needed) if isinstance(needed, Right) else []
    return render(request, "public/error_403.html", {"roles": roles}, status=403)


@access.public
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    is_large = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    if problems.concerns(request):
        return problems.answer("too_large" if is_large else "not_readable")
    return render(request, "public/error_400.html", {"is_large": is_large}, status=400)


@access.public
def form_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: it stood open for long, somebody signed in elsewhere, cookies are off."""
    return render(request, "public/error_form.html", status=403)


@access.public
def server_error(request: HttpRequest) -> HttpResponse:
    if problems.concerns(request):
        return problems.answer("broken")
    return render(request, "public/error_500.html", status=500)
