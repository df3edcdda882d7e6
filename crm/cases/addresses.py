"""How a mail says which case it belongs to: a signed address, the tag in the subject, our own Message-IDs."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.utils.crypto import constant_time_compare, salted_hmac

from crm.models import Business, Mailbox, Message
from crm.outbox import tokens

_plus = re.compile(r"\+c(\d{1,15})-([0-9a-f]{12})@", re.IGNORECASE)
_tag = re.compile(r"\[#(\d{1,15})\]")
_ours = re.compile(r"<m(\d{1,15})\.([0-9a-f]{16})@")


def _proof(number: int) -> str:
    return salted_hmac("crm.cases.address", str(number), algorithm="sha256").hexdigest()[:12]


def mailbox() -> Mailbox | None:
    """Where answers to our replies shall go."""
    return Mailbox.objects.filter(is_active=True, use=Mailbox.Use.SERVICE).order_by("id").first()


def reply_to(number: int, box: Mailbox | None, business: Business) -> str:
    """The address that the customer's answer goes to; where the server allows it, it names the case."""
    if box is None:
        return business.reply_to or business.sender[1]
    if not box.plus_addresses:
        return box.address
    local, _, domain = box.address.rpartition("@")
    return f"{local}+c{number}-{_proof(number)}@{domain}"


def case_of_address(addresses: Iterable[str]) -> int | None:
    """The case whose signed address is among these."""
    for address in addresses:
        found = _plus.search(address)
        if found and constant_time_compare(found[2].lower(), _proof(int(found[1]))):
            return int(found[1])
    return None


def tagged(subject: str, number: int) -> str:
    """The subject of a reply, with the case's number in it once."""
    plain = untagged(subject)
    return f"{plain if re.match(r'(?i)re\s*:', plain) else f'Re: {plain}'} [#{number}]"


def untagged(subject: str) -> str:
    return " ".join(_tag.sub(" ", subject).split())


def case_of_subject(subject: str) -> int | None:
    found = _tag.search(subject)
    return int(found[1]) if found else None


def messages_of_ids(ids: Iterable[str]) -> list[int]:
    """The outbox rows whose own Message-IDs are among these; forged ones are not."""
    found = []
    for text in ids:
        match = _ours.match(text)
        if match and tokens.message_id(Message(pk=int(match[1])), "x") == f"{match[0]}x>":
            found.append(int(match[1]))
    return found
