"""Finding anything, from any page."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from crm import access, palette
from crm.web import HtmxRequest, render_page


@require_GET
@access.staff
def find(request: HtmxRequest) -> HttpResponse:
    words = request.GET.get("q", "")
    context = {"words": words, "groups": palette.find(request.user, words)}
    return render_page(request, "crm/find.html", context, partial="found")
