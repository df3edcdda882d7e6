"""The address that online shops post to."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from crm import access, limits
from crm.models import ShopConnection
from crm.shops import receiving
from crm.shops.receiving import Verdict
from crm.tasks import work_in_shop_event

A_MINUTE = 600


@csrf_exempt
@require_POST
@access.public
def shop_hook(request: HttpRequest, token: str) -> JsonResponse:
    """Signed or refused, kept, and answered at once; a worker does the rest."""
    now = timezone.now()
    used = limits.use(f"shop-hook:{token[:40]}", limit=A_MINUTE, seconds=60, now=now.timestamp())
    if used.exceeded:
        headers = {"Retry-After": str(used.reset)}
        return JsonResponse({"error": "Too many at once."}, status=429, headers=headers)
    found = ShopConnection.objects.filter(token=token[:40], state=ShopConnection.State.ON).first()
    if found is None:
        return JsonResponse({"error": "Nobody here."}, status=404)
    body = request.read(receiving.LARGEST + 1)
    if len(body) > receiving.LARGEST:
        return JsonResponse({"error": "Too large."}, status=413)
    verdict, event = receiving.receive(found, request.headers, body, at=now)
    if verdict == Verdict.FORGED:
        return JsonResponse({"error": "The signature is wrong."}, status=401)
    if event is not None:
        number = event.pk
        transaction.on_commit(lambda: work_in_shop_event.delay(number))
    return JsonResponse({"state": verdict.value})
