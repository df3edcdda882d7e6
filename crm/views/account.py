"""Signing in and out, and the language of the pages."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import views as auth_views
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from crm import access

sign_in = access.public(auth_views.LoginView.as_view(template_name="registration/sign_in.html"))
sign_out = access.staff(auth_views.LogoutView.as_view())


@require_POST
@access.public
def set_language(request: HttpRequest) -> HttpResponse:
    """Keep the reader's language: on the account when signed in, in a cookie always."""
    language = request.POST.get("language", "")
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "/"
    response = redirect(target)
    if language in dict(settings.LANGUAGES):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=31_536_000, samesite="Lax")
        if request.user.is_authenticated:
            request.user.language = language
            request.user.save(update_fields=["language"])
    return response
