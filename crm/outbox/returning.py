"""The address that servers send back to. Where its mailbox takes name+anything@…, it names the message."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.crypto import constant_time_compare

from crm.models import Mailbox, Message, Sender
from crm.outbox.tokens import mac

_tag = re.compile(r"\+m(\d{1,15})\.([0-9a-f]{10})@", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Address:
    """ "" where mails come back to the address that they are from."""

    plain: str
    is_telling: bool

    def of(self, message: Message) -> str:
        if not self.is_telling:
            return self.plain
        local, _at, domain = self.plain.rpartition("@")
        return f"{local}+m{message.pk}.{_proof(message.pk)}@{domain}"


def address_for(sender: Sender | None) -> Address:
    if sender is None:
        return Address("", is_telling=False)
    boxes = Mailbox.objects.filter(
        address__iexact=sender.bounces_to, use=Mailbox.Use.RETURNS, is_active=True, plus_addresses=True
    )
    telling = len(sender.bounces_to) < 40 and boxes.exists()
    return Address(sender.return_path or (sender.from_email if telling else ""), telling)


def message_of(text: str) -> int | None:
    """The number of the message that an address in this text names and proves."""
    for number, proof in _tag.findall(text):
        if constant_time_compare(proof.lower(), _proof(int(number))):
            return int(number)
    return None


def _proof(pk: int) -> str:
    return mac("crm.return_path", str(pk)).hexdigest()[:10]
