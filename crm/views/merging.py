"""Merging people whom somebody chose: finding the other one, side by side, the merge, and its way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm import access, merging
from crm.access import Right
from crm.bulk_actions.asking import Selection
from crm.errors import Refusal
from crm.merging import choosing, preview
from crm.merging.choosing import Wishes
from crm.models import Customer, CustomerAlias, CustomerMerge, CustomerQuerySet
from crm.views.bulk import list_of, selection_of
from crm.web import HtmxRequest, render_page

PEOPLE, WITH = "crm/duplicates/people.html", "crm/duplicates/with.html"
MOST, FOUND = 5, 20


@require_http_methods(["GET", "HEAD", "POST"])
@access.needs(Right.MANAGE)
def merge_people(request: HtmxRequest) -> HttpResponse:
    """The chosen customers side by side; by POST they become one."""
    selection = selection_of(request)
    try:
        people = _chosen(request, selection)
        if request.method != "POST":
            return _compare(request, selection, people)
        ids, wishes = [one.pk for one in people], wishes_of(request)
        done = merging.merge(ids, by=request.user, at=timezone.now(), wishes=wishes)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return _instead(request, selection)
    survivor = Customer.objects.get(pk=done.survivor)
    text = _("%(count)d records are now one: %(name)s. You can part them again on this page.")
    messages.success(request, text % {"count": len(ids), "name": survivor})
    return redirect(survivor)


def _chosen(request: HtmxRequest, selection: Selection) -> list[Customer]:
    """Those whom this reader may see, who stays first; refuses when one of them is not there (any more)."""
    people = list(selection.people(request.user).order_by("pk")[: MOST + 1])
    if len(people) > MOST:
        raise Refusal(_("Choose at most %(count)d people to merge at once.") % {"count": MOST})
    if missing := 0 if selection.everybody else len(selection.chosen) - len(people):
        raise Refusal(
            ngettext(
                "One of these people is not there any more: somebody merged or deleted them meanwhile."
                " Nothing was changed.",
                "%(count)d of these people are not there any more: somebody merged or deleted them meanwhile."
                " Nothing was changed.",
                missing,
            )
            % {"count": missing}
        )
    if len(people) < 2:
        raise Refusal(_("Choose at least two people to merge."))
    stays = request.POST.get("survivor") or str(choosing.survivor_of(people).pk)
    return sorted(people, key=lambda one: (str(one.pk) != stays, one.pk))


def _compare(request: HtmxRequest, selection: Selection, people: Sequence[Customer]) -> HttpResponse:
    context = {
        "section": "customers",
        "preview": preview.of(people),
        "selection": selection,
        "list_url": list_of(selection),
    }
    return render_page(request, PEOPLE, context)


def _instead(request: HtmxRequest, selection: Selection) -> HttpResponse:
    """The page of whoever all of them are by now, else the list."""
    former = CustomerAlias.objects.filter(kind=CustomerAlias.Kind.PUBLIC, value__in=selection.chosen)
    now = Q(public_id__in=selection.chosen) | Q(pk__in=former.values("customer"))
    found = list(access.customers(request.user).filter(now).order_by("pk")[:2])
    return redirect(found[0] if len(found) == 1 else list_of(selection))


def wishes_of(request: HtmxRequest) -> Wishes:
    """What was chosen in the preview."""
    values = {
        name.removeprefix("field:"): int(value)
        for name, value in request.POST.items()
        if name.startswith("field:") and isinstance(value, str) and _is_number(value)
    }
    offered = {int(one) for one in request.POST.getlist("tag_offered") if _is_number(one)}
    ticked = {int(one) for one in request.POST.getlist("tag") if _is_number(one)}
    return Wishes(values, frozenset(offered - ticked))


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) < 16


@require_GET
@access.needs(Right.MANAGE)
def merge_with(request: HtmxRequest, public_id: str) -> HttpResponse:
    """Who is the same person as this one? Those who share something with them, or a search."""
    person = access.find_customer(request, public_id)
    words = request.GET.get("q", "").strip()[:100]
    others = access.customers(request.user).filter(erased_at=None).exclude(pk=person.pk)
    found = others.search(words) if words else _alike(person, others)
    context = {
        "section": "customers",
        "customer": person,
        "words": words,
        "found": found.order_by("last_name", "first_name", "pk")[:FOUND],
    }
    return render_page(request, WITH, context, partial="found")


def _alike(person: Customer, others: CustomerQuerySet) -> CustomerQuerySet:
    """Who has the same address, phone or full name."""
    same = Q(pk=None)
    if person.email:
        same |= Q(email=person.email)
    if person.phone:
        same |= Q(phone=person.phone)
    if person.last_name:
        same |= Q(last_name=person.last_name, first_name=person.first_name)
    return others.filter(same)


@require_POST
@access.needs(Right.MANAGE)
def unmerge(request: HtmxRequest, pk: int) -> HttpResponse:
    visible: dict[str, Any] = {"survivor__in": access.customers(request.user).values("pk")}
    done = get_object_or_404(CustomerMerge.objects.filter(**visible), pk=pk)
    try:
        merging.unmerge(done, by=request.user, at=timezone.now())
        messages.success(request, _("They are separate people again, as before the merge."))
    except Refusal as refusal:
        messages.error(request, str(refusal))
    if request.POST.get("back") == "customer":
        return redirect(Customer.objects.get(pk=done.survivor))
    return redirect("crm:duplicates")
