"""Settings → Website: the line for the shop's pages, who may send, what came; and the script itself."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from crm import access, audit
from crm.behaviour import website as site
from crm.forms.connections import WebsiteForm
from crm.models import AnonymousEvent, AuditEntry
from crm.web import HtmxRequest, render_page


@require_safe
@access.public
def snippet(request: HttpRequest) -> HttpResponse:
    """The same for every shop; kept by browsers for an hour, with ?v= of its version for a year."""
    body, version = site.snippet()
    tag = f'"{version}"'
    known = request.headers.get("If-None-Match", "") == tag
    response = HttpResponseNotModified() if known else HttpResponse(body, content_type="text/javascript")
    lasting = request.GET.get("v") == version
    response.headers["Cache-Control"] = (
        "public, max-age=31536000, immutable" if lasting else "public, max-age=3600"
    )
    response.headers["ETag"] = tag
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@require_http_methods(["GET", "POST"])
@access.owner
def website(request: HtmxRequest) -> HttpResponse:
    row = site.current()
    form = WebsiteForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        form.save()
        site.forget_live()
        audit.record(request.user, AuditEntry.Action.CHANGED, row)
        messages.success(request, _("Saved."))
        return redirect("crm:website")
    context = {
        "section": "settings",
        "form": form,
        "site": row,
        "address": settings.SITE_URL,
        "unknown": AnonymousEvent.objects.count(),
    }
    return render_page(request, "crm/api/website.html", context, status=422 if form.errors else 200)


@require_GET
@access.owner
def website_seen(request: HtmxRequest) -> HttpResponse:
    """Whether an event came: asked for by the page every few seconds."""
    context = {"section": "settings", "site": site.current()}
    return render_page(request, "crm/api/website_seen.html", context)


@require_POST
@access.owner
def website_renew(request: HtmxRequest) -> HttpResponse:
    row = site.current()
    if request.POST.get("what") == "key":
        site.renew_key(row)
        messages.success(request, _("There is a new key. Put the new line into your pages."))
    else:
        site.renew_secret(row)
        messages.success(request, _("There is a new secret. Tell your shop's server."))
    audit.record(request.user, AuditEntry.Action.CHANGED, row, detail="renewed")
    return redirect("crm:website")
