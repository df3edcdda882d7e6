"""The list of customers and the page of one."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from crm import access, audit, custom_fields, customer_list, timeline
from crm.customer_list import Filters
from crm.figures import figures_of
from crm.forms.customers import ConsentForm, NoteForm, TagForm
from crm.models import Customer, CustomField
from crm.web import HtmxRequest, render_page


@require_GET
@access.staff
def customers(request: HtmxRequest) -> HttpResponse:
    filters = Filters.read(request.GET)
    people = access.customers(request.user)
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = customer_list.listed(filters, among=people, after=after, before=before)
    figures = figures_of(row.pk for row in page.rows)
    count = customer_list.count_capped(filters, page, among=people)
    context = {
        "section": "customers",
        "filters": filters,
        "rows": [(row, figures[row.pk]) for row in page.rows],
        "page": page,
        "count": min(count, customer_list.MANY),
        "more": count > customer_list.MANY,
        "countries": customer_list.country_choices(),
        "tags": customer_list.tag_choices(),
        "consents": customer_list.consent_choices(),
        "purchases": customer_list.bought_choices(),
    }
    return render_page(request, "crm/customers.html", context, partial="list")


@require_GET
@access.staff
def customer(request: HtmxRequest, public_id: str) -> HttpResponse:
    person = access.find_customer(request, public_id)
    if person.public_id != public_id:  # Merged into somebody else.
        return redirect(person)
    if "older" in request.GET:
        context = {"customer": person, "stretch": timeline.of(person, before=request.GET["older"])}
        return render_page(request, "crm/customer_timeline.html", context, partial="entries")
    audit.viewed(request.user, person)
    return render_page(request, "crm/customer.html", page_context(request, person))


def page_context(request: HtmxRequest, person: Customer, **forms: Any) -> dict[str, Any]:
    """What the page of one customer shows; forms that were refused replace the empty ones."""
    filters = Filters.read(request.GET)
    before, after = customer_list.neighbours(filters, person, among=access.customers(request.user))
    fields = list(CustomField.objects.all())
    return {
        "section": "customers",
        "customer": person,
        "figures": figures_of([person.pk])[person.pk],
        "own_fields": custom_fields.shown(fields, person.custom),
        "tags": person.tags.select_related("tag").order_by("-weight", "tag__name"),
        "tag_names": customer_list.tag_choices(),
        "stretch": timeline.of(person),
        "filters": filters,
        "previous": before,
        "next": after,
        "note_form": NoteForm(),
        "tag_form": TagForm(),
        "consent_form": ConsentForm(),
        **forms,
    }
