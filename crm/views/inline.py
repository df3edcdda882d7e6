"""Changing one field where it is shown."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from crm import access, inline
from crm.access import Right
from crm.customer_list import rows_of, with_columns
from crm.listing.catalogue import Catalogue
from crm.models import Customer
from crm.web import HtmxRequest, render_page


@require_http_methods(["GET", "HEAD", "POST"])
@access.needs(Right.EDIT)
def customer_cell(request: HtmxRequest, public_id: str, column: str) -> HttpResponse:
    """The field of one value; saved, it answers with the value again."""
    person = access.find_customer(request, public_id)
    shown = Catalogue().columns.get(column)
    today = request.business.today()
    cell = inline.ask(person, column, today=today) if shown and shown.editable else None
    if cell is None:
        raise Http404
    if "cancel" in request.GET:
        return _shown(request, person, column)
    refused = None
    if request.method == "POST":
        value, was = "; ".join(request.POST.getlist(cell.field.name)), request.POST.get("was", "")
        refused = inline.change(person, column, value, was, by=request.user, today=today)
        if refused is None:
            return _shown(request, person, column) if request.htmx else redirect(person)
    context = {"section": "customers", "customer": person, "column": shown, "cell": refused or cell}
    status = 422 if refused else 200
    return render_page(request, "crm/customers/cell_form.html", context, partial="cell", status=status)


def _shown(request: HtmxRequest, person: Customer, key: str) -> HttpResponse:
    column = Catalogue().columns[key]
    fresh = with_columns(access.customers(request.user).filter(pk=person.pk), [column])
    for row in rows_of(list(fresh), [column]):
        context = {"row": row, "customer": row.customer, "column": column, "value": row.cells[0][1]}
        return render_page(request, "crm/customers/cell.html", context, partial="cell")
    raise Http404  # Given to somebody else, whom this reader does not see.
