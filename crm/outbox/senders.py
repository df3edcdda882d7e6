"""Which sender a mailing has, what stands in its mails, and the channel that they take.

Without EMAIL_URL everything stays in the sandbox, whatever senders there are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from crm.errors import Refusal
from crm.models import Business, Sender
from crm.outbox import channels, providers
from crm.outbox.channels import Channel
from crm.outbox.envelope import Envelope

SECONDS = 30.0


def usual() -> Sender | None:
    """The sender of marketing mail where nobody chose another."""
    return Sender.objects.filter(is_usual=True, is_active=True).first()


def refuse_foreign(sender: Sender | None, address: str) -> None:
    """An address of a domain that the sender cannot prove is refused, saying what to do."""
    if sender is None or not address:
        return
    domain = address.rpartition("@")[2].lower()
    own = sender.domain
    if domain != own and not domain.endswith(f".{own}"):
        raise Refusal(
            _(
                "“%(address)s” is not an address of %(domain)s. Mail servers take mail of another domain for "
                "forged. Use an address of %(domain)s, or add a sender of the other domain in the settings."
            )
            % {"address": address, "domain": own}
        )


def channel(sender: Sender | None) -> Channel:
    """The way out of this sender."""
    if not settings.MAIL_CONNECTION:
        return channels.Sandbox()
    if sender is None or sender.kind == Sender.Kind.SHOP:
        return _of_installation(settings.MAIL_CONNECTION)
    if sender.kind == Sender.Kind.PROVIDER:
        return providers.Provider(sender.provider, sender.secret, sender.provider_domain, sender.host)
    return channels.Smtp(options(sender))


def _of_installation(connection: dict[str, Any]) -> Channel:
    """By EMAIL_URL."""
    if name := connection.get("provider"):
        return providers.Provider(name, connection["key"], connection["domain"])
    return channels.Smtp(connection)


def options(sender: Sender) -> dict[str, Any]:
    """As settings.MAIL_CONNECTION."""
    return {
        "host": sender.host,
        "port": sender.port,
        "username": sender.username,
        "password": sender.secret if sender.username else "",
        "use_tls": sender.security == Sender.Security.STARTTLS,
        "use_ssl": sender.security == Sender.Security.SSL,
        "timeout": settings.MAIL_CONNECTION.get("timeout", SECONDS),
    }


def dressed(envelope: Envelope, sender: Sender | None) -> Envelope:
    """The mail as this sender writes it: its name and address instead of those of the business."""
    if sender is None:
        return envelope
    list_id = envelope.list_id
    if list_id:
        list_id = f"{list_id.partition('.')[0]}.{sender.domain}"
    return replace(
        envelope,
        from_name=sender.from_name,
        from_email=sender.from_email,
        reply_to=sender.reply_to or envelope.reply_to,
        list_id=list_id,
    )


def written_by(sender: Sender | None, business: Business) -> tuple[str, str]:
    """Name and address that marketing mails of this sender come from, for pages."""
    sender = sender or usual()
    return (sender.from_name, sender.from_email) if sender else business.sender
