"""What came in by mail and what became of it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import FileResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm import access, masking
from crm import cases as door
from crm.access import Right
from crm.cases import incoming
from crm.cases.incoming import reasons
from crm.errors import Refusal
from crm.models import ReceivedMail, User
from crm.paging import page_of
from crm.web import HtmxRequest, render_page


@require_GET
@access.staff
def received(request: HtmxRequest) -> HttpResponse:
    state = request.GET.get("state", "")
    found = ReceivedMail.objects.select_related("case", "mailbox")
    if request.user.scope == User.Scope.OWN:
        found = found.filter(case__in=door.visible(request.user))
    if state in ReceivedMail.State.values:
        found = found.filter(state=state)
    page = page_of(found, ["-id"], after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    for one in page.rows:
        one.sender, one.subject = masking.hide(one.sender), masking.hide(one.subject)
    context = {
        "section": "service",
        "page": page,
        "state": state,
        "states": ReceivedMail.State.choices,
        "reasons": reasons.LABELS,
    }
    return render_page(request, "crm/service/received.html", context, partial="list")


@require_GET
@access.needs(Right.MANAGE)
def received_mail(request: HtmxRequest, pk: int) -> FileResponse:
    """The mail that was put aside, as a file."""
    found = get_object_or_404(ReceivedMail, pk=pk)
    if not found.file or not found.file.storage.exists(str(found.file.name)):
        raise Http404
    return FileResponse(
        found.file.open("rb"),
        as_attachment=True,
        filename=f"mail-{found.pk}.eml",
        content_type="application/octet-stream",
    )


@require_POST
@access.needs(Right.MANAGE)
def received_take(request: HtmxRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(ReceivedMail, pk=pk)
    try:
        case = incoming.take_anyway(found, by=request.user, at=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("crm:received")
    messages.success(request, _("It is on case #%(number)s now.") % {"number": case.pk})
    return redirect(case)
