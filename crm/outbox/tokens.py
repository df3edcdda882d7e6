"""Links that prove which message they belong to, and Message-IDs; both derived, so nothing is stored."""

from __future__ import annotations

from functools import lru_cache
from hmac import HMAC

from django.conf import settings
from django.core.signing import BadSignature, Signer, b62_decode, b62_encode, b64_encode
from django.utils.crypto import salted_hmac

from crm.models import Message

SALT = "crm.unsubscribe"


@lru_cache(maxsize=32)
def _keyed(salt: str, secret: str) -> HMAC:
    return salted_hmac(salt, "", secret=secret, algorithm="sha256")


def mac(salt: str, text: str) -> HMAC:
    """Django's `salted_hmac` with its key made once: each mail asks for half a dozen."""
    made = _keyed(salt, settings.SECRET_KEY).copy()
    made.update(text.encode())
    return made


def signed(salt: str, text: str) -> str:
    """What `Signer(sep=".", salt=salt).sign(text)` gives."""
    return f"{text}.{b64_encode(mac(f'{salt}signer', text).digest()).decode()}"


def unsubscribe_token(message: Message) -> str:
    """Names the message and its customer, so that the link outlives the message row; never expires.

    A preview (a message that was never stored) gets a token of nobody.
    """
    customer_id = message.customer_id or 0
    parts = (message.pk, customer_id) if message.pk else (0, 0)
    return signed(SALT, "-".join(b62_encode(part) for part in parts))


def unsubscribe_url(message: Message) -> str:
    return f"{settings.SITE_URL}/u/{unsubscribe_token(message)}"


def read_unsubscribe_token(token: str) -> tuple[int, int] | None:
    """(message id, customer id) of a token, or None when it was tampered with; ids may be 0."""
    try:
        message, customer = Signer(sep=".", salt=SALT).unsign(token).split("-")
        return b62_decode(message), b62_decode(customer)
    except (BadSignature, ValueError):
        return None


def message_id(message: Message, domain: str) -> str:
    """The Message-ID header: the same for the same row, not guessable from its number."""
    proof = mac("crm.message_id", str(message.pk)).hexdigest()[:16]
    return f"<m{message.pk}.{proof}@{domain}>"
