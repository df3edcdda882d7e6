"""How many events a second the server takes in, beside /healthz of the same server."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from crm.behaviour import website

SECONDS = 4.0
CLIENTS = 4
ROUNDS = 3
SHARE = 1 / 3
ROOT = Path(__file__).resolve().parents[1]


def figures(size: str) -> Iterator[dict[str, Any]]:
    site = website.current()
    port = _free_port()
    unlimited = {"EVENTS_PER_MINUTE": "100000000", "EVENTS_PER_MINUTE_AND_ADDRESS": "100000000"}
    granian = Path(sys.executable).with_name("granian")
    command = [granian, "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--blocking-threads", "4", "--no-ws", "--log-level", "warning", "config.wsgi:application"]
    server = subprocess.Popen([*map(str, command)], cwd=ROOT, env={**os.environ, **unlimited})
    try:
        _wait(port)
        health, events = 0.0, 0.0
        for _ in range(ROUNDS):  # In turns, so that a busy moment meets both alike.
            health = max(health, _per_second(port, lambda c: _ask(c, "GET", "/healthz", None, 200)))
            events = max(events, _per_second(port, lambda c: _send(c, site.key)))
    finally:
        server.terminate()
        server.wait(20)
    yield {"name": "healthz", "value": round(health), "unit": "requests/s", "limit": round(health)}
    yield {"name": "event_requests", "value": round(events), "unit": "requests/s", "limit": round(health)}
    # As every figure, the smaller the better: how many times the third of /healthz is missed.
    yield {"name": "events", "value": round(health * SHARE / events, 3), "unit": "of allowed", "limit": 1}


def _per_second(port: int, ask: Callable[[http.client.HTTPConnection], None]) -> float:
    counts = [0] * CLIENTS
    end = time.perf_counter() + SECONDS

    def work(place: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        while time.perf_counter() < end:
            ask(connection)
            counts[place] += 1
        connection.close()

    began = time.perf_counter()
    threads = [threading.Thread(target=work, args=(place,)) for place in range(CLIENTS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return sum(counts) / (time.perf_counter() - began)


def _send(connection: http.client.HTTPConnection, key: str) -> None:
    event = {"event": "view", "id": uuid.uuid4().hex, "subject": "/tea/green", "title": "Green tea"}
    body = {"key": key, "consent": True, "visitor": uuid.uuid4().hex, "events": [event]}
    _ask(connection, "POST", "/api/v1/events", json.dumps(body), 202)


def _ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: str | None, expected: int
) -> None:
    connection.request(method, path, body, {"Content-Type": "text/plain", "User-Agent": "Mozilla/5.0"})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == expected, answer.status


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            _ask(http.client.HTTPConnection("127.0.0.1", port, timeout=2), "GET", "/healthz", None, 200)
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server did not start")
