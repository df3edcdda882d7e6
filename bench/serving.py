"""The real server under test, and visitors who ask it: how many answers a second, and how long one takes."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"
type Ask = Callable[[http.client.HTTPConnection], None]


@dataclass(frozen=True, slots=True)
class Pace:
    """Answers a second, and the time in ms within which 95 of 100 came."""

    per_second: float
    p95: float


@contextmanager
def running(**environment: str) -> Iterator[int]:
    """The web server as `Procfile` starts it, on a free port."""
    port = _free_port()
    granian = Path(sys.executable).with_name("granian")
    command = [granian, "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", os.environ.get("WEB_WORKERS") or ("2" if os.environ.get("REDIS_URL") else "1")]
    command += ["--blocking-threads", "4", "--no-ws", "--log-level", "warning", "config.wsgi:application"]
    server = subprocess.Popen([*map(str, command)], cwd=ROOT, env={**os.environ, **environment})
    try:
        _wait(port)
        yield port
    finally:
        server.terminate()
        server.wait(20)


def pace(port: int, ask: Ask, *, visitors: int, seconds: float, rest: float = 0.0) -> Pace:
    """So many visitors at once, each asking again so many seconds after the answer is there."""
    took: list[list[float]] = [[] for _ in range(visitors)]
    end = time.perf_counter() + seconds

    def work(mine: list[float]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        while (began := time.perf_counter()) < end:
            ask(connection)
            mine.append(time.perf_counter() - began)
            time.sleep(rest)
        connection.close()

    began = time.perf_counter()
    threads = [threading.Thread(target=work, args=(mine,)) for mine in took]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    every = sorted(one for mine in took for one in mine)
    return Pace(len(every) / (time.perf_counter() - began), 1000 * every[int(len(every) * 0.95) - 1])


def send(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: str | None = None,
    *,
    kind: str = "text/plain",
    expected: int = 200,
) -> None:
    connection.request(method, path, body, {"Content-Type": kind, "User-Agent": AGENT})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == expected, answer.status


def health(connection: http.client.HTTPConnection) -> None:
    send(connection, "GET", "/healthz")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            health(http.client.HTTPConnection("127.0.0.1", port, timeout=2))
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server did not start")
