"""Codes of an authenticator app: setting them up, signing in with them, and leaving all other devices."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from crm import access, accounts, audit, second_factor
from crm.errors import Refusal
from crm.forms.team import CodeForm
from crm.models import User
from crm.web import HtmxRequest, render_page

PENDING, PROVEN = "half-signed-in", "codes"
TEMPLATE = "crm/team/codes.html"
PATIENCE = 600  # Seconds between password and code.


@never_cache
@require_http_methods(["GET", "POST"])
@access.public
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """The second step: the password was right, now the code."""
    half = request.session.get(PENDING) or {}
    fresh = timezone.now().timestamp() - half.get("at", 0) < PATIENCE
    user = User.objects.filter(pk=half["user"], is_active=True).first() if fresh else None
    if user is None:
        return redirect("crm:sign_in")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _fits(form, user):
        second_factor.forget_tries(user)
        request.session.pop(PENDING)
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        request.session[PROVEN] = True
        return redirect(half.get("next") or "crm:home")
    status = 422 if form.errors else 200
    return render(request, "registration/code.html", {"form": form}, status=status)


def _fits(form: CodeForm, user: User) -> bool:
    try:
        if second_factor.check(user, form.cleaned_data["code"], at=timezone.now()):
            return True
        form.add_error("code", _("This code does not fit. Look at the app again, or use a recovery code."))
    except Refusal as refusal:
        form.add_error("code", str(refusal))
    audit.record(None, "failed", user, detail="code")
    return False


@never_cache
@require_http_methods(["GET", "POST"])
@access.staff
def codes(request: HtmxRequest) -> HttpResponse:
    """Set up the app, or see that it is set up."""
    user = request.user
    if second_factor.is_on(user):
        return _page(request, CodeForm(), left=second_factor.recovery_left(user))
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            fresh = second_factor.confirm(user, form.cleaned_data["code"], at=timezone.now())
        except Refusal as refusal:
            form.add_error("code", str(refusal))
        else:
            request.session[PROVEN] = True
            audit.record(user, "changed", user, detail="second factor on")
            return _page(request, CodeForm(), fresh=fresh)
    factor = second_factor.begin(user)
    shown = {"picture": second_factor.picture(factor, user), "secret": factor.secret}
    return _page(request, form, **shown)


@require_POST
@access.staff
def codes_recovery(request: HtmxRequest) -> HttpResponse:
    """New recovery codes instead of the old ones, for who has the app."""
    form = CodeForm(request.POST)
    if form.is_valid() and _fits(form, request.user):
        audit.record(request.user, "changed", request.user, detail="new recovery codes")
        return _page(request, CodeForm(), fresh=second_factor.renew_recovery(request.user))
    return _page(request, form, left=second_factor.recovery_left(request.user))


@require_POST
@access.staff
def codes_off(request: HtmxRequest) -> HttpResponse:
    form = CodeForm(request.POST)
    if form.is_valid() and _fits(form, request.user):
        second_factor.switch_off(request.user)
        request.session.pop(PROVEN, None)
        audit.record(request.user, "changed", request.user, detail="second factor off")
        messages.success(request, _("Codes are off. The password alone opens your account now."))
        return redirect("crm:account")
    return _page(request, form, left=second_factor.recovery_left(request.user))


@require_POST
@access.staff
def everywhere(request: HtmxRequest) -> HttpResponse:
    """End every other sign-in of this account."""
    accounts.end_sessions(request.user)
    update_session_auth_hash(request, request.user)
    audit.record(request.user, "signed_out", request.user, detail="everywhere else")
    messages.success(request, _("You are signed out on every other device."))
    return redirect("crm:account")


def _page(request: HtmxRequest, form: CodeForm, **shown: Any) -> HttpResponse:
    context = {"section": "settings", "form": form, "required": request.business.requires_codes, **shown}
    return render_page(request, TEMPLATE, context, status=422 if form.errors else 200)
