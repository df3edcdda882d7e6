from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from crm import access
from crm.web import render_page


@require_GET
@access.staff
def campaigns(request: HttpRequest) -> HttpResponse:
    return render_page(request, "campaigns/campaigns.html", {})
