"""What other currencies are worth."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm import access, audit
from crm.access import Right
from crm.forms.rates import RateForm
from crm.models import Rate
from crm.web import HtmxRequest, render_page


@require_http_methods(["GET", "POST"])
@access.needs(Right.IMPORT)
def rates(request: HtmxRequest) -> HttpResponse:
    form = RateForm(request.POST or None, initial={"valid_from": request.business.today()})
    if request.method == "POST" and form.is_valid():
        form.save()
        audit.record(request.user, "created", form.instance, detail=str(form.instance))
        messages.success(request, _("Saved."))
        return redirect("crm:rates")
    context = {"section": "settings", "form": form, "rates": Rate.objects.all()}
    return render_page(request, "crm/rates.html", context, status=422 if form.errors else 200)


@require_POST
@access.needs(Right.IMPORT)
def rate_remove(request: HtmxRequest, pk: int) -> HttpResponse:
    rate = get_object_or_404(Rate, pk=pk)
    audit.record(request.user, "deleted", rate, detail=str(rate))
    rate.delete()
    messages.success(request, _("Removed. Sales that are in keep the rate they came with."))
    return redirect("crm:rates")
