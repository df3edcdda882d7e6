"""Keeping what a shop says, as it came: nothing is read before the signature is right."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from django.db import IntegrityError, transaction

from crm.models import ShopConnection, ShopEvent
from crm.shops import signatures

LARGEST: Final = 2_000_000
KEPT: Final = timedelta(days=60)
PING: Final = re.compile(rb"webhook_id=\d{1,12}")


class Verdict(Enum):
    """What becomes of a message at the door."""

    KEPT = "kept"
    KNOWN = "known"  # The same message again: shops repeat what they are not sure about.
    PING = "ping"  # WooCommerce asks, unsigned, whether anybody is there.
    FORGED = "forged"


def receive(
    connection: ShopConnection, headers: Mapping[str, str], body: bytes, *, at: datetime
) -> tuple[Verdict, ShopEvent | None]:
    """Judge a message and keep it. One that was changed, or carries a known id on another body, is forged."""
    told = signatures.envelope(connection.kind, headers)
    if connection.kind == ShopConnection.Kind.WOOCOMMERCE and not told.signature and PING.fullmatch(body):
        return Verdict.PING, None
    if not signatures.is_genuine(connection.secret, body, told.signature):
        return Verdict.FORGED, None
    if not told.topic or not told.event_id or (connection.domain and told.domain != connection.domain):
        return Verdict.FORGED, None
    digest = hashlib.sha256(body).hexdigest()
    known = ShopEvent.objects.filter(connection=connection, event_id=told.event_id).only("digest").first()
    if known is not None:
        return (Verdict.KNOWN if known.digest == digest else Verdict.FORGED), None
    try:
        with transaction.atomic():
            event = ShopEvent.objects.create(
                connection=connection,
                event_id=told.event_id,
                topic=told.topic,
                digest=digest,
                body=body.decode("utf-8", "replace").replace("\0", ""),
                received_at=at,
                next_at=at,
            )
            ShopConnection.objects.filter(pk=connection.pk).update(last_event_at=at)
    except IntegrityError:  # The same body under another id, or twice at the same moment.
        return Verdict.KNOWN, None
    return Verdict.KEPT, event


def forget(now: datetime) -> None:
    """The nightly chore: what was worked in is kept for two months."""
    over = [ShopEvent.State.DONE, ShopEvent.State.IGNORED, ShopEvent.State.FAILED]
    ShopEvent.objects.filter(state__in=over, received_at__lt=now - KEPT).delete()
