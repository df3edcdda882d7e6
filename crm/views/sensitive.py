"""What a customer has in sensitive fields: each look at it is written down."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm import access, audit, sensitive
from crm.access import Right
from crm.forms.sensitive import SensitiveForm
from crm.models import CustomField
from crm.web import HtmxRequest, render_page


@require_http_methods(["GET", "POST"])
@access.needs(Right.EDIT)
def values(request: HtmxRequest, public_id: str) -> HttpResponse:
    customer = access.find_customer(request, public_id)
    fields = sensitive.readable(request.user)
    if not fields:
        if CustomField.objects.filter(sensitive=True).exists():
            raise PermissionDenied
        return redirect(customer)
    known = sensitive.values(customer, fields)
    form = SensitiveForm(request.POST or None, own_fields=fields, known=known)
    labels = ", ".join(field.label for field in fields)
    if request.method == "POST" and form.is_valid():
        changed = [field for field in fields if form.cleaned_data[field.key] != known.get(field.key)]
        for field in changed:
            sensitive.write(customer, field, form.cleaned_data[field.key])
        if changed:
            audit.record(
                request.user, "changed", customer, detail=", ".join(one.label for one in changed)[:200]
            )
        messages.success(request, _("Saved."))
        return redirect(customer)
    audit.record(request.user, "viewed", customer, detail=labels[:200])
    context = {"section": "customers", "customer": customer, "form": form}
    return render_page(request, "crm/privacy/sensitive.html", context, status=422 if form.errors else 200)
