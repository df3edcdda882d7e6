"""Where customers' mails come in."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm import access, audit
from crm.cases.incoming import imap
from crm.errors import Refusal, TemporaryFailure
from crm.forms.cases import MailboxForm
from crm.models import Mailbox
from crm.web import HtmxRequest, render_page


@require_GET
@access.owner
def mailboxes(request: HtmxRequest) -> HttpResponse:
    context = {"section": "settings", "mailboxes": Mailbox.objects.defer("secret")}
    return render_page(request, "crm/service/mailboxes.html", context)


@require_http_methods(["GET", "POST"])
@access.owner
def mailbox(request: HtmxRequest, pk: int | None = None) -> HttpResponse:
    found = get_object_or_404(Mailbox, pk=pk) if pk is not None else None
    form = MailboxForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        box: Mailbox = form.save(commit=False)
        if form.cleaned_data["password"]:
            box.secret = form.cleaned_data["password"]
        elif not box.secret:  # A provider posts to us: it needs a key to sign with.
            box.secret = secrets.token_urlsafe(24)
        if {"host", "username", "folder"} & set(form.changed_data):
            box.uid_validity = box.last_uid = 0
        box.error = ""
        box.save()
        audit.record(request.user, "changed" if found else "created", box)
        messages.success(request, _("Saved."))
        return redirect("crm:mailbox", pk=box.pk)
    address = f"{settings.SITE_URL}/hooks/mail/{found.hook}" if found else ""
    context = {"section": "settings", "form": form, "mailbox": found, "hook_address": address}
    return render_page(request, "crm/service/mailbox.html", context, status=422 if form.errors else 200)


@require_POST
@access.owner
def mailbox_test(request: HtmxRequest, pk: int) -> HttpResponse:
    """Sign in now and say what happened."""
    box = get_object_or_404(Mailbox, pk=pk, kind=Mailbox.Kind.IMAP)
    try:
        count = imap.test(box)
    except (TemporaryFailure, Refusal) as failure:
        messages.error(request, _(str(failure)))
    else:
        text = ngettext("It works: %(n)s mail lies there.", "It works: %(n)s mails lie there.", count)
        messages.success(request, text % {"n": count})
    return redirect("crm:mailbox", pk=pk)


@require_POST
@access.owner
def mailbox_key(request: HtmxRequest, pk: int) -> HttpResponse:
    """A new key for the provider, shown once; the old one is worth nothing from now on."""
    box = get_object_or_404(Mailbox.objects.defer("secret").exclude(kind=Mailbox.Kind.IMAP), pk=pk)
    key = secrets.token_urlsafe(24)
    box.secret = key
    box.save(update_fields=["secret"])
    audit.record(request.user, "changed", box, detail="key")
    context = {"section": "settings", "mailbox": box, "key": key}
    return render_page(request, "crm/service/mailbox_key.html", context)


@require_POST
@access.owner
def mailbox_remove(request: HtmxRequest, pk: int) -> HttpResponse:
    box = get_object_or_404(Mailbox.objects.defer("secret"), pk=pk)
    audit.record(request.user, "deleted", box)
    box.delete()
    return redirect("crm:mailboxes")
