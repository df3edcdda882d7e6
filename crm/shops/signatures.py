"""Whether a message comes from the shop: HMAC-SHA256 over the body as it came, in base64."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from crm.models import ShopConnection


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the headers of a message say about it."""

    event_id: str
    topic: str
    signature: str
    domain: str


def sign(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def is_genuine(secret: str, body: bytes, given: str) -> bool:
    """Compared in constant time; a connection without a secret hears nobody."""
    return bool(secret) and hmac.compare_digest(sign(secret, body).encode(), given.encode("utf-8", "replace"))


def envelope(kind: str, headers: Mapping[str, str]) -> Envelope:
    """The headers by their meaning. One event may come under several topics: each is a message of its own."""
    if kind == ShopConnection.Kind.SHOPIFY:
        topic = headers.get("X-Shopify-Topic", "")
        number = headers.get("X-Shopify-Event-Id", "") or headers.get("X-Shopify-Webhook-Id", "")
        signature = headers.get("X-Shopify-Hmac-Sha256", "")
        domain = host(headers.get("X-Shopify-Shop-Domain", ""))
    else:
        topic = headers.get("X-WC-Webhook-Topic", "")
        number = headers.get("X-WC-Webhook-Delivery-ID", "")
        signature = headers.get("X-WC-Webhook-Signature", "")
        domain = host(headers.get("X-WC-Webhook-Source", ""))
    return Envelope(f"{topic}:{number}"[:160] if number else "", topic[:60], signature, domain)


def host(address: str) -> str:
    """The name of the machine in an address, however it was written."""
    text = address.strip().casefold()
    try:
        return (urlsplit(text if "://" in text else f"https://{text}").hostname or "")[:200]
    except ValueError:  # Brackets that hold no IPv6 address.
        return ""
