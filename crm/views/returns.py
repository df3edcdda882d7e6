"""What came back, for staff; and the address that providers post their reports to."""

from __future__ import annotations

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from crm import access
from crm.cases.incoming import reasons
from crm.errors import Refusal
from crm.models import DeliveryEvent, ReceivedMail, Sender
from crm.outbox import providers
from crm.outbox.returns import hooks
from crm.paging import page_of
from crm.web import HtmxRequest, render_page

A_MINUTE = 6000


@require_GET
@access.staff
def returns(request: HtmxRequest) -> HttpResponse:
    kind = request.GET.get("kind", "")
    found = access.visible(request.user, DeliveryEvent.objects.select_related("mailing").defer("raw"))
    if kind in DeliveryEvent.Kind.values:
        found = found.filter(kind=kind)
    elif kind == "unknown":
        found = found.filter(message=None)
    page = page_of(found, ["-id"], after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    aside = ReceivedMail.objects.filter(state=ReceivedMail.State.ASIDE, reason=reasons.NO_RETURN)
    context = {
        "section": "campaigns",
        "page": page,
        "kind": kind,
        "kinds": DeliveryEvent.Kind.choices,
        "unread": aside.count(),
    }
    return render_page(request, "crm/sending/returns.html", context)


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
@access.public
def delivery_hook(request: HttpRequest, hook: str) -> HttpResponse:
    """Reports of a provider; who does not know the secret learns nothing."""
    if request.method == "HEAD":  # Some providers try the address first.
        return HttpResponse()
    now = timezone.now()
    counter = f"delivery-hook:{hook[:40]}:{now:%H%M}"
    cache.add(counter, 0, 120)
    if cache.incr(counter) > A_MINUTE:
        return JsonResponse({"error": "Too many at once."}, status=429, headers={"Retry-After": "60"})
    sender = Sender.objects.filter(hook=hook[:40], provider__in=providers.KNOWN).first()
    if sender is None:
        return JsonResponse({"error": "Nobody here."}, status=404)
    if not hooks.is_genuine(sender, request):
        return JsonResponse({"error": "Not the right key."}, status=403)
    if int(request.META.get("CONTENT_LENGTH") or 0) > hooks.MOST:
        return JsonResponse({"error": "Too large."}, status=413)
    try:
        noted = hooks.take(sender, request, now=now)
    except Refusal as refusal:
        return JsonResponse({"error": str(refusal)}, status=400)
    return JsonResponse({"noted": noted})
