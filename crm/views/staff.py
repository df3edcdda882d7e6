"""Who may sign in."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm import access, accounts
from crm.errors import Refusal
from crm.forms.account import InviteForm
from crm.forms.team import TeamForm
from crm.models import User
from crm.web import HtmxRequest, render_page


@require_http_methods(["GET", "POST"])
@access.owner
def staff(request: HtmxRequest) -> HttpResponse:
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = accounts.invite(**form.cleaned_data, language="", at=timezone.now())
        messages.success(request, _("%(email)s gets a mail with a link.") % {"email": user.email})
        return redirect("crm:staff")
    people = User.objects.order_by("-is_active", "name", "email")
    context = {
        "section": "settings",
        "form": form,
        "people": people,
        "rules": TeamForm(instance=request.business),
    }
    return render_page(request, "crm/staff.html", context, status=422 if form.errors else 200)


@require_POST
@access.owner
def staff_change(request: HtmxRequest, pk: int) -> HttpResponse:
    """Role, in or out, or a fresh link: one button each."""
    user = get_object_or_404(User, pk=pk)
    try:
        if (role := request.POST.get("role")) in User.Role.values:
            accounts.set_role(user, str(role))
        elif (active := request.POST.get("active")) in ("0", "1"):
            accounts.set_active(user, active == "1")
        elif "invite" in request.POST and not user.last_login:
            accounts.invite_again(user, at=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Done."))
    return redirect("crm:home" if user.pk == request.user.pk else "crm:staff")
