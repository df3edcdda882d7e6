"""Around the customer list: giving a filter its value, choosing columns, keeping views."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm import access, accounts, customer_list, list_habits
from crm.access import Right
from crm.customer_list import Filters
from crm.forms.views import FilterForm, ViewForm
from crm.models import CustomerView
from crm.web import HtmxRequest, render_page

Place = CustomerView.Place


def _filters(request: HtmxRequest) -> Filters:
    """Those of the list that led here, carried in `back`."""
    back = (request.POST if request.method == "POST" else request.GET).get("back", "")
    return Filters.read(back[:4000], today=request.business.today())


def _list(query: str) -> str:
    return f"{reverse('crm:customers')}{'?' if query else ''}{query}"


@require_GET
@access.staff
def customer_filter(request: HtmxRequest) -> HttpResponse:
    """Ask for the value of a filter; with `apply` lead back to the list that has it."""
    filters = _filters(request)
    one = filters.offered.get(request.GET.get("key", ""))
    if one is None:  # No filter was named, or one that is gone.
        return _go(request, _list(filters.query()))
    old = request.GET.get("old", "")
    data = request.GET if "apply" in request.GET else None
    form = FilterForm(one, old, data)
    if data is not None and form.is_valid():
        found = (
            filters.without(one.key, old).plus(one.key, form.value)
            if old
            else filters.plus(one.key, form.value)
        )
        return _go(request, _list(found.query()))
    context = {"section": "customers", "filters": filters, "one": one, "old": old, "form": form}
    status = 422 if data is not None else 200
    return render_page(request, "crm/customers/filter.html", context, partial="editor", status=status)


def _go(request: HtmxRequest, url: str) -> HttpResponse:
    """Lead there; htmx must load the page anew, or it would put it into the editor."""
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


@require_GET
@access.staff
def view_counts(request: HtmxRequest) -> HttpResponse:
    """How many each tab holds, fetched after the list."""
    people = access.customers(request.user)
    tabs = list_habits.tabs(request.user, _filters(request), list_habits.habit_of(request.user))
    counts = []
    for view in tabs.pinned:
        filters = Filters.read(view.query, today=request.business.today())
        if filters.lost:  # The number would be that of another list.
            continue
        counts.append((view, customer_list.count_capped(filters, among=people)))
    context = {"counts": counts, "many": customer_list.MANY, "section": "customers"}
    return render_page(request, "crm/customers/counts.html", context, partial="counts")


@require_http_methods(["GET", "HEAD", "POST"])
@access.staff
def customer_columns(request: HtmxRequest) -> HttpResponse:
    """Which columns the list shows, and in which order; each change is kept at once."""
    filters = _filters(request)
    habit = list_habits.habit_of(request.user)
    view = list_habits.tabs(request.user, filters, habit).current
    name = str(view.pk) if view else ""
    if request.method == "POST":
        keys = _reordered(
            request, [one for one in request.POST.getlist("column") if one in filters.catalogue.columns]
        )
        list_habits.choose_columns(request.user, name, [] if "usual" in request.POST else keys)
        if "done" in request.POST:
            return _go(request, _list(filters.query()))
        habit = list_habits.habit_of(request.user)
    shown = list_habits.columns(filters, habit, view)
    others = [one for one in filters.catalogue.columns.values() if one not in shown]
    if accounts.is_solo(request.business):  # Who looks after whom tells one person nothing.
        others = [one for one in others if one.key != "owner"]
    context = {"section": "customers", "filters": filters, "shown": shown, "others": others, "view": view}
    return render_page(request, "crm/customers/columns.html", context, partial="chooser")


def _reordered(request: HttpRequest, keys: list[str]) -> list[str]:
    """The columns with one of them moved, if a button asked for that."""
    for step, name in ((-1, "up"), (1, "down")):
        key = request.POST.get(name, "")
        if key in keys:
            here = keys.index(key)
            there = min(max(here + step, 0), len(keys) - 1)
            keys[here], keys[there] = keys[there], keys[here]
    return keys


@require_http_methods(["GET", "HEAD", "POST"])
@access.staff
def view_new(request: HtmxRequest) -> HttpResponse:
    """Keep the list as it is now under a name."""
    filters = _filters(request)
    view = CustomerView(by=request.user)
    form = _form(request, view)
    if request.method == "POST" and form.is_valid():
        habit = list_habits.habit_of(request.user)
        current = list_habits.tabs(request.user, filters, habit).current
        view.query = replace(filters, view="").query()
        view.columns = [one.key for one in list_habits.columns(filters, habit, current)]
        form.save()
        messages.success(request, _("“%(name)s” is kept.") % {"name": view.name})
        return redirect(view)
    context = {"section": "customers", "filters": filters, "form": form, "view": None}
    return render_page(request, "crm/customers/view.html", context, status=422 if form.is_bound else 200)


def _form(request: HtmxRequest, view: CustomerView) -> ViewForm:
    form = ViewForm(request.POST or None, instance=view)
    if accounts.is_solo(request.business):
        form.fields["place"].widget = form.fields["place"].hidden_widget()
    if not access.may(request.user, Right.EDIT):  # Who only looks keeps views for themselves.
        form.fields["place"].choices = [(Place.PRIVATE, Place.PRIVATE.label)]  # type: ignore[attr-defined]
    return form


def _own_view(request: HtmxRequest, pk: int) -> CustomerView:
    """One's own view, or one for everybody where one may manage."""
    found = get_object_or_404(list_habits.visible(request.user), pk=pk)
    if found.by_id != request.user.pk and not access.may(request.user, Right.MANAGE):
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@access.staff
def view_change(request: HtmxRequest, pk: int) -> HttpResponse:
    """Rename a view, or let others see it; with `take` it becomes what the list shows now."""
    view = _own_view(request, pk)
    filters = _filters(request)
    form = _form(request, view)
    if request.method == "POST" and form.is_valid():
        if "take" in request.POST:
            view.query = replace(filters, view="").query()
        form.save()
        messages.success(request, _("Saved."))
        return redirect(view)
    context = {"section": "customers", "filters": filters, "form": form, "view": view}
    return render_page(request, "crm/customers/view.html", context, status=422 if form.is_bound else 200)


@require_POST
@access.staff
def view_delete(request: HtmxRequest, pk: int) -> HttpResponse:
    view = _own_view(request, pk)
    view.delete()
    messages.success(request, _("The view “%(name)s” is gone. The customers stay.") % {"name": view.name})
    return redirect(_list("view=all"))


@require_POST
@access.staff
def view_default(request: HtmxRequest) -> HttpResponse:
    """Open the list with this view from now on, or with everybody."""
    pk = request.POST.get("view", "")
    view = (
        list_habits.visible(request.user).filter(pk=pk).first() if pk.isdecimal() and len(pk) < 12 else None
    )
    list_habits.open_with(request.user, view)
    name = view.name if view else _("all customers")
    messages.success(request, _("The list opens with %(name)s from now on.") % {"name": name})
    return redirect(list_habits.readable(view) if view else _list("view=all"))
