"""Carrying deliveries away: one at a time for each endpoint, many endpoints at once.

Requests run in threads and never touch the database; this thread claims and settles. A receiver that hangs
holds up nobody but itself: after a failure its endpoint rests.
"""

from __future__ import annotations

import random
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from crm import stopping
from crm.models import WebhookDelivery, WebhookEndpoint
from crm.webhooks import connecting, notices, signing

State = WebhookDelivery.State
AT_ONCE = 12
RUN = timedelta(seconds=50)
LOST = timedelta(seconds=60)
# After each failure: how long until the next try. Together about three days.
WAITS = tuple(
    timedelta(seconds=one)
    for one in (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
JITTER = 0.2
BROKEN_AFTER = timedelta(days=5)
GONE = 410
KEPT = timedelta(days=30)

type Told = tuple[WebhookDelivery, connecting.Answer, int]


def deliver() -> int:
    """Deliver what is due, for at most a minute; returns how many tries were made."""
    release_lost(timezone.now())
    end = timezone.now() + RUN
    running: dict[Future[Told], int] = {}
    tries = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while True:
            if timezone.now() < end and not stopping.requested():
                for delivery in claim_due(timezone.now(), busy=set(running.values())):
                    running[pool.submit(_carry, delivery)] = delivery.endpoint_id
                    tries += 1
            if not running:
                return tries
            done, _rest = wait(running, return_when=FIRST_COMPLETED)
            for one in done:
                del running[one]
                settle(*one.result(), at=timezone.now())


def claim_due(now: datetime, *, busy: set[int]) -> list[WebhookDelivery]:
    """WAITING → SENDING for the oldest due delivery of each endpoint that is free."""
    rests = Q(endpoint__rests_until__gt=now)
    due = WebhookDelivery.objects.filter(
        state=State.WAITING, next_at__lte=now, endpoint__state=WebhookEndpoint.State.ON
    ).exclude(rests)
    sending = WebhookDelivery.objects.filter(state=State.SENDING).values("endpoint")
    waiting = due.exclude(endpoint__in=busy).exclude(endpoint__in=sending)
    found: list[WebhookDelivery] = []
    endpoints = list(waiting.order_by().values_list("endpoint", flat=True).distinct()[: AT_ONCE - len(busy)])
    for endpoint in endpoints:  # At most a dozen; each is a claim of its own.
        one = waiting.filter(endpoint=endpoint).select_related("endpoint").order_by("pk").first()
        if one and _claim(one, now):
            found.append(one)
    return found


def _claim(one: WebhookDelivery, now: datetime) -> bool:
    held = WebhookDelivery.objects.filter(pk=one.pk, state=State.WAITING)
    one.claimed_at = now
    one.attempts += 1
    return bool(held.update(state=State.SENDING, claimed_at=now, attempts=one.attempts))


def _carry(delivery: WebhookDelivery) -> Told:
    """One request, in a thread."""
    body = delivery.body.encode()
    signed = signing.headers(delivery.endpoint.secret, delivery.message_id, body, at=timezone.now())
    headers = {**signed, "Content-Type": "application/json", "User-Agent": "Closeknit-Webhooks/1"}
    began = time.monotonic()
    answer = connecting.post(delivery.endpoint.url, body, headers)
    return delivery, answer, int(1000 * (time.monotonic() - began))


def settle(delivery: WebhookDelivery, answer: connecting.Answer, ms: int, *, at: datetime) -> None:
    """SENDING → DELIVERED | WAITING | FAILED, by what the receiver said."""
    arrived = answer.status is not None and 200 <= answer.status < 300
    again = not arrived and delivery.attempts <= len(WAITS)
    values: dict[str, Any] = {
        "state": State.DELIVERED if arrived else State.WAITING if again else State.FAILED,
        "response_status": answer.status,
        "response_ms": ms,
        "response_note": answer.note[:300],
    }
    if again:
        values["next_at"] = at + pause(delivery.attempts)
    else:
        values["done_at"] = at
    held = WebhookDelivery.objects.filter(pk=delivery.pk, state=State.SENDING, claimed_at=delivery.claimed_at)
    if held.update(**values):
        _judge(delivery.endpoint, arrived=arrived, gone=answer.status == GONE, at=at)


def pause(attempts: int) -> timedelta:
    """How long until the next try, a little different each time so that receivers are not stormed."""
    return WAITS[attempts - 1] * (1 + random.uniform(-JITTER, JITTER))  # noqa: S311 - no secret.


def _judge(endpoint: WebhookEndpoint, *, arrived: bool, gone: bool, at: datetime) -> None:
    """Remember since when an endpoint fails; let it rest, and give it up after days."""
    this = WebhookEndpoint.objects.filter(pk=endpoint.pk)
    if arrived:
        this.exclude(failing_since=None, rests_until=None).update(failing_since=None, rests_until=None)
        return
    this.filter(failing_since=None).update(failing_since=at)
    this.update(rests_until=at + WAITS[0])
    tired = this.filter(state=WebhookEndpoint.State.ON)
    if not gone:
        tired = tired.filter(failing_since__lt=at - BROKEN_AFTER)
    with transaction.atomic():
        if tired.update(state=WebhookEndpoint.State.BROKEN):
            notices.tell(endpoint, at=at)


def release_lost(now: datetime) -> None:
    """SENDING → WAITING for what a killed worker had in hand."""
    lost = WebhookDelivery.objects.filter(state=State.SENDING, claimed_at__lt=now - LOST)
    lost.update(state=State.WAITING, next_at=now)


def again(delivery: WebhookDelivery, *, at: datetime) -> bool:
    """Send it once more because a person says so; the receiver sees the same message id."""
    over = WebhookDelivery.objects.filter(pk=delivery.pk, state__in=[State.DELIVERED, State.FAILED])
    waits = WebhookDelivery.objects.filter(pk=delivery.pk, state=State.WAITING)
    changed = over.update(state=State.WAITING, next_at=at, attempts=0, done_at=None) or waits.update(
        next_at=at
    )
    WebhookEndpoint.objects.filter(pk=delivery.endpoint_id).update(rests_until=None)
    return bool(changed)


def forget(now: datetime) -> None:
    """The log is kept for a month."""
    over = WebhookDelivery.objects.filter(state__in=[State.DELIVERED, State.FAILED])
    over.filter(created_at__lt=now - KEPT).delete()
