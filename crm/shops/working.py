"""Working in what shops said: claimed, in the order of their moments, tried again, safe to repeat."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm import stopping
from crm.errors import Refusal
from crm.models import ShopConnection, ShopEvent
from crm.shops import shopify, taking, woocommerce
from crm.shops.said import Message

State = ShopEvent.State
LOST: Final = timedelta(seconds=120)
RUN: Final = timedelta(seconds=50)
# After each failure: how long until the next try.
WAITS: Final = tuple(timedelta(seconds=one) for one in (10, 60, 300, 1800, 7200))
READERS: Final = {
    ShopConnection.Kind.SHOPIFY: shopify.read,
    ShopConnection.Kind.WOOCOMMERCE: woocommerce.read,
}


class NotYet(Exception):
    """What this message speaks of has not come yet; it is tried again."""


def work(*, clock: Any = timezone.now) -> int:
    """Work in what is due, for at most a minute; how many messages that were."""
    release_lost(clock())
    end, done = clock() + RUN, 0
    while clock() < end and not stopping.requested():
        due = ShopEvent.objects.filter(state=State.RECEIVED, next_at__lte=clock()).order_by("pk")
        pk = due.values_list("pk", flat=True).first()
        if pk is None:
            break
        done += process(pk, clock=clock)
    return done


def process(pk: int, *, clock: Any = timezone.now) -> bool:
    """RECEIVED → WORKING → DONE | IGNORED | FAILED | RECEIVED; False when somebody else has it."""
    now = clock()
    waits = ShopEvent.objects.filter(pk=pk, state=State.RECEIVED)
    if not waits.update(state=State.WORKING, claimed_at=now):
        return False
    event = ShopEvent.objects.select_related("connection").get(pk=pk)
    try:
        with transaction.atomic():
            _take(event, now)
    except NotYet as reason:
        _again(event, str(reason), now)
    except Refusal as refusal:
        _settle(event, State.FAILED, now, error=str(refusal)[:300])
    except Exception:
        _again(event, _("Something unexpected happened."), now)
        raise
    return True


def _take(event: ShopEvent, now: datetime) -> None:
    """One message at a time for each shop, so that the later state wins whoever is faster."""
    connection = ShopConnection.objects.select_for_update().get(pk=event.connection_id)
    message = _read(connection, event)
    ShopEvent.objects.filter(pk=event.pk).update(
        subject=message.subject[:60],
        changed_at=message.changed_at,
        number=message.sale.number if message.sale else "",
    )
    if not message.what:
        return _settle(event, State.IGNORED, now, error=message.note)
    if message.what != "refund" and _is_overtaken(event, message):
        return _settle(event, State.IGNORED, now, error=_("A later state of this is known already."))
    customer = _bring(connection, event, message, now)
    if customer is None and message.what in {"customer", "gone", "redact"}:
        return _settle(event, State.IGNORED, now, error=_("Nobody here is known by that."))
    return _settle(event, State.DONE, now, customer_id=customer)


def _bring(connection: ShopConnection, event: ShopEvent, message: Message, now: datetime) -> int | None:
    """Take over what the message says; the customer whom it concerns."""
    shop = str(connection.get_kind_display())
    if message.what in {"order", "refund"}:
        purchase = taking.order(_whole(connection, event, message).sale, shop=shop, at=now)  # type: ignore[arg-type]
        if purchase is None:
            raise Refusal(_("The order was not paid."))
        return purchase.customer_id
    assert message.person is not None
    if message.what == "customer":
        found = taking.person(message.person, shop=shop, changed_at=message.changed_at, at=now)
    elif message.what == "gone":
        found = taking.gone(message.person, shop=shop, at=now)
    else:
        found = taking.redact(message.person, shop=shop, at=now)
    return found.pk if found else None


def _whole(connection: ShopConnection, event: ShopEvent, message: Message) -> Message:
    """The order in its latest state, with every refund that was told, whichever message came first."""
    before = ShopEvent.objects.filter(connection=connection, subject=message.subject, state=State.DONE)
    others = [_read(connection, one) for one in before.exclude(pk=event.pk).order_by("changed_at", "pk")]
    told = [one for one in [*others, message] if one.sale is not None]
    if not told:
        raise NotYet(_("The order of this refund has not come yet."))
    latest = max(told, key=lambda one: (one.changed_at is not None, one.changed_at))
    assert latest.sale is not None
    refunds: dict[str, Decimal] = {}
    for one in [*others, message]:
        refunds |= one.refunds
    return replace(latest, sale=replace(latest.sale, refunds={**refunds, **latest.sale.refunds}))


def _read(connection: ShopConnection, event: ShopEvent) -> Message:
    try:
        data = json.loads(event.body)
    except (ValueError, RecursionError):
        raise Refusal(_("The message is not JSON.")) from None
    if not isinstance(data, Mapping):
        raise Refusal(_("The message is not JSON."))
    return READERS[ShopConnection.Kind(connection.kind)](event.topic, data)


def _is_overtaken(event: ShopEvent, message: Message) -> bool:
    if message.changed_at is None:
        return False
    later = ShopEvent.objects.filter(
        connection=event.connection_id, subject=message.subject, changed_at__gt=message.changed_at
    )
    return later.filter(state=State.DONE).exclude(topic="refunds/create").exclude(pk=event.pk).exists()


def _again(event: ShopEvent, reason: str, now: datetime) -> None:
    """Try later, or give up after the last wait."""
    if event.attempts >= len(WAITS):
        return _settle(event, State.FAILED, now, error=reason)
    return _settle(
        event,
        State.RECEIVED,
        now,
        error=reason,
        attempts=event.attempts + 1,
        next_at=now + WAITS[event.attempts],
    )


def _settle(event: ShopEvent, state: str, now: datetime, *, error: str = "", **values: Any) -> None:
    held = ShopEvent.objects.filter(pk=event.pk, state=State.WORKING, claimed_at=event.claimed_at)
    held.update(state=state, error=error[:300], done_at=None if state == State.RECEIVED else now, **values)


def release_lost(now: datetime) -> None:
    """WORKING → RECEIVED for what a killed worker had in hand."""
    lost = ShopEvent.objects.filter(state=State.WORKING, claimed_at__lt=now - LOST)
    lost.update(state=State.RECEIVED, next_at=now)


def again(pk: int, *, at: datetime) -> bool:
    """FAILED, IGNORED → RECEIVED because a person says so."""
    over = ShopEvent.objects.filter(pk=pk, state__in=[State.FAILED, State.IGNORED])
    waits = ShopEvent.objects.filter(pk=pk, state=State.RECEIVED)
    return bool(
        over.update(state=State.RECEIVED, next_at=at, attempts=0, error="") or waits.update(next_at=at)
    )
