"""A caught mail, taken apart again as a mail program would."""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage

from crm.models import SandboxMail


@dataclass(frozen=True, slots=True)
class Letter:
    headers: list[tuple[str, str]]
    html: str
    text: str


def letter_of(mail: SandboxMail) -> Letter:
    """Headers and both parts, decoded."""
    read = email.message_from_bytes(bytes(mail.raw), policy=email.policy.default)
    headers = [(name, str(value)) for name, value in read.items()]
    return Letter(headers, _part(read, "html"), _part(read, "plain"))


def _part(read: EmailMessage, kind: str) -> str:
    part = read.get_body((kind,))
    return str(part.get_content()) if part else ""
