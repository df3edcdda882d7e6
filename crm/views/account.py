"""Signing in and out, forgotten passwords, one's own account, and the language of the pages."""

from __future__ import annotations

from axes.utils import reset as forget_failures
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth import views as auth_views
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from crm import access, accounts, second_factor
from crm.forms.account import AccountForm, ChangePasswordForm, ChoosePasswordForm, ForgotForm, SignInForm
from crm.models import User
from crm.views.second_factor import PENDING
from crm.web import HtmxRequest, render_page


class _SignIn(auth_views.LoginView):
    """The password alone opens an account without codes; else a code is asked for first."""

    def form_valid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]
        user = form.get_user()
        if not second_factor.is_on(user):
            return super().form_valid(form)
        now = timezone.now().timestamp()
        self.request.session[PENDING] = {"user": user.pk, "at": now, "next": self.get_redirect_url()}
        return redirect("crm:sign_in_code")


@never_cache
@require_http_methods(["GET", "POST"])
@access.public
def sign_in(request: HttpRequest) -> HttpResponseBase:
    if not User.objects.exists():
        return redirect("crm:welcome")
    view = _SignIn.as_view(
        template_name="registration/sign_in.html",
        authentication_form=SignInForm,
        redirect_authenticated_user=True,
        extra_context={"demo": accounts.demo_login()},
    )
    return view(request)


@require_http_methods(["GET", "POST"])
@access.public
def admin_door(request: HttpRequest) -> HttpResponseBase:
    """The tables open by the same door as everything else, codes included."""
    if request.user.is_authenticated:
        messages.error(request, _("These tables are for the owner only."))
        return redirect("crm:home")
    return redirect_to_login("/admin/")


sign_out = access.staff(auth_views.LogoutView.as_view())


@require_http_methods(["GET", "POST"])
@access.public
def password_forgot(request: HttpRequest) -> HttpResponse:
    form = ForgotForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        accounts.send_reset(form.cleaned_data["email"], at=timezone.now())
        return render(request, "registration/password_sent.html", {"sandbox": not settings.MAIL_CONNECTION})
    status = 422 if form.errors else 200
    return render(request, "registration/password_forgot.html", {"form": form}, status=status)


class _ChoosePassword(auth_views.PasswordResetConfirmView):
    """Django keeps the token in the session and out of the address; a chosen password also ends a lock."""

    template_name = "registration/password_choose.html"
    form_class = ChoosePasswordForm
    success_url = reverse_lazy("crm:sign_in")

    def form_valid(self, form: ChoosePasswordForm) -> HttpResponse:  # type: ignore[override]
        forget_failures(username=form.user.get_username())
        messages.success(self.request, _("Your password is set. Sign in with it."))
        return super().form_valid(form)


password_choose = access.public(_ChoosePassword.as_view())


@require_http_methods(["GET", "POST"])
@access.staff
def account(request: HtmxRequest) -> HttpResponse:
    changing = "old_password" in request.POST
    form = AccountForm(None if changing else request.POST or None, instance=request.user)
    password = ChangePasswordForm(request.user, request.POST if changing else None)
    sent = password if changing else form
    if request.method == "POST" and sent.is_valid():
        sent.save()
        if changing:
            update_session_auth_hash(request, request.user)
        messages.success(request, _("Your new password is set.") if changing else _("Saved."))
        return redirect("crm:account")
    context = {"section": "settings", "form": form, "password_form": password}
    return render_page(request, "crm/account.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@access.public
def set_language(request: HttpRequest) -> HttpResponse:
    """Keep the reader's language: on the account when signed in, in a cookie always."""
    language = request.POST.get("language", "")
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "/"
    response = HttpResponseRedirect(target)  # Not `redirect`, which takes a word for the name of a view.
    if language in dict(settings.LANGUAGES):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=31_536_000, samesite="Lax")
        if request.user.is_authenticated:
            request.user.language = language
            request.user.save(update_fields=["language"])
    return response
