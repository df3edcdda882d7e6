"""DKIM (RFC 6376): a key for each sender, the record for its DNS, and the signature under each mail.

RFC 8058 asks that the signature covers List-Unsubscribe and List-Unsubscribe-Post: both are always in h=.
"""

from __future__ import annotations

import base64
import textwrap
from functools import lru_cache
from typing import Any

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from crm.models import Sender

BITS = 2048
COVERED = (
    b"from", b"to", b"subject", b"date", b"message-id", b"reply-to", b"mime-version", b"content-type",
    b"list-unsubscribe", b"list-unsubscribe-post", b"list-id", b"precedence", b"feedback-id",
)  # fmt: skip


def new_key() -> str:
    """A private key, PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    kind = serialization.PrivateFormat.PKCS8
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, kind, plain).decode()


def record(private_key: str) -> str:
    """What stands in the TXT record of <selector>._domainkey.<domain>."""
    key: Any = serialization.load_pem_private_key(private_key.encode(), None)
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"


def in_pieces(text: str) -> str:
    """A long record as zone files write it: strings of at most 255 signs."""
    return " ".join(f'"{part}"' for part in textwrap.wrap(text, 250, break_on_hyphens=False))


@lru_cache(maxsize=16)
def _key(pem: str) -> bytes:
    return pem.encode()


def signed(raw: bytes, sender: Sender | None) -> bytes:
    """The mail with its signature in front, where the sender has a key; a provider signs by itself."""
    if sender is None or sender.kind == Sender.Kind.PROVIDER:
        return raw
    if not (sender.dkim_key and sender.dkim_selector):
        return raw
    there = {line.partition(b":")[0].strip().lower() for line in _head(raw).split(b"\r\n") if b":" in line}
    covered = [name for name in COVERED if name in there]
    line: bytes = dkim.sign(
        raw,
        sender.dkim_selector.encode(),
        sender.domain.encode("idna"),
        _key(sender.dkim_key),
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=covered,
    )
    return line + raw


def _head(raw: bytes) -> bytes:
    return raw.partition(b"\r\n\r\n")[0]
