"""Settings → Connections: shops that tell us what happens there, and what became of each message."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm import access, audit
from crm.forms.shops import ShopForm
from crm.models import AuditEntry, Feed, ShopConnection, ShopEvent
from crm.paging import page_of
from crm.shops import shopify, woocommerce, working
from crm.tasks import work_in_shop_event
from crm.web import HtmxRequest, render_page

State = ShopEvent.State
KEY = "secret"


@require_GET
@access.owner
def connections(request: HtmxRequest) -> HttpResponse:
    failed = Count("events", filter=Q(events__state=State.FAILED))
    context = {
        "section": "settings",
        "shops": ShopConnection.objects.defer(KEY).annotate(failed=failed),
        "feeds": Feed.objects.defer("authorization"),
    }
    return render_page(request, "crm/connections/list.html", context)


@require_http_methods(["GET", "POST"])
@access.owner
def shop(request: HtmxRequest, pk: int | None = None) -> HttpResponse:
    found = get_object_or_404(ShopConnection, pk=pk) if pk is not None else None
    form = ShopForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        row: ShopConnection = form.save(commit=False)
        row.secret = form.cleaned_data[KEY] or row.secret
        row.save()
        audit.record(request.user, "changed" if found else "created", row)
        messages.success(request, _("Saved."))
        return redirect("crm:shop", pk=row.pk)
    context = {"section": "settings", "form": form, "shop": found}
    if found is not None:
        context |= _about(request, found)
    return render_page(request, "crm/connections/shop.html", context, status=422 if form.errors else 200)


def _about(request: HtmxRequest, found: ShopConnection) -> dict[str, object]:
    """Where to paste what, and what came."""
    events = found.events.defer("body")
    state = request.GET.get("state", "")
    if state in State.values:
        events = events.filter(state=state)
    marks = request.GET.get("after", ""), request.GET.get("before", "")
    return {
        "address": settings.SITE_URL + reverse("crm:shop_hook", args=[found.token]),
        "topics": shopify.TOPICS if found.kind == ShopConnection.Kind.SHOPIFY else woocommerce.TOPICS,
        "has_secret": bool(found.secret),
        "page": page_of(events, ["-id"], after=marks[0], before=marks[1], size=30),
        "states": State.choices,
        "state": state,
    }


@never_cache
@require_POST
@access.owner
def shop_secret(request: HtmxRequest, pk: int) -> HttpResponse:
    """A new secret to paste into the shop, shown once; the old one is worth nothing from now on."""
    row = get_object_or_404(ShopConnection.objects.defer(KEY), pk=pk)
    row.secret = secrets.token_urlsafe(30)
    row.save(update_fields=[KEY])
    audit.record(request.user, AuditEntry.Action.CHANGED, row, detail="secret")
    context = {"section": "settings", "shop": row, "secret": row.secret}
    return render_page(request, "crm/connections/secret.html", context)


@require_POST
@access.owner
def shop_change(request: HtmxRequest, pk: int) -> HttpResponse:
    """One button each: on, off, away."""
    row = get_object_or_404(ShopConnection.objects.defer(KEY), pk=pk)
    what = request.POST.get("what", "")
    if what in ShopConnection.State.values:
        ShopConnection.objects.filter(pk=pk).update(state=what)
        audit.record(request.user, AuditEntry.Action.CHANGED, row, detail=what)
    elif what == "remove":
        audit.record(request.user, AuditEntry.Action.DELETED, row)
        row.delete()
        messages.success(request, _("The shop is no longer connected. What it told stays."))
        return redirect("crm:connections")
    return redirect("crm:shop", pk)


@require_POST
@access.owner
def shop_event_again(request: HtmxRequest, pk: int) -> HttpResponse:
    event = get_object_or_404(ShopEvent.objects.defer("body"), pk=pk)
    if working.again(pk, at=timezone.now()):
        audit.record(request.user, AuditEntry.Action.CHANGED, event, detail="again")
        transaction.on_commit(lambda: work_in_shop_event.delay(pk))
        messages.success(request, _("It is worked in once more; what became of it stands here in a moment."))
    return redirect("crm:shop", event.connection_id)
