"""Another kind for an own field, with a preview; and the archive of own fields."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from crm import access, custom_fields, field_kinds
from crm.errors import Refusal
from crm.forms.custom_fields import KindForm
from crm.models import CustomField
from crm.web import HtmxRequest, render_page


@require_http_methods(["GET", "POST"])
@access.owner
def field_kind(request: HtmxRequest, key: str) -> HttpResponse:
    own = get_object_or_404(CustomField, key=key)
    asked = request.POST if request.method == "POST" else request.GET
    form = KindForm(asked if "kind" in asked else None, own=own)
    refused = ""
    if request.method == "POST" and form.is_valid():
        try:
            lost = _change(request, own, form.target)
        except Refusal as refusal:
            refused = str(refusal)
        else:
            messages.success(request, _told(lost))
            return redirect("crm:field", own.key)
    context = {"section": "settings", "field": own, "form": form, "refused": refused}
    if form.is_bound and form.is_valid():
        outlook = field_kinds.look(own, form.target)
        context |= {"outlook": outlook, "target": form.target, "options": "\n".join(form.target.choices)}
    context["used"] = custom_fields.used_by(own)
    return render_page(request, "crm/field_kind.html", context, status=422 if form.errors or refused else 200)


def _change(request: HtmxRequest, own: CustomField, target: CustomField) -> int:
    agreed = request.POST.get("agreed", "")
    known = int(agreed) if agreed.isascii() and agreed.isdigit() and len(agreed) < 10 else 0
    today = request.business.today()
    return field_kinds.change(own, target, agreed=known, by=request.user, on=today)


def _told(lost: int) -> str:
    if not lost:
        return _("The kind is changed, and every value came along.")
    return ngettext(
        "The kind is changed. %(n)d value did not fit: it stands in the archived copy.",
        "The kind is changed. %(n)d values did not fit: they stand in the archived copy.",
        lost,
    ) % {"n": lost}


@require_POST
@access.owner
def field_kind_back(request: HtmxRequest, key: str) -> HttpResponse:
    own = get_object_or_404(CustomField, key=key)
    try:
        field_kinds.change_back(own, by=request.user)
        messages.success(request, _("The field and its values are as they were before."))
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("crm:field", own.key)


@require_POST
@access.owner
def field_archive(request: HtmxRequest, key: str) -> HttpResponse:
    """Put it away, or with `restore` take it out again."""
    own = get_object_or_404(CustomField, key=key)
    if "restore" in request.POST:
        field_kinds.restore(own, by=request.user)
        messages.success(request, _("The field is back in forms, lists and rules."))
        return redirect("crm:field", own.key)
    try:
        field_kinds.archive(own, by=request.user)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("crm:field", own.key)
    messages.success(request, _("The field is in the archive. Its values stay."))
    return redirect("crm:fields")
