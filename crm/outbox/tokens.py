"""Links that prove which message they belong to, and Message-IDs; both derived, so nothing is stored."""

from __future__ import annotations

from django.conf import settings
from django.core.signing import BadSignature, Signer, b62_decode, b62_encode
from django.utils.crypto import salted_hmac

from crm.models import Message


def _signer() -> Signer:
    return Signer(sep=".", salt="crm.unsubscribe")


def unsubscribe_token(message: Message) -> str:
    """Names the message and its customer, so that the link outlives the message row; never expires.

    A preview (a message that was never stored) gets a token of nobody.
    """
    customer_id = message.customer_id or 0
    parts = (message.pk, customer_id) if message.pk else (0, 0)
    return _signer().sign("-".join(b62_encode(part) for part in parts))


def unsubscribe_url(message: Message) -> str:
    return f"{settings.SITE_URL}/u/{unsubscribe_token(message)}"


def read_unsubscribe_token(token: str) -> tuple[int, int] | None:
    """(message id, customer id) of a token, or None when it was tampered with; ids may be 0."""
    try:
        message, customer = _signer().unsign(token).split("-")
        return b62_decode(message), b62_decode(customer)
    except (BadSignature, ValueError):
        return None


def message_id(message: Message, domain: str) -> str:
    """The Message-ID header: the same for the same row, not guessable from its number."""
    proof = salted_hmac("crm.message_id", str(message.pk), algorithm="sha256").hexdigest()[:16]
    return f"<m{message.pk}.{proof}@{domain}>"
