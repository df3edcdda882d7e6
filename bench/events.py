"""How many events a second the server takes in, beside /healthz of the same server."""

from __future__ import annotations

import http.client
import json
import uuid
from collections.abc import Iterator
from functools import partial
from typing import Any

from bench import serving
from crm.behaviour import website

SECONDS = 4.0
CLIENTS = 4
ROUNDS = 3
SHARE = 1 / 3


def figures(size: str) -> Iterator[dict[str, Any]]:
    site = website.current()
    unlimited = {"EVENTS_PER_MINUTE": "100000000", "EVENTS_PER_MINUTE_AND_ADDRESS": "100000000"}
    health, events = 0.0, 0.0
    with serving.running(**unlimited) as port:
        paced = partial(serving.pace, port, visitors=CLIENTS, seconds=SECONDS)
        for _ in range(ROUNDS):  # In turns, so that a busy moment meets both alike.
            health = max(health, paced(serving.health).per_second)
            events = max(events, paced(lambda c: _send(c, site.key)).per_second)
    yield {"name": "healthz", "value": round(health), "unit": "requests/s", "limit": round(health)}
    yield {"name": "event_requests", "value": round(events), "unit": "requests/s", "limit": round(health)}
    # As every figure, the smaller the better: how many times the third of /healthz is missed.
    yield {"name": "events", "value": round(health * SHARE / events, 3), "unit": "of allowed", "limit": 1}


def _send(connection: http.client.HTTPConnection, key: str) -> None:
    event = {"event": "view", "id": uuid.uuid4().hex, "subject": "/tea/green", "title": "Green tea"}
    body = {"key": key, "consent": True, "visitor": uuid.uuid4().hex, "events": [event]}
    serving.send(connection, "POST", "/api/v1/events", json.dumps(body), expected=202)
