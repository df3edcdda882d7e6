"""Perhaps the same person: the work list, one group side by side, merging, telling apart."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from crm import access, custom_fields, merging, paging
from crm.access import Right
from crm.duplicates import deciding, searching, wording
from crm.errors import Refusal
from crm.merging import choosing, many, preview
from crm.models import (
    BulkMerge,
    Customer,
    CustomerMerge,
    DuplicateGroup,
    DuplicateMember,
    DuplicateSearch,
)
from crm.tasks import merge_many, search_duplicates
from crm.views.merging import wishes_of
from crm.web import HtmxRequest, render_page

LIST, GROUP = "crm/duplicates/list.html", "crm/duplicates/group.html"
SURE = (0.99, 0.95, 0.9, 0.8)


def _groups(request: HtmxRequest) -> QuerySet[DuplicateGroup]:
    """Groups all of whose members this reader may see."""
    foreign = DuplicateMember.objects.filter(group=OuterRef("pk")).exclude(
        customer__in=access.customers(request.user)
    )
    return DuplicateGroup.objects.filter(~Exists(foreign))


@require_GET
@access.staff
def duplicates(request: HtmxRequest) -> HttpResponse:
    members = DuplicateMember.objects.select_related("customer").order_by("pk")
    rows = _groups(request).filter(state=DuplicateGroup.State.OPEN)
    rows = rows.prefetch_related(Prefetch("members", members))
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = paging.page_of(rows, ["-confidence", "pk"], after=after, before=before, size=25)
    labels = wording.labels(custom_fields.plain())
    search, bulk = DuplicateSearch.objects.order_by("-pk").first(), BulkMerge.objects.order_by("-pk").first()
    context = {
        "section": "customers",
        "page": page,
        "rows": [(group, wording.sentences(group.reasons, labels)[:5]) for group in page.rows],
        "count": rows.count(),
        "search": search,
        "bulk": bulk,
        "busy": any(one and one.is_busy for one in (search, bulk)),
        "offers": [(level, n) for level in SURE if (n := many.waiting(level).count())],
        "merges": _recent(request),
    }
    return render_page(request, LIST, context, partial="work")


def _recent(request: HtmxRequest) -> list[tuple[CustomerMerge, Customer | None]]:
    done = list(CustomerMerge.objects.filter(state=CustomerMerge.State.DONE).order_by("-pk")[:10])
    people = access.customers(request.user).in_bulk([one.survivor for one in done])
    return [(one, people[one.survivor]) for one in done if one.survivor in people]


@require_GET
@access.staff
def duplicate(request: HtmxRequest, pk: int) -> HttpResponse:
    group = get_object_or_404(_groups(request), pk=pk)
    return _side_by_side(request, group)


def _side_by_side(request: HtmxRequest, group: DuplicateGroup, status: int = 200) -> HttpResponse:
    people = list(Customer.objects.filter(pk__in=group.members.values("customer")).order_by("pk"))
    if len(people) < 2:
        messages.info(request, _("There is nothing left to decide here."))
        return redirect("crm:duplicates")
    first = choosing.survivor_of(people)
    people.sort(key=lambda one: one.pk != first.pk)
    labels = wording.labels(custom_fields.plain())
    context = {
        "section": "customers",
        "group": group,
        "preview": preview.of(people),
        "reasons": wording.sentences(group.reasons, labels),
    }
    return render_page(request, GROUP, context, status=status)


@require_POST
@access.needs(Right.MANAGE)
def duplicate_merge(request: HtmxRequest, pk: int) -> HttpResponse:
    group = get_object_or_404(_groups(request), pk=pk)
    chosen = {int(one) for one in request.POST.getlist("person")[:50] if one.isdecimal() and len(one) < 16}
    among = access.customers(request.user).filter(pk__in=group.members.values("customer"))
    stays = request.POST.get("survivor", "")
    ids = list(among.filter(pk__in=chosen).values_list("pk", flat=True))
    ids.sort(key=lambda pk: (str(pk) != stays, pk))
    try:
        if len(ids) < len(chosen):
            raise Refusal(_("Somebody was quicker: these are not the people of this group any more."))
        done = merging.merge(ids, by=request.user, at=timezone.now(), wishes=wishes_of(request), group=group)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("crm:duplicates") if group.state != "open" else _side_by_side(request, group, 409)
    survivor = Customer.objects.get(pk=done.survivor)
    text = _("%(count)d records are now one: %(name)s. You can take that back at the end of this page.")
    messages.success(request, text % {"count": len(ids), "name": survivor})
    return redirect("crm:duplicates")


@require_POST
@access.needs(Right.MANAGE)
def duplicate_different(request: HtmxRequest, pk: int) -> HttpResponse:
    group = get_object_or_404(_groups(request), pk=pk)
    try:
        deciding.tell_apart(group, by=request.user, at=timezone.now())
        messages.success(request, _("Remembered: these are different people. You will not be asked again."))
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("crm:duplicates")


@require_POST
@access.needs(Right.MANAGE)
def duplicate_search(request: HtmxRequest) -> HttpResponse:
    search = searching.ask(request.user, at=timezone.now())
    transaction.on_commit(lambda: search_duplicates.delay(search.pk), robust=True)
    messages.success(request, _("The search has begun. You may leave this page meanwhile."))
    return redirect("crm:duplicates")


@require_POST
@access.needs(Right.MANAGE)
def duplicate_bulk(request: HtmxRequest) -> HttpResponse:
    try:
        if request.user.scope == request.user.Scope.OWN:
            raise Refusal(_("Only somebody who sees all customers can merge all groups."))
        bulk = many.ask(_number(request.POST.get("confidence", "")), by=request.user, at=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("crm:duplicates")
    transaction.on_commit(lambda: merge_many.delay(bulk.pk), robust=True)
    text = ngettext("%(count)d group is being merged.", "%(count)d groups are being merged.", bulk.total)
    messages.success(request, text % {"count": bulk.total})
    return redirect("crm:duplicates")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


@require_POST
@access.needs(Right.MANAGE)
def duplicate_bulk_undo(request: HtmxRequest, pk: int) -> HttpResponse:
    bulk = get_object_or_404(BulkMerge, pk=pk)
    try:
        if request.user.scope == request.user.Scope.OWN:
            raise Refusal(_("Only somebody who sees all customers can take this back."))
        many.ask_back(bulk.pk, at=timezone.now())
        transaction.on_commit(lambda: merge_many.delay(bulk.pk), robust=True)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("crm:duplicates")
