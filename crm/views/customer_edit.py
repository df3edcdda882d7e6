"""Adding a customer and changing one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm import access, audit, custom_fields, saving
from crm.access import Right
from crm.duplicates import similar
from crm.forms.customers import CustomerForm
from crm.listing.catalogue import country_choices
from crm.models import Customer, User
from crm.web import HtmxRequest, render_page

IDENTIFYING = frozenset({"first_name", "last_name", "email", "phone", "birth_date", "external_id"})
TEMPLATE = "crm/customer_form.html"


@require_http_methods(["GET", "POST"])
@access.needs(Right.EDIT)
def customer_new(request: HtmxRequest) -> HttpResponse:
    theirs = request.user.scope == User.Scope.OWN
    return _edit(request, Customer(owner=request.user if theirs else None))


@require_http_methods(["GET", "POST"])
@access.needs(Right.EDIT)
def customer_edit(request: HtmxRequest, public_id: str) -> HttpResponse:
    return _edit(request, access.find_customer(request, public_id))


def _edit(request: HtmxRequest, person: Customer) -> HttpResponse:
    fresh = person.pk is None
    form = CustomerForm(
        request.POST or None,
        instance=person,
        own_fields=list(custom_fields.plain()),
        today=request.business.today(),
    )
    twins = _perhaps_here(request, form)
    if request.method == "POST" and form.is_valid() and not twins:
        change = audit.change_of(form)
        saved = saving.save(form)
        audit.record(request.user, "created" if fresh else "changed", saved, change=change)
        messages.success(request, _("%(name)s was added.") % {"name": saved} if fresh else _("Saved."))
        for twin in saving.same_address(saved, access.customers(request.user)):
            messages.warning(request, _("%(name)s has the same e-mail address.") % {"name": twin})
        return redirect(saved)
    context = {
        "section": "customers",
        "form": form,
        "customer": None if fresh else Customer.objects.get(pk=person.pk),
        "twins": twins,
        "countries": country_choices(),
    }
    return render_page(request, TEMPLATE, context, status=422 if form.errors else 200)


def _perhaps_here(request: HtmxRequest, form: CustomerForm) -> list[similar.Similar]:
    """Who looks like the person about to be saved, unless the reader has seen them and saves anyway."""
    if request.method != "POST" or "anyway" in request.POST or not form.is_valid():
        return []
    if form.instance.pk and not IDENTIFYING & set(form.changed_data):
        return []
    return similar.to(form.instance.prepare(), access.customers(request.user))
