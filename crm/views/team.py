"""One member of the team, what holds for all of them, and handing customers over."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from crm import access, accounts, audit, second_factor
from crm.errors import Refusal
from crm.forms.team import HandOverForm, MemberForm, TeamForm
from crm.models import Business, Customer, User
from crm.web import HtmxRequest, render_page


@require_http_methods(["GET", "POST"])
@access.owner
def member(request: HtmxRequest, pk: int) -> HttpResponse:
    """Role and scope; codes reset, signed out everywhere, an invitation taken back."""
    user = get_object_or_404(User, pk=pk)
    sent = request.POST if "role" in request.POST else None
    form = MemberForm(sent, instance=User(role=user.role, scope=user.scope))
    if request.method == "POST":
        try:
            if _act(request, user, form):
                return redirect("crm:staff")
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return redirect("crm:member", pk)
    context = {
        "section": "settings",
        "member": user,
        "form": form,
        "has_codes": second_factor.is_on(user),
        "customers": Customer.objects.filter(owner=user).count(),
        "expires": accounts.invitation_ends(user),
        "now": timezone.now(),
    }
    return render_page(request, "crm/team/member.html", context, status=422 if form.errors else 200)


def _act(request: HtmxRequest, user: User, form: MemberForm) -> bool:
    """Do what the button says; False when the form has something wrong."""
    if "codes" in request.POST:
        second_factor.switch_off(user)
        accounts.end_sessions(user)
        audit.record(request.user, "changed", user, detail="second factor reset")
    elif "sessions" in request.POST:
        accounts.end_sessions(user)
        audit.record(request.user, "changed", user, detail="signed out everywhere")
    elif "revoke" in request.POST:
        audit.record(request.user, "deleted", user, detail="invitation")
        accounts.revoke(user)
    elif form.is_valid():
        change = audit.difference({"role": user.role, "scope": user.scope}, form.cleaned_data)
        accounts.set_place(user, form.cleaned_data["role"], form.cleaned_data["scope"], at=timezone.now())
        audit.record(request.user, "changed", user, change=change)
    else:
        return False
    messages.success(request, _("Done."))
    return True


@require_POST
@access.owner
def rules(request: HtmxRequest) -> HttpResponse:
    """What holds for everybody: codes required, working alone."""
    business = Business.current()
    form = TeamForm(request.POST, instance=business)
    if form.is_valid():
        form.save()
        audit.record(request.user, "changed", business, change=audit.change_of(form))
        messages.success(request, _("Saved."))
    return redirect("crm:staff")


@require_http_methods(["GET", "POST"])
@access.needs(access.Right.MANAGE)
def hand_over(request: HtmxRequest) -> HttpResponse:
    """All customers of one member become another's, or nobody's."""
    form = HandOverForm(request.POST or None, initial={"source": request.GET.get("of", "none")})
    if request.method == "POST" and form.is_valid():
        ends = form.cleaned_data["source"], form.cleaned_data["target"]
        source, target = (None if key == "none" else int(key) for key in ends)
        moved = access.customers(request.user).filter(owner=source).update(owner=target)
        change = ({"owner": source}, {"owner": target})
        audit.record(request.user, "changed", "customer", change=change, count=moved, detail="handed over")
        text = ngettext("%(n)s customer is handed over.", "%(n)s customers are handed over.", moved)
        messages.success(request, text % {"n": moved})
        return redirect("crm:hand_over")
    counts = accounts.customers_by_owner(access.customers(request.user))
    context = {"section": "settings", "form": form, "counts": counts}
    return render_page(request, "crm/team/hand_over.html", context, status=422 if form.errors else 200)
