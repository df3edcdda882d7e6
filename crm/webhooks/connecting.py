"""Requests to addresses that somebody typed: never into our own network, never for long."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpcore
from django.conf import settings
from httpcore._backends.sync import SyncBackend

SECONDS = 10.0
LONGEST_ANSWER = 2000


class NotAllowed(Exception):
    """The address leads into a private network."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status, or None and why there was none."""

    status: int | None
    note: str


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the internet; mapped ones are judged by what they lead to."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None) or ip
    return inner.is_global and not inner.is_multicast and ip.is_global


class _Stream(httpcore.NetworkStream):
    """Reads and writes end when the whole request has had its time, however slowly bytes drip."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: float) -> None:
        self.inner, self.deadline = inner, deadline

    def _left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.inner.read(max_bytes, self._left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.inner.write(buffer, self._left())

    def close(self) -> None:
        self.inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        secured = self.inner.start_tls(ssl_context, server_hostname, self._left())
        return _Stream(secured, self.deadline)

    def get_extra_info(self, info: str) -> Any:
        return self.inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Connects to the very address that was checked, so a name cannot change its mind in between."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"no such host: {error}") from error
        addresses = [str(one[4][0]) for one in found]
        if not settings.WEBHOOKS_MAY_REACH_PRIVATE and not all(is_public(one) for one in addresses):
            raise NotAllowed
        stream = SyncBackend().connect_tcp(addresses[0], port, max(self.deadline - time.monotonic(), 0.01))
        return _Stream(stream, self.deadline)


def post(url: str, body: bytes, headers: dict[str, str]) -> Answer:
    """Send and hear what the receiver says. Redirects are not followed; no proxy is asked."""
    deadline = time.monotonic() + SECONDS
    allowed = ("https", "http") if settings.WEBHOOKS_MAY_REACH_PRIVATE else ("https",)
    try:
        target = httpcore.URL(url)
        if target.scheme.decode() not in allowed:
            return Answer(None, "only https:// is allowed")
        with (
            httpcore.ConnectionPool(network_backend=_Backend(deadline), retries=0) as pool,
            pool.stream("POST", url, headers=list(headers.items()), content=body) as response,
        ):
            return Answer(response.status, _beginning(response))
    except NotAllowed:
        return Answer(None, "the address leads into a private network")
    except httpcore.TimeoutException:
        return Answer(None, "no answer within 10 seconds")
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError, UnicodeError) as error:
        return Answer(None, f"{type(error).__name__}: {error}"[:200])


@contextmanager
def opened(url: str, headers: dict[str, str], *, seconds: float) -> Iterator[httpcore.Response]:
    """What lies at an address, to be read piece by piece; raises NotAllowed and the errors of httpcore."""
    allowed = ("https", "http") if settings.WEBHOOKS_MAY_REACH_PRIVATE else ("https",)
    if httpcore.URL(url).scheme.decode() not in allowed:
        raise NotAllowed
    with (
        httpcore.ConnectionPool(network_backend=_Backend(time.monotonic() + seconds), retries=0) as pool,
        pool.stream("GET", url, headers=list(headers.items())) as response,
    ):
        yield response


def _beginning(response: httpcore.Response) -> str:
    """The first words of the answer, for the log."""
    found = b""
    try:
        for block in response.iter_stream():
            found += block
            if len(found) > LONGEST_ANSWER:
                break
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        pass  # The status is known; its text is a courtesy.
    return found[:300].decode("utf-8", "replace").replace("\0", "")[:300]
