"""Loading the invented shop into an empty place, and taking it away again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from campaigns.demo import analysing, loading, removing
from crm import access
from crm.errors import Refusal
from crm.web import HtmxRequest, render_page


@require_GET
@access.owner
def demo(request: HtmxRequest) -> HttpResponse:
    context = {
        "section": "settings",
        "is_loaded": loading.is_loaded(),
        "has_own_data": loading.has_own_data(),
        "goes": removing.what_goes(),
        "is_invented_account": request.user.email in {loading.OWNER, loading.STAFF},
    }
    return render_page(request, "campaigns/demo.html", context)


@require_POST
@access.owner
def load_demo(request: HtmxRequest) -> HttpResponse:
    try:
        loading.load(timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("campaigns:demo")
    analysing.analyse()
    messages.success(request, _("The invented shop is here. Have a look around."))
    return redirect("crm:home")


@require_POST
@access.owner
def remove_demo(request: HtmxRequest) -> HttpResponse:
    removing.remove(keep_user=request.user)
    messages.success(request, _("The invented shop is gone. What you made yourself is still here."))
    return redirect("crm:home")
