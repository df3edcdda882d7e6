"""Fields that the shop defines itself."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from crm import access, audit, custom_fields, field_kinds, sensitive
from crm.errors import Refusal
from crm.forms.custom_fields import CustomFieldForm
from crm.models import CustomField
from crm.web import HtmxRequest, render_page


@require_http_methods(["GET", "POST"])
@access.owner
def fields(request: HtmxRequest) -> HttpResponse:
    form = CustomFieldForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            sensitive.switch(form.save(), on=form.cleaned_data["sensitive"])
        messages.success(request, _("The field is there. You find it when you edit a customer."))
        return redirect("crm:fields")
    context = {"section": "settings", "form": form}
    context["fields"] = CustomField.objects.in_use()
    context["archived"] = CustomField.objects.exclude(archived_at=None)
    return render_page(request, "crm/fields.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@access.owner
def field(request: HtmxRequest, key: str) -> HttpResponse:
    own = get_object_or_404(CustomField, key=key)
    form = CustomFieldForm(request.POST or None, instance=own)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                sensitive.switch(form.save(), on=form.cleaned_data["sensitive"])
            audit.record(request.user, "changed", own, change=audit.change_of(form))
            messages.success(request, _("Saved."))
            return redirect("crm:fields")
        except Refusal as refusal:
            form.add_error("sensitive", str(refusal))
    context = {"section": "settings", "form": form, "field": own, "used": custom_fields.used_by(own)}
    context["copy"] = field_kinds.copy_in_use(own)
    return render_page(request, "crm/field.html", context, status=422 if form.errors else 200)


@require_POST
@access.owner
def field_remove(request: HtmxRequest, key: str) -> HttpResponse:
    emptied = custom_fields.remove(get_object_or_404(CustomField, key=key))
    text = ngettext(
        "The field and its value on %(n)d customer are gone.",
        "The field and its values on %(n)d customers are gone.",
        emptied,
    )
    messages.success(request, text % {"n": emptied})
    return redirect("crm:fields")
