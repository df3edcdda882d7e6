"""Who mails come from: senders with their connection, limits, key and records."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.db.models import ProtectedError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm import access, audit
from crm.errors import Refusal, TemporaryFailure
from crm.forms.senders import RulesForm, SenderForm, TestAddressForm
from crm.models import Business, ContactRules, Sender
from crm.outbox import proving, signing, trying, waiting
from crm.outbox.returns import hooks
from crm.web import HtmxRequest, render_page

SEALED = ("secret", "dkim_key", "hook_secret")


@require_GET
@access.owner
def sender_list(request: HtmxRequest) -> HttpResponse:
    context = {
        "section": "settings",
        "senders": [waiting.with_figures(one) for one in Sender.objects.defer(*SEALED)],
        "own": Business.current().sender,
    }
    return render_page(request, "crm/sending/senders.html", context)


@require_http_methods(["GET", "POST"])
@access.owner
def sender(request: HtmxRequest, pk: int | None = None) -> HttpResponse:
    found = get_object_or_404(Sender, pk=pk) if pk is not None else None
    form = SenderForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        saved = _saved(form)
        audit.record(request.user, "changed" if found else "created", saved)
        messages.success(request, _("Saved."))
        return redirect("crm:sender", pk=saved.pk)
    context = {"section": "settings", "form": form, "sender": found, **_about(found, request.user.email)}
    return render_page(request, "crm/sending/sender.html", context, status=422 if form.errors else 200)


@transaction.atomic
def _saved(form: SenderForm) -> Sender:
    row: Sender = form.save(commit=False)
    if form.cleaned_data["password"]:
        row.secret = form.cleaned_data["password"]
    if not row.hook_secret:
        row.hook_secret = secrets.token_urlsafe(18)
    if {"from_email", "host", "provider", "kind", "return_path"} & set(form.changed_data):
        row.proof, row.proof_at = {}, None
    if row.is_usual:
        Sender.objects.exclude(pk=row.pk).filter(is_usual=True).update(is_usual=False)
    row.save()
    return row


def _about(found: Sender | None, address: str) -> dict[str, object]:
    if found is None:
        return {}
    return {
        "records": [{"record": one, "state": found.proof.get(one.what, "")} for one in proving.wanted(found)],
        "hook": f"{settings.SITE_URL}/hooks/delivery/{found.hook}",
        "hook_name": hooks.NAME,
        "test_form": TestAddressForm(initial={"to": address}),
        "figures": waiting.with_figures(found),
    }


@require_POST
@access.owner
def sender_test(request: HtmxRequest, pk: int) -> HttpResponse:
    """One mail by this sender now, and what its server answered."""
    found = get_object_or_404(Sender, pk=pk)
    form = TestAddressForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Please give a complete e-mail address."))
        return redirect("crm:sender", pk=pk)
    try:
        said = trying.send(found, form.cleaned_data["to"], now=timezone.now())
    except (TemporaryFailure, Refusal) as failure:
        messages.error(request, _(str(failure)))
    else:
        messages.success(request, said)
    return redirect("crm:sender", pk=pk)


@require_POST
@access.owner
def sender_key(request: HtmxRequest, pk: int) -> HttpResponse:
    """A new DKIM key with a selector of its own: the old record may stay until mails on their way arrived."""
    found = get_object_or_404(Sender, pk=pk)
    selector = f"ck{timezone.now():%y%m}{secrets.token_hex(2)}"
    found.dkim_selector, found.dkim_key = selector, signing.new_key()
    found.proof.pop("DKIM", None)
    found.save(update_fields=["dkim_selector", "dkim_key", "proof"])
    audit.record(request.user, "changed", found, detail="key")
    messages.success(request, _("The key is made. Put its record into your DNS, then look again."))
    return redirect("crm:sender", pk=pk)


@require_POST
@access.owner
def sender_look(request: HtmxRequest, pk: int) -> HttpResponse:
    """Ask the DNS now."""
    found = get_object_or_404(Sender, pk=pk)
    records = proving.look(found)
    proving.keep(found, records, timezone.now())
    found.refresh_from_db()
    context = {
        "section": "settings",
        "sender": found,
        "form": SenderForm(instance=found),
        **_about(found, request.user.email),
        "records": [{"record": one, "state": one.state} for one in records],
    }
    return render_page(request, "crm/sending/sender.html", context)


@require_POST
@access.owner
def sender_remove(request: HtmxRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Sender.objects.defer(*SEALED), pk=pk)
    audit.record(request.user, "deleted", found)
    try:
        found.delete()
    except ProtectedError:
        messages.error(request, _("Campaigns were sent by it, so it stays. Take it out of use instead."))
        return redirect("crm:sender", pk=pk)
    return redirect("crm:senders")


@require_http_methods(["GET", "POST"])
@access.needs(access.Right.MANAGE)
def rules(request: HtmxRequest) -> HttpResponse:
    """The house rules of writing to people, over everything that sends."""
    form = RulesForm(request.POST or None, instance=ContactRules.current())
    if request.method == "POST" and form.is_valid():
        form.save()
        audit.record(request.user, "changed", form.instance, change=audit.change_of(form))
        messages.success(request, _("Saved."))
        return redirect("crm:contact_rules")
    context = {"section": "settings", "form": form}
    return render_page(request, "crm/sending/rules.html", context, status=422 if form.errors else 200)
