"""How the shop looks, and the pictures that mails and public pages show."""

from __future__ import annotations

import re
from typing import cast

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from crm import access, audit, pictures
from crm.access import Right
from crm.forms.brand import BrandForm
from crm.models import Brand, Picture
from crm.web import HtmxRequest, render_page

A_YEAR = 365 * 24 * 3600


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def brand(request: HttpRequest) -> HttpResponse:
    request = cast("HtmxRequest", request)
    found = Brand.current()
    form = BrandForm(request.POST or None, request.FILES or None, instance=found, business=request.business)
    if request.method == "POST" and form.is_valid():
        form.save()
        audit.record(request.user, "changed", form.instance, change=audit.change_of(form))
        messages.success(request, _("Saved. Mails that are written from now on look like this."))
        return redirect("crm:brand")
    context = {"section": "settings", "form": form, "logo": found.logo, "brand": found}
    return render_page(request, "crm/brand.html", context, status=422 if form.errors else 200)


@require_safe
@access.public
def picture(request: HttpRequest, name: str) -> HttpResponse:
    """The picture itself, for mail programs and visitors; it may be kept for a year, for it never changes."""
    token, _dot, ending = name.partition(".")
    if not re.fullmatch(r"[0-9a-f]{20}", token):
        raise Http404
    found = get_object_or_404(Picture, token=token, ending=ending)
    if not default_storage.exists(found.file):
        raise Http404
    with default_storage.open(found.file) as file:
        answer = HttpResponse(file.read(), content_type=pictures.TYPES[found.ending])
    answer.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # Web mail shows it on its own pages.
    return answer
