"""Mail providers through django-anymail: sending by their API, and reading what they report back.

Sending knows the same outcomes as SMTP: an answer that says "no" surely, one that says "not now", and
silence, after which nobody knows.
"""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage as Mail
from typing import Any

import requests
from anymail.exceptions import (
    AnymailAPIError,
    AnymailError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailSerializationError,
)
from django.core.mail import EmailMultiAlternatives
from django.utils.module_loading import import_string
from django.utils.translation import gettext_noop as _

from crm.errors import TemporaryFailure
from crm.models import SandboxMail
from crm.outbox.channels import Known, Outcome
from crm.outbox.mime import Parcel


@dataclass(frozen=True, slots=True)
class Account:
    """How anymail names the parts of an account at this provider."""

    label: str
    key: str
    domain: str = ""  # The option that `provider_domain` fills.
    more: tuple[tuple[str, str], ...] = ()
    hook: tuple[str, ...] = ()  # Options that its webhook reader asks for.


KNOWN: dict[str, Account] = {
    "brevo": Account("Brevo", "api_key"),
    "mailersend": Account("MailerSend", "api_token", hook=("signing_secret",)),
    "mailgun": Account("Mailgun", "api_key", "sender_domain", hook=("webhook_signing_key",)),
    "mailjet": Account("Mailjet", "api_key", "secret_key"),
    "mailtrap": Account("Mailtrap", "api_token", hook=("api_token",)),
    "mandrill": Account("Mandrill", "api_key", hook=("webhook_key",)),
    "postal": Account("Postal", "api_key", hook=("webhook_key",)),
    "postmark": Account("Postmark", "server_token"),
    "resend": Account("Resend", "api_key"),
    "sendgrid": Account("SendGrid", "api_key"),
    "sparkpost": Account("SparkPost", "api_key"),
}
ALWAYS = {"ignore_unsupported_features": True, "ignore_recipient_status": True}
_CLASSES = {
    "brevo": "Brevo", "mailersend": "MailerSend", "mailgun": "Mailgun", "mailjet": "Mailjet",
    "mailtrap": "Mailtrap", "mandrill": "Mandrill", "postal": "Postal", "postmark": "Postmark",
    "resend": "Resend", "sendgrid": "SendGrid", "sparkpost": "SparkPost",
}  # fmt: skip
OWN_HEADERS = {
    "from", "to", "subject", "date", "mime-version", "content-type", "content-transfer-encoding",
    "reply-to", "message-id",
}  # fmt: skip


def choices() -> list[tuple[str, str]]:
    return [(name, account.label) for name, account in KNOWN.items()]


class Provider:
    """Hands mails to the API of a provider; keeps one HTTP connection."""

    def __init__(self, name: str, key: str, domain: str = "", address: str = "") -> None:
        self.name, self.key, self.domain, self.address = name, key, domain, address
        self.backend: Any = None

    def open(self) -> None:
        if self.backend is not None:
            return
        account = KNOWN[self.name]
        options: dict[str, Any] = {**ALWAYS, account.key: self.key}
        if account.domain and self.domain:
            options[account.domain] = self.domain
        if self.address:
            options["api_url"] = self.address
        try:
            backend = import_string(f"anymail.backends.{self.name}.EmailBackend")(**options)
            backend.open()
        except AnymailError as error:
            raise TemporaryFailure(str(error)[:300]) from None
        self.backend = backend

    def is_open(self) -> bool:
        return self.backend is not None

    def hand_over(self, parcel: Parcel) -> Outcome:
        try:
            mail = _as_django(parcel)
            self.backend.send_messages([mail])
        except AnymailRecipientsRefused as error:
            return Outcome(Known.REFUSED, _said(error), of_recipient=True)
        except AnymailSerializationError as error:  # Before anything was posted.
            return Outcome(Known.REFUSED, _said(error))
        except AnymailInvalidAddress as error:  # Ours were checked before: it may be in the answer.
            return Outcome(Known.UNSURE, _said(error))
        except AnymailAPIError as error:
            return self._judged(error)
        except AnymailError as error:
            return Outcome(Known.DOWN, _said(error))
        except (OSError, requests.RequestException) as error:
            return Outcome(Known.UNSURE, type(error).__name__)
        told = mail.anymail_status.recipients.values()  # type: ignore[attr-defined]
        number = next((one.message_id for one in told if one.message_id), "")
        return Outcome(Known.TAKEN, provider_id=str(number)[:120])

    def _judged(self, error: AnymailAPIError) -> Outcome:
        code = getattr(error, "status_code", None)
        if code is None:
            cause = error.__cause__
            never = isinstance(cause, requests.ConnectTimeout) or "NewConnectionError" in repr(cause)
            self.close()
            if never:
                return Outcome(Known.DOWN, _("The mail provider cannot be reached."))
            return Outcome(Known.UNSURE, _said(error))
        if code in {401, 403}:
            return Outcome(Known.DOWN, _("The mail provider does not accept the key."))
        if code in {429, 503}:
            return Outcome(Known.LATER, _said(error))
        return Outcome(Known.REFUSED if 400 <= code < 500 else Known.UNSURE, _said(error))

    def keep(self, parcel: Parcel) -> SandboxMail | None:
        return None

    def close(self) -> None:
        if self.backend is not None:
            self.backend.close()
        self.backend = None


def _said(error: Exception) -> str:
    """The first line, without the mail that anymail repeats below."""
    code = getattr(error, "status_code", None)
    text = str(error).strip().partition("\n")[0]
    return f"{code or ''} {text}".strip()[:400]


def _as_django(parcel: Parcel) -> EmailMultiAlternatives:
    """The assembled mail taken apart again: providers want parts, not bytes."""
    read = email.message_from_bytes(parcel.raw, policy=email.policy.default)
    assert isinstance(read, Mail)
    text, html = read.get_body(("plain",)), read.get_body(("html",))
    extra = {name: str(value) for name, value in read.items() if name.lower() not in OWN_HEADERS}
    extra["Message-ID"] = str(read["Message-ID"])
    mail = EmailMultiAlternatives(
        str(read["Subject"]),
        text.get_content() if text else "",
        str(read["From"]),
        [str(read["To"])],
        headers=extra,
        reply_to=[str(read["Reply-To"])] if read["Reply-To"] else None,
    )
    if html:
        mail.attach_alternative(html.get_content(), "text/html")
    for part in read.iter_attachments():
        mail.attach(part.get_filename() or "file", part.get_content(), part.get_content_type())
    mail.metadata = {"message": str(parcel.message.pk)}  # type: ignore[attr-defined]
    if parcel.message.mailing.purpose == "marketing":
        mail.tags = [parcel.message.mailing.source.replace(":", "-")]  # type: ignore[attr-defined]
    return mail


def reader(name: str, secret: str) -> Any:
    """What turns a post of this provider into events; who posts is judged by us, alike for all."""
    account = KNOWN[name]
    view = import_string(f"anymail.webhooks.{name}.{_CLASSES[name]}TrackingWebhookView")
    options: dict[str, Any] = dict.fromkeys(account.hook, secret)
    return view(webhook_secret=[secret], **options)
