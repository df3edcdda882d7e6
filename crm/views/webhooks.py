"""Settings → Webhooks: who hears what happens here, and what became of each message."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from crm import access, audit, webhooks
from crm.forms.connections import EndpointForm
from crm.models import AuditEntry, WebhookDelivery, WebhookEndpoint
from crm.paging import page_of
from crm.web import HtmxRequest, render_page
from crm.webhooks import delivering, signing

State = WebhookEndpoint.State


@never_cache
@require_http_methods(["GET", "POST"])
@access.owner
def endpoints(request: HtmxRequest) -> HttpResponse:
    """All receivers; a new one shows its secret once, in the answer that makes it."""
    form = EndpointForm(request.POST or None, initial={"events": list(webhooks.known())})
    made, secret = None, ""
    if request.method == "POST" and form.is_valid():
        secret = signing.new_secret()
        form.instance.secret = secret
        made = form.save()
        audit.record(request.user, AuditEntry.Action.CREATED, made)
        form = EndpointForm(initial={"events": list(webhooks.known())})
    waiting = Count("deliveries", filter=Q(deliveries__state=WebhookDelivery.State.WAITING))
    context = {
        "section": "settings",
        "form": form,
        "made": made,
        "secret": secret,
        "endpoints": WebhookEndpoint.objects.annotate(waiting=waiting),
    }
    return render_page(request, "crm/api/webhooks.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@access.owner
def endpoint(request: HtmxRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(WebhookEndpoint, pk=pk)
    form = EndpointForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        form.save()
        audit.record(request.user, AuditEntry.Action.CHANGED, row)
        messages.success(request, _("Saved."))
        return redirect("crm:webhook", pk)
    page = page_of(
        WebhookDelivery.objects.filter(endpoint=row),
        ["-id"],
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=30,
    )
    context = {"section": "settings", "endpoint": row, "form": form, "page": page, "labels": webhooks.known()}
    return render_page(request, "crm/api/webhook.html", context, status=422 if form.errors else 200)


@require_POST
@access.owner
def endpoint_change(request: HtmxRequest, pk: int) -> HttpResponse:
    """One button each: try it, on, off, away."""
    row = get_object_or_404(WebhookEndpoint, pk=pk)
    what = request.POST.get("what", "")
    if what == "test":
        webhooks.write([row], webhooks.TEST, {"hello": "from Closeknit"}, at=timezone.now())
        messages.success(request, _("A test is on its way. What became of it stands below in a moment."))
    elif what in (State.ON, State.OFF):
        WebhookEndpoint.objects.filter(pk=pk).update(state=what, failing_since=None, rests_until=None)
        audit.record(request.user, AuditEntry.Action.CHANGED, row, detail=what)
    elif what == "remove":
        audit.record(request.user, AuditEntry.Action.DELETED, row)
        row.delete()
        messages.success(request, _("The webhook is gone."))
        return redirect("crm:webhooks")
    return redirect("crm:webhook", pk)


@require_POST
@access.owner
def delivery_again(request: HtmxRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(WebhookDelivery, pk=pk)
    if delivering.again(row, at=timezone.now()):
        webhooks.deliver_soon()
        messages.success(request, _("It is sent once more."))
    return redirect("crm:webhook", row.endpoint_id)
