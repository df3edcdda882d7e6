"""The shop's website: its public key, who may send, and the secret that proves who a visitor is."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q

from crm.models import Website
from crm.models.website import new_write_key

REMEMBERED = 5.0  # Seconds that each process may act on older settings.
NOTED_EVERY = timedelta(seconds=5)
_known: tuple[float, Website] | None = None


def current() -> Website:
    """The one row, made when it is first needed."""
    found = Website.objects.filter(pk=1).first()
    secret = secrets.token_urlsafe(32)
    return found or Website.objects.get_or_create(pk=1, defaults={"signing_secret": secret})[0]


def live() -> Website | None:
    """The same from this process's memory, for the many small requests of visitors."""
    global _known
    now = time.monotonic()
    if _known is None or _known[0] < now - REMEMBERED:
        row = Website.objects.filter(pk=1).first()
        if row is None:
            return None
        _known = (now, row)
    return _known[1]


def forget_live() -> None:
    global _known
    _known = None


def renew_key(site: Website) -> None:
    """A new public key; the old one stops working."""
    Website.objects.filter(pk=site.pk).update(key=new_write_key())
    forget_live()


def renew_secret(site: Website) -> None:
    site.signing_secret = secrets.token_urlsafe(32)
    site.save(update_fields=["signing_secret"])
    forget_live()


def proof_of(site: Website, user: str, expires: int | None = None) -> str:
    """What the shop's server computes for a signed-in visitor: HMAC-SHA256 of the name, hexadecimal.

    With `expires` (seconds since 1970) of "name\nexpires": a proof that ends.
    """
    said = user if expires is None else f"{user}\n{expires}"
    return hmac.new(site.signing_secret.encode(), said.encode(), hashlib.sha256).hexdigest()


def origin_of(text: str) -> str:
    """https://shop.example of any address on it; ValueError when it is none."""
    parts = urlsplit(text.strip() if "//" in text else f"https://{text.strip()}")
    if parts.scheme not in {"http", "https"} or not parts.hostname or len(text) > 200:
        raise ValueError(text)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname.lower()}{port}"


def note_seen(site: Website, page: str, now: datetime) -> None:
    """Keep when the last event came; written at most every few seconds."""
    if site.last_event_at and site.last_event_at > now - NOTED_EVERY:
        return
    site.last_event_at = now
    older = Q(last_event_at=None) | Q(last_event_at__lt=now - NOTED_EVERY)
    Website.objects.filter(older, pk=site.pk).update(last_event_at=now, last_event_page=page[:200])


@cache
def snippet() -> tuple[bytes, str]:
    """The script for the shop's pages and its version."""
    body = Path(settings.BASE_DIR, "static", "snippet.js").read_bytes()
    return body, hashlib.sha256(body).hexdigest()[:12]
