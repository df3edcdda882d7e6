"""Households and companies: the list, the page of one, who is in, and who might be."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm import access, audit, groups, masking, timeline
from crm.access import Right
from crm.errors import Refusal
from crm.figures import figures_of
from crm.forms.groups import GroupForm, RoleForm
from crm.models import Customer, Group, GroupMember
from crm.paging import page_of
from crm.web import HtmxRequest, render_page

FOUND = 8


@require_GET
@access.staff
def group_list(request: HtmxRequest) -> HttpResponse:
    masked, kind = masking.active(), request.GET.get("kind", "")
    words = "" if masked else request.GET.get("q", "").strip()[:100]
    found = groups.visible(request.user)
    found = found.filter(kind=kind) if kind in Group.Kind.values else found
    found = groups.search(found, words) if words else found
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = page_of(found, ("id",) if masked else ("name", "id"), after=after, before=before)
    worth = groups.worth_of(page.rows, request.user)
    context = {
        "section": "customers",
        "page": page,
        "rows": [(one, *worth[one.pk]) for one in page.rows],
        "words": words,
        "kind": kind,
        "kinds": groups.choices(),
    }
    return render_page(request, "crm/people/groups.html", context)


@require_GET
@access.needs(Right.EDIT)
def group_suggestions(request: HtmxRequest) -> HttpResponse:
    context = {
        "section": "customers",
        "suggestions": groups.suggestions(request.user),
        "address": groups.address_field(),
    }
    return render_page(request, "crm/people/group_suggestions.html", context)


@require_POST
@access.needs(Right.EDIT)
def group_suggestion(request: HtmxRequest, kind: str, key: str) -> HttpResponse:
    """Take a suggestion up, or never show it again."""
    try:
        suggestion = groups.find(kind, key, request.user)
    except Refusal as refused:
        messages.error(request, str(refused))
        return redirect("crm:group_suggestions")
    if "refuse" in request.POST:
        groups.refuse(suggestion)
        return redirect("crm:group_suggestions")
    group = groups.accept(suggestion, request.user)
    audit.record(request.user, "created", group, count=suggestion.count)
    messages.success(request, _("“%(name)s” is there.") % {"name": group})
    return redirect(group)


@require_http_methods(["GET", "POST"])
@access.needs(Right.EDIT)
def group_new(request: HtmxRequest) -> HttpResponse:
    """A new one, with the customer whom the address names as its first member."""
    number = request.GET.get("customer", "")[:12]
    person = access.find_customer(request, number) if number else None
    initial = {"name": person.last_name if person and not person.is_masked else ""}
    form = GroupForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        group = form.save()
        audit.record(request.user, "created", group)
        if person:
            groups.join(group, person)
        return redirect(group)
    context = {"section": "customers", "form": form, "customer": person}
    return render_page(request, "crm/people/group_form.html", context, status=422 if form.errors else 200)


@require_GET
@access.staff
def group(request: HtmxRequest, pk: int) -> HttpResponse:
    return _page(request, _find(request, pk))


def _page(request: HtmxRequest, group: Group, **more: Any) -> HttpResponse:
    members = groups.members(request.user, group)
    ids = [one.customer_id for one in members]
    figures = figures_of(ids)
    words = request.GET.get("q", "").strip()[:100]
    context = {
        "section": "customers",
        "group": group,
        "rows": [(one, figures[one.customer_id]) for one in members],
        "worth": groups.worth(list(figures.values())),
        "stretch": timeline.of_people(ids, before=request.GET.get("older", "")) if ids else None,
        "names": {one.customer_id: one.customer for one in members},
        "words": words,
        "found": _found(request, words, ids) if words else [],
    }
    return render_page(request, "crm/people/group.html", context | more)


def _found(request: HtmxRequest, words: str, inside: list[int]) -> list[Customer]:
    people = access.customers(request.user, Customer.objects.search(words))
    return list(people.exclude(pk__in=inside).order_by("last_name", "first_name", "pk")[:FOUND])


@require_http_methods(["GET", "POST"])
@access.needs(Right.EDIT)
def group_edit(request: HtmxRequest, pk: int) -> HttpResponse:
    group = _find(request, pk)
    form = GroupForm(request.POST or None, instance=group)
    if request.method == "POST" and form.is_valid():
        audit.record(request.user, "changed", group, change=audit.change_of(form))
        form.save()
        messages.success(request, _("Saved."))
        return redirect(group)
    context = {"section": "customers", "form": form, "group": _find(request, pk)}
    return render_page(request, "crm/people/group_form.html", context, status=422 if form.errors else 200)


@require_POST
@access.needs(Right.EDIT)
def group_join(request: HtmxRequest, pk: int) -> HttpResponse:
    group = _find(request, pk)
    person = access.find_customer(request, request.POST.get("customer", "")[:12])
    form = RoleForm(request.POST)
    groups.join(group, person, role=form.cleaned_data["role"] if form.is_valid() else "")
    audit.record(request.user, "changed", group, detail="member added")
    return redirect(group)


@require_POST
@access.needs(Right.EDIT)
def group_member(request: HtmxRequest, pk: int, member: int) -> HttpResponse:
    """Change the role, make somebody the main contact, or let them go."""
    group = _find(request, pk)
    rows = access.visible(request.user, GroupMember.objects.filter(group=group))
    found = get_object_or_404(rows, pk=member)
    match request.POST.get("do"):
        case "main":
            groups.make_main(found)
        case "leave":
            found.delete()
        case _:
            form = RoleForm(request.POST)
            if form.is_valid():
                rows.filter(pk=member).update(role=form.cleaned_data["role"])
    audit.record(request.user, "changed", group, detail="members")
    return redirect(group)


@require_POST
@access.needs(Right.MANAGE)
def group_remove(request: HtmxRequest, pk: int) -> HttpResponse:
    """The household or company goes, its people stay."""
    group = _find(request, pk)
    audit.record(request.user, "deleted", group)
    group.delete()
    messages.success(request, _("“%(name)s” is gone; its people are still there.") % {"name": group})
    return redirect("crm:groups")


@require_GET
@access.staff
def groups_panel(request: HtmxRequest, public_id: str) -> HttpResponse:
    """The households and companies of a customer, for their page."""
    person = access.find_customer(request, public_id)
    mine = list(person.groups.select_related("group").order_by("pk"))
    worth = groups.worth_of([one.group for one in mine], request.user)
    rows = [(one, *worth[one.group_id]) for one in mine]
    context = {"section": "customers", "customer": person, "rows": rows, "back": reverse("crm:groups")}
    return render_page(request, "crm/people/groups_panel.html", context, partial="panel")


def _find(request: HtmxRequest, pk: int) -> Group:
    return get_object_or_404(groups.visible(request.user), pk=pk)
