"""Signatures as Standard Webhooks has them: HMAC-SHA256 over id, time and body."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

SIGN = "whsec_"


def new_secret() -> str:
    return SIGN + base64.b64encode(secrets.token_bytes(24)).decode()


def headers(secret: str, message_id: str, body: bytes, *, at: datetime) -> dict[str, str]:
    moment = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix(SIGN))
    signed = hmac.new(key, b".".join((message_id.encode(), moment.encode(), body)), hashlib.sha256)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{base64.b64encode(signed.digest()).decode()}",
    }
