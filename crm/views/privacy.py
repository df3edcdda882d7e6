"""What staff does about privacy: requests, the archive of a person, erasing."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from crm import access, audit, backups, privacy, sensitive
from crm.access import Right
from crm.errors import Refusal
from crm.models import BackupRecord, PersonalArchive, PrivacyRequest
from crm.privacy import archive, correcting
from crm.web import HtmxRequest, render_page


@require_GET
@access.needs(Right.MANAGE)
def requests(request: HtmxRequest) -> HttpResponse:
    mine = PrivacyRequest.objects.filter(customer__in=access.customers(request.user))
    waiting = mine.filter(state=PrivacyRequest.State.OPEN)
    context = {
        "section": "settings",
        "open": [(one, correcting.changes(one)) for one in waiting.select_related("customer")[:200]],
        "settled": mine.exclude(state=PrivacyRequest.State.OPEN)
        .select_related("customer", "settled_by")
        .order_by("-settled_at")[:50],
        "today": request.business.today(),
    }
    return render_page(request, "crm/privacy/requests.html", context)


@require_GET
@access.needs(Right.MANAGE)
def person(request: HtmxRequest, public_id: str) -> HttpResponse:
    customer = access.find_customer(request, public_id)
    context = {
        "section": "customers",
        "customer": customer,
        "archives": customer.archives.select_related("made_by"),
        "waiting": customer.privacy_requests.filter(state=PrivacyRequest.State.OPEN).exists(),
        "may_see_all": sensitive.may_see_all(request.user, customer),
        "backups": backups.holding(customer, timezone.now()),
    }
    return render_page(request, "crm/privacy/person.html", context)


@require_POST
@access.needs(Right.MANAGE)
def export(request: HtmxRequest, public_id: str) -> HttpResponse:
    customer = access.find_customer(request, public_id)
    if not sensitive.may_see_all(request.user, customer):
        messages.error(request, _("Some details of this person are not for your role. Ask the owner for it."))
        return redirect("crm:privacy_person", public_id)
    now = timezone.now()
    archive.make(customer, by=request.user, at=now)
    customer.privacy_requests.filter(kind="export", state="open").update(
        state=PrivacyRequest.State.DONE, settled_at=now, settled_by=request.user
    )
    audit.record(request.user, "exported", customer, count=1)
    messages.success(request, _("The file is ready. It is deleted after 14 days."))
    return redirect("crm:privacy_person", public_id)


@require_GET
@access.needs(Right.MANAGE)
def download(request: HtmxRequest, public_id: str, pk: int) -> FileResponse:
    customer = access.find_customer(request, public_id)
    found = get_object_or_404(PersonalArchive, pk=pk, customer=customer)
    if not sensitive.may_see_all(request.user, customer):
        raise PermissionDenied
    path = archive.file_of(found)
    if not path.is_file():
        raise Http404
    audit.record(request.user, "exported", customer, count=1)
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"{customer.public_id}.zip")


@require_POST
@access.needs(Right.MANAGE)
def erase(request: HtmxRequest, public_id: str) -> HttpResponse:
    customer = access.find_customer(request, public_id)
    now = timezone.now()
    left = backups.holding(customer, now)
    try:
        done = privacy.erase(customer, by=request.user, at=now)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("crm:privacy_person", public_id)
    rows, files = sum(done.tables.values()), len(done.files)
    words = {
        "rows": ngettext("%(n)d row", "%(n)d rows", rows) % {"n": rows},
        "files": ngettext("%(n)d file", "%(n)d files", files) % {"n": files},
    }
    text = _("The person is erased: %(rows)s and %(files)s. Sums and counts are unchanged.")
    messages.success(request, text % words)
    if left:
        messages.warning(request, _still_in(left))
    return redirect("crm:customers")


def _still_in(left: list[backups.Aged]) -> str:
    """Which files nothing here can reach."""
    named = "; ".join(
        ngettext("%(name)s (%(n)d day old)", "%(name)s (%(n)d days old)", one.days)
        % {"name": one.name, "n": one.days}
        for one in left[:5]
    )
    text = ngettext(
        "%(n)d backup still holds this person until you delete it: %(names)s.",
        "%(n)d backups still hold this person until you delete them: %(names)s.",
        len(left),
    )
    return text % {"n": len(left), "names": named}


@require_GET
@access.needs(Right.MANAGE)
def kept_backups(request: HtmxRequest) -> HttpResponse:
    context = {"section": "settings", "backups": backups.known(timezone.now())}
    return render_page(request, "crm/privacy/backups.html", context)


@require_POST
@access.needs(Right.MANAGE)
def backup_deleted(request: HtmxRequest, pk: int) -> HttpResponse:
    record = get_object_or_404(BackupRecord, pk=pk)
    backups.settle(record, by=request.user, at=timezone.now())
    messages.success(request, _("Thank you. It is no longer named as holding anybody."))
    return redirect("crm:backups")


@require_POST
@access.needs(Right.MANAGE)
def accept(request: HtmxRequest, pk: int) -> HttpResponse:
    """Take over what a customer says is right about them."""
    mine = PrivacyRequest.objects.filter(customer__in=access.customers(request.user))
    wanted = get_object_or_404(mine, pk=pk, kind=PrivacyRequest.Kind.CORRECT)
    try:
        done = correcting.accept(wanted, by=request.user, at=timezone.now(), today=request.business.today())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        if done:
            messages.success(request, _("It stands with the customer now."))
        else:
            messages.error(request, _("Somebody has settled this already."))
    return redirect("crm:privacy_requests")


@require_POST
@access.needs(Right.MANAGE)
def decline(request: HtmxRequest, pk: int) -> HttpResponse:
    mine = PrivacyRequest.objects.filter(customer__in=access.customers(request.user))
    wanted = get_object_or_404(mine, pk=pk)
    answer = request.POST.get("answer", "").strip()[:300]
    if not answer:
        messages.error(request, _("Say why: the person has a right to know."))
        return redirect("crm:privacy_requests")
    settled = {"state": PrivacyRequest.State.DECLINED, "answer": answer, "settled_at": timezone.now()}
    settled["proposal"] = {}  # What was not taken over is nothing we know of them.
    mine.filter(pk=wanted.pk, state=PrivacyRequest.State.OPEN).update(**settled, settled_by=request.user)
    audit.record(request.user, "changed", wanted)
    return redirect("crm:privacy_requests")
