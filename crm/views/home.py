from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from crm import access
from crm.models import Customer, Purchase
from crm.web import render_page


@require_GET
@access.staff
def home(request: HttpRequest) -> HttpResponse:
    """The panels come by themselves: what they show is known only to the apps above."""
    is_empty = not (Customer.objects.exists() or Purchase.objects.exists())
    return render_page(request, "crm/home.html", {"is_empty": is_empty})
