"""The first run: an owner, a shop, and something to start with."""

from __future__ import annotations

import time

from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from crm import access, accounts, limits
from crm.errors import Refusal
from crm.forms.account import OwnerForm
from crm.forms.business import ShopForm
from crm.models import Business, Customer, User
from crm.web import HtmxRequest, render_page


@never_cache
@require_http_methods(["GET", "POST"])
@access.public
def welcome(request: HttpRequest) -> HttpResponse:
    """Only while nobody can sign in; afterwards this page does not exist."""
    if User.objects.exists():
        raise Http404
    if request.method == "POST" and _too_often(request):
        messages.error(request, _("Too many tries. Please wait some minutes."))
        return render(request, "registration/welcome.html", {"form": OwnerForm(), "step": 1}, status=429)
    form = OwnerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        language = translation.get_language() or ""
        known = {name: form.cleaned_data[name] for name in ("name", "email", "password")}
        try:
            user = accounts.create_first_owner(**known, language=language)
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return redirect("crm:sign_in")
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        return redirect("crm:welcome_shop")
    status = 422 if form.errors else 200
    return render(request, "registration/welcome.html", {"form": form, "step": 1}, status=status)


def _too_often(request: HttpRequest) -> bool:
    """The set-up code cannot be found by trying."""
    used = limits.use(f"welcome:{limits.address_of(request)}", limit=30, seconds=600, now=time.time())
    return used.exceeded


@require_http_methods(["GET", "POST"])
@access.owner
def welcome_shop(request: HtmxRequest) -> HttpResponse:
    business = Business.current()
    if business.set_up_at:
        raise Http404
    form = ShopForm(request.POST or None, instance=business)
    if request.method == "POST" and form.is_valid():
        form.instance.set_up_at = timezone.now()
        form.save()
        return redirect("crm:start")
    status = 422 if form.errors else 200
    return render(request, "registration/welcome.html", {"form": form, "step": 2}, status=status)


@require_GET
@access.staff
def start(request: HtmxRequest) -> HttpResponse:
    """What to do with an empty shop."""
    return render_page(request, "crm/start.html", {"empty": not Customer.objects.exists()})
