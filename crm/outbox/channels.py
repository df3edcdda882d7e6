"""Where mail goes: the sandbox, or an SMTP server. A channel hands over and says what is known."""

from __future__ import annotations

import contextlib
import ipaddress
import smtplib
import socket
import ssl
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _  # Stored in English, translated where it is shown.

from crm.errors import TemporaryFailure
from crm.models import SandboxMail
from crm.outbox.mime import Parcel

MAILS_PER_CONNECTION = 500
SIGN_IN_TROUBLE = {454, 530, 534, 535, 538}  # Says nothing about this message.


class Known(Enum):
    """What is known after a try. LATER and DOWN: the server surely did not take the mail."""

    TAKEN = "taken"
    REFUSED = "refused"
    LATER = "later"
    DOWN = "down"  # Because of the server alone: this message must not pay for it.
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Outcome:
    known: Known
    text: str = ""
    of_recipient: bool = False  # The answer is about this one address, not about the sender or the content.
    provider_id: str = ""  # As the mail provider calls the message.


TAKEN = Outcome(Known.TAKEN)


class Channel(Protocol):
    def open(self) -> None:
        """Be ready to hand over; TemporaryFailure when the server cannot be reached."""

    def hand_over(self, parcel: Parcel) -> Outcome: ...

    def is_open(self) -> bool:
        """Whether one more can be handed over without connecting anew."""

    def keep(self, parcel: Parcel) -> SandboxMail | None:
        """What to store in the same transaction that settles the message as sent."""

    def close(self) -> None: ...


class Sandbox:
    """Nothing leaves this machine: mails are kept and can be read in the browser."""

    def open(self) -> None:
        return

    def hand_over(self, parcel: Parcel) -> Outcome:
        return TAKEN

    def is_open(self) -> bool:
        return True

    def keep(self, parcel: Parcel) -> SandboxMail | None:
        caught = {"subject": parcel.subject[:300], "to": parcel.recipient, "raw": parcel.raw}
        return SandboxMail(message=parcel.message, **caught)

    def close(self) -> None:
        return


class Smtp:
    """One connection at a time, kept for some hundred mails."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        self.server: smtplib.SMTP | None = None
        self.handed = 0

    def open(self) -> None:
        if not self.is_open():
            self.close()
            self.server, self.handed = self._connect(), 0

    def is_open(self) -> bool:
        return self.server is not None and self.handed < MAILS_PER_CONNECTION

    def _connect(self) -> smtplib.SMTP:
        options = self.options
        basic = {"timeout": options["timeout"], "local_hostname": _own_name()}
        server: smtplib.SMTP | None = None
        try:
            if options["use_ssl"]:
                server = smtplib.SMTP_SSL(
                    options["host"], options["port"], context=ssl.create_default_context(), **basic
                )
            else:
                server = smtplib.SMTP(options["host"], options["port"], **basic)
            if options["use_tls"]:
                server.starttls(context=ssl.create_default_context())
            if options["username"]:
                server.login(options["username"], options["password"])
            server.ehlo_or_helo_if_needed()
        except (OSError, smtplib.SMTPException) as error:
            if server is not None:
                server.close()
            raise TemporaryFailure(_trouble(error)) from None
        if server.sock is not None:
            server.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return server

    def hand_over(self, parcel: Parcel) -> Outcome:
        """Try once; a reused connection that turns out dead before the content is replaced once."""
        reused = self.handed > 0
        outcome = self._try(parcel)
        if reused and outcome.known is Known.LATER and self.server is None:
            try:
                self.open()
            except TemporaryFailure as error:
                return Outcome(Known.DOWN, str(error))
            outcome = self._try(parcel)
        return outcome

    def _try(self, parcel: Parcel) -> Outcome:
        assert self.server is not None
        server, content_began = self.server, False
        self.handed += 1
        try:
            if refused := self._announce(server, parcel):
                return refused
            content_began = True
            server.send(_dotted(parcel.raw))
            code, reply = server.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.close(politely=False)
            text = _trouble(error)
            return Outcome(Known.UNSURE if content_began else Known.LATER, text)
        if 200 <= code < 300:
            return TAKEN
        if not 400 <= code < 600:  # No answer that SMTP knows: nobody can say what happened to the mail.
            self.close(politely=False)
            return Outcome(Known.UNSURE, f"{code}")
        return self._refused(code, reply)

    def _announce(self, server: smtplib.SMTP, parcel: Parcel) -> Outcome | None:
        """Say who writes to whom; None when the server now waits for the content."""
        size = [f"size={len(parcel.raw)}"] if "size" in server.esmtp_features else []
        sender = " ".join([f"FROM:<{parcel.sender}>", *size])
        recipient = f"TO:<{parcel.recipient}>"
        if "pipelining" in server.esmtp_features:  # RFC 2920: both questions in one journey.
            server.send(f"MAIL {sender}\r\nRCPT {recipient}\r\n".encode("ascii"))
            first = server.getreply()
            second = (0, b"") if first[0] == 421 else server.getreply()
            if first[0] != 250:
                return self._refused(*first)
            code, reply = second
        else:
            code, reply = server.docmd("MAIL", sender)
            if code != 250:
                return self._refused(code, reply)
            code, reply = server.docmd("RCPT", recipient)
        if code not in {250, 251}:
            return self._refused(code, reply, of_recipient=True)
        code, reply = server.docmd("DATA")
        return None if code == 354 else self._refused(code, reply)

    def _refused(self, code: int, reply: bytes, *, of_recipient: bool = False) -> Outcome:
        text = f"{code} {reply.decode('utf-8', 'replace')}"[:400]
        if code in SIGN_IN_TROUBLE:
            self.close()
            return Outcome(Known.DOWN, text)
        if code == 421 or code < 400:  # The server is closing, or said nothing that SMTP knows.
            self.close(politely=False)
        else:
            self._reset()
        return Outcome(Known.REFUSED if code >= 500 else Known.LATER, text, of_recipient)

    def _reset(self) -> None:
        try:
            assert self.server is not None
            self.server.rset()
        except (OSError, smtplib.SMTPException):
            self.close(politely=False)

    def keep(self, parcel: Parcel) -> SandboxMail | None:
        return None

    def close(self, *, politely: bool = True) -> None:
        if self.server is None:
            return
        if politely:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self.server.quit()
        self.server.close()
        self.server = None


def refusal() -> str:
    """Why nothing may leave at all, in words for the owner; "" when mail may leave."""
    if (
        not settings.MAIL_CONNECTION
        or settings.ALLOW_LOCAL_LINKS
        or not _is_local(urlsplit(settings.SITE_URL).hostname or "")
    ):
        return ""
    return gettext(
        "Links in the mails would point to this computer and work for nobody else. "
        "Set SITE_URL to the public address of Closeknit, then sending goes on by itself."
    )


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        found = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return found.is_loopback or found.is_unspecified


def _own_name() -> str:
    """The name for EHLO: ours where it is a full one, else the literal that every server takes."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"


def _dotted(raw: bytes) -> bytes:
    """The content with leading dots doubled and the end mark (RFC 5321, 4.5.2)."""
    if b"\n." in raw:
        raw = raw.replace(b"\r\n.", b"\r\n..")
    return raw + (b".\r\n" if raw.endswith(b"\r\n") else b"\r\n.\r\n")


def _trouble(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return _("The mail server does not accept the user name or password.")
    if isinstance(error, smtplib.SMTPResponseException):
        reply = error.smtp_error
        words = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else str(reply)
        return f"{error.smtp_code} {words}"[:400]
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return _("The mail server did not answer in time.")
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return _("The mail server closed the connection.")
    if isinstance(error, ssl.SSLError):
        return _("The mail server's certificate or encryption is not accepted.")
    return _("The mail server cannot be reached. Is its address right, and the server running?")
