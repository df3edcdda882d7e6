"""The address that a provider posts customers' mails to."""

from __future__ import annotations

from django.core.cache import cache
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from crm import access
from crm.cases.incoming import hooks
from crm.errors import Refusal
from crm.models import Mailbox

A_MINUTE = 300


@csrf_exempt
@require_POST
@access.public
def mail_hook(request: HttpRequest, hook: str) -> JsonResponse:
    now = timezone.now()
    counter = f"mail-hook:{hook[:40]}:{now:%H%M}"
    cache.add(counter, 0, 120)
    if cache.incr(counter) > A_MINUTE:
        return JsonResponse({"error": "Too many at once."}, status=429, headers={"Retry-After": "60"})
    kinds = (Mailbox.Kind.RAW, Mailbox.Kind.POSTMARK)
    box = Mailbox.objects.filter(hook=hook[:40], is_active=True, kind__in=kinds).first()
    if box is None:
        return JsonResponse({"error": "Nobody here."}, status=404)
    data = hooks.body(request)
    if data is None:
        return JsonResponse({"error": "Too large."}, status=413)
    if not hooks.is_genuine(box, request, data, now):
        return JsonResponse({"error": "The signature is wrong or too old."}, status=403)
    try:
        received = hooks.take_posted(box, data, at=now)
    except Refusal as refusal:
        return JsonResponse({"error": str(refusal)}, status=422)
    Mailbox.objects.filter(pk=box.pk).update(checked_at=now)
    return JsonResponse({"state": received.state, "reason": received.reason, "case": received.case_id})
