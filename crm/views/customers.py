"""The list of customers and the page of one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from crm import (
    access,
    audit,
    consent,
    customer_list,
    fading,
    list_habits,
    masking,
    merging,
    sensitive,
    tagging,
    timeline,
)
from crm.access import Right
from crm.bulk_actions import kinds as bulk_kinds
from crm.customer_list import Filters
from crm.figures import figures_of
from crm.forms.customers import ConsentForm, NoteForm, TagForm, UnblockForm
from crm.listing import opening
from crm.listing.catalogue import tag_choices
from crm.models import Customer, CustomField
from crm.web import HtmxRequest, render_page


@require_GET
@access.staff
def customers(request: HtmxRequest) -> HttpResponse:
    habit = list_habits.habit_of(request.user)
    if not request.GET and habit.opens and habit.opens in list_habits.visible(request.user):
        return redirect(list_habits.readable(habit.opens))
    filters = Filters.read(request.GET, today=request.business.today())
    people = access.customers(request.user)
    tabs = list_habits.tabs(request.user, filters, habit)
    columns = list_habits.columns(filters, habit, tabs.current)
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page, count = opening.opened(filters, columns, among=people, after=after, before=before)
    context = {
        "section": "customers",
        "filters": filters,
        "rows": customer_list.rows_of(page.rows, columns),
        "headings": filters.headings(columns),
        "page": page,
        "count": min(count, customer_list.MANY),
        "more": count > customer_list.MANY,
        "tabs": tabs,
        "actions": bulk_kinds.offered(request.user),
        "masked": masking.active(),
        "panel": _panel(request, filters),
    }
    return render_page(request, "crm/customers.html", context, partial="list")


@require_GET
@access.staff
def customer_beside(request: HtmxRequest, public_id: str) -> HttpResponse:
    """One customer beside the list; without a script the same list with the panel open."""
    person = access.find_customer(request, public_id)
    filters = Filters.read(request.GET, today=request.business.today())
    audit.viewed(request.user, person)
    context = {"panel": panel_context(request, filters, person), "section": "customers", "filters": filters}
    return render_page(request, "crm/customers/beside.html", context, partial="panel")


def _panel(request: HtmxRequest, filters: Filters) -> dict[str, Any] | None:
    """The customer whom the address of the list opens beside it."""
    person = access.customers(request.user).filter(public_id=request.GET.get("panel", "")[:12]).first()
    if person is None:
        return None
    audit.viewed(request.user, person)
    return panel_context(request, filters, person)


def _tonight(request: HtmxRequest) -> datetime:
    return fading.end_of(request.business.today(), request.business.zone)


def panel_context(request: HtmxRequest, filters: Filters, person: Customer) -> dict[str, Any]:
    before, after = customer_list.neighbours(filters, person, among=access.customers(request.user))
    return {
        "customer": person,
        "figures": figures_of([person.pk])[person.pk],
        "tags": tagging.worn(person, _tonight(request)),
        "stretch": timeline.of(person, size=8),
        "previous": before,
        "next": after,
    }


@require_GET
@access.staff
def customer(request: HtmxRequest, public_id: str) -> HttpResponse:
    person = access.find_customer(request, public_id)
    if person.public_id != public_id:  # Merged into somebody else.
        return redirect(person)
    if "older" in request.GET or "kind" in request.GET:
        kind = timeline.known(request.GET.get("kind", ""))
        stretch = timeline.of(person, before=request.GET.get("older", ""), kind=kind)
        context = {"customer": person, "stretch": stretch, "kind": kind, "kinds": timeline.kinds()}
        return render_page(request, "crm/customer_timeline.html", context, partial="entries")
    audit.viewed(request.user, person)
    return render_page(request, "crm/customer.html", page_context(request, person))


def page_context(request: HtmxRequest, person: Customer, **forms: Any) -> dict[str, Any]:
    """What the page of one customer shows; forms that were refused replace the empty ones."""
    filters = Filters.read(request.GET, today=request.business.today())
    before, after = customer_list.neighbours(filters, person, among=access.customers(request.user))
    secret = list(CustomField.objects.in_use().filter(sensitive=True))
    return {
        "section": "customers",
        "customer": person,
        "figures": figures_of([person.pk])[person.pk],
        "facts": customer_list.facts(person, filters.catalogue),
        "sensitive_fields": secret,
        "may_open": sensitive.may_open(request.user, secret),
        "sensitive_keys": sensitive.keys_with_value(person) if secret else (),
        "tags": tagging.worn(person, _tonight(request)),
        "tag_names": tag_choices(),
        "stretch": timeline.of(person),
        "kinds": timeline.kinds(),
        "filters": filters,
        "previous": before,
        "next": after,
        "note_form": NoteForm(),
        "tag_form": TagForm(),
        "consent_form": ConsentForm(),
        "blocked": consent.blocked_by(person) if person.suppressed_at else None,
        "unblock_form": UnblockForm(),
        "merges": merging.of_person(person) if access.may(request.user, Right.MANAGE) else [],
        **forms,
    }
