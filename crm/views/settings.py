"""The start of the settings, and the profile of the business."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from crm import access, audit
from crm.forms.business import BusinessForm
from crm.models import Business, Customer
from crm.web import HtmxRequest, render_page


@require_GET
@access.staff
def settings(request: HtmxRequest) -> HttpResponse:
    context = {"section": "settings", "has_demo": Customer.objects.filter(is_demo=True).exists()}
    return render_page(request, "crm/settings.html", context)


@require_http_methods(["GET", "POST"])
@access.owner
def business(request: HtmxRequest) -> HttpResponse:
    form = BusinessForm(request.POST or None, instance=Business.current())
    if request.method == "POST" and form.is_valid():
        form.save()
        audit.record(request.user, "changed", form.instance, change=audit.change_of(form))
        messages.success(request, _("Saved."))
        return redirect("crm:business")
    context = {"section": "settings", "form": form}
    return render_page(request, "crm/business.html", context, status=422 if form.errors else 200)
