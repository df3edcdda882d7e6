"""Settings → API: tokens of other programs."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from crm import access
from crm.api import tokens
from crm.forms.connections import TokenForm
from crm.models import ApiToken
from crm.web import HtmxRequest, render_page


@never_cache
@require_http_methods(["GET", "POST"])
@access.owner
def api_tokens(request: HtmxRequest) -> HttpResponse:
    """All tokens; a new one shows its secret in the very answer that makes it, and never again."""
    form = TokenForm(request.POST or None, initial={"user": request.user})
    secret = ""
    if request.method == "POST" and form.is_valid():
        secret = tokens.issue(form.cleaned_data["name"], **form.values, by=request.user)[1]
        form = TokenForm(initial={"user": request.user})
    now = timezone.now()
    context = {
        "section": "settings",
        "form": form,
        "secret": secret,
        "now": now,
        "tokens": ApiToken.objects.filter(revoked_at=None).select_related("user"),
        "scopes": tokens.SCOPES,
    }
    return render_page(request, "crm/api/tokens.html", context, status=422 if form.errors else 200)


@require_POST
@access.owner
def api_token_revoke(request: HtmxRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken, pk=pk)
    if tokens.revoke(token, by=request.user, at=timezone.now()):
        messages.success(request, _("%(name)s can do nothing any more.") % {"name": token})
    return redirect("crm:api_tokens")
