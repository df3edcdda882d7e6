"""A rendered mail as bytes for the wire, assembled by hand: much faster than email.message.

Nothing that came from a customer can start a new header line: control characters become spaces, and an
address with anything odd in it is refused.
"""

from __future__ import annotations

import re
from base64 import b64encode
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from urllib.parse import quote

from django.utils.translation import gettext_noop as _  # Stored in English, translated where it is shown.

from crm.errors import PermanentFailure
from crm.models import Mailing, Message, Sender
from crm.outbox import signing, tokens
from crm.outbox.envelope import Envelope
from crm.outbox.files import mixed

BOUNDARY = "=_closeknit_part"  # "=_" occurs neither in base64 nor in quoted-printable.
RESERVED = {
    "bcc", "cc", "content-transfer-encoding", "content-type", "date", "from", "list-id", "list-unsubscribe",
    "list-unsubscribe-post", "message-id", "mime-version", "precedence", "reply-to", "return-path", "sender",
    "subject", "to",
}  # fmt: skip
_control = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
_address = re.compile(r"[^\s\x00-\x20\x7f<>()\[\]\\,;:\"@]+@[^\s\x00-\x20\x7f<>()\[\]\\,;:\"@]+")
_atoms = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_header_name = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message ready to be handed over: envelope addresses and the bytes between DATA and the final dot."""

    message: Message
    sender: str
    recipient: str
    subject: str
    to: str
    raw: bytes


def assemble(
    message: Message, envelope: Envelope, *, now: datetime, sender_of: Sender | None = None, returns: str = ""
) -> Parcel:
    """Build the mail; PermanentFailure when an address cannot be used.

    `returns` is where servers send back what they cannot deliver; `sender_of` signs, where it has a key.
    """
    recipient = address(message.to_email)
    sender = address(envelope.from_email)
    to = mailbox(envelope.to_name, recipient)
    lines = [
        _fixed_headers(envelope.from_name, sender, envelope.reply_to),
        f"To: {to}",
        f"Subject: {encoded(envelope.subject, 9)}",
        f"Message-ID: {tokens.message_id(message, sender.rpartition('@')[2])}",
        f"Date: {_date(now.replace(microsecond=0))}",
    ]
    if message.mailing.purpose == Mailing.Purpose.MARKETING:
        lines += _list_headers(message, envelope, sender)
    lines += [_extra_header(name, value) for name, value in envelope.headers.items()]
    head = "\r\n".join(lines).encode("ascii")
    body = _body(envelope.text, envelope.html)
    raw = b"".join((head, b"\r\n", mixed(body, envelope.files) if envelope.files else body))
    raw = signing.signed(raw, sender_of)
    back_to = address(returns) if returns else sender
    return Parcel(message, back_to, recipient, clean(envelope.subject), to, raw)


def _list_headers(message: Message, envelope: Envelope, sender: str) -> list[str]:
    """RFC 2369, 2919 and 8058; each address on one line: folded ones break signatures somewhere."""
    url = _plain_url(envelope.unsubscribe_url or tokens.unsubscribe_url(message))
    post_box = address(envelope.reply_to) if envelope.reply_to else sender
    subject = quote(f"unsubscribe {tokens.unsubscribe_token(message)}")
    list_id = clean(envelope.list_id or f"news.{sender.rpartition('@')[2]}").strip("<>")
    return [
        f"List-Unsubscribe: <{url}>, <mailto:{quote(post_box, safe='@')}?subject={subject}>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        f"List-Id: {mailbox(envelope.from_name, list_id)}",
        "Precedence: bulk",
    ]


def _plain_url(url: str) -> str:
    return quote(clean(url), safe="/:?&=%+,;@!$'()*~#[]._-")


def _extra_header(name: str, value: str) -> str:
    if not _header_name.fullmatch(name) or name.lower() in RESERVED:
        raise PermanentFailure(f"The mail must not set the header {name[:40]!r} itself.")
    return f"{name}: {encoded(value, len(name) + 2)}"


@lru_cache(maxsize=2)
def _date(now: datetime) -> str:
    return format_datetime(now)


@lru_cache(maxsize=64)
def _fixed_headers(from_name: str, sender: str, reply_to: str) -> str:
    lines = [f"From: {mailbox(from_name, sender)}"]
    if reply_to:
        lines.append(f"Reply-To: {address(reply_to)}")
    return "\r\n".join([*lines, "MIME-Version: 1.0"])


def clean(text: str) -> str:
    """Text that fits into one header line: no line breaks or other control characters."""
    return _control.sub(" ", text).strip()


def address(email: str) -> str:
    """The address as servers take it (international domains in their ASCII form), or PermanentFailure."""
    if len(email) > 254 or not _address.fullmatch(email):
        raise PermanentFailure(_("The e-mail address cannot be used. Please check it."))
    local, _at, domain = email.rpartition("@")
    try:
        return f"{local.encode('ascii').decode()}@{domain.encode('idna').decode()}"
    except UnicodeError:
        raise PermanentFailure(_("Mail servers do not accept the signs in this e-mail address.")) from None


def mailbox(name: str, email: str) -> str:
    """`Name <email>` with the name quoted or encoded where it needs to be."""
    name = clean(name)
    if not name:
        return email if "@" in email else f"<{email}>"
    if not name.isascii() or "=?" in name:
        return f"{encoded(name, 6, whole=True)}\r\n <{email}>"
    if not _atoms.fullmatch(name):
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" <{email}>'
    return f"{name} <{email}>"


def encoded(text: str, column: int, *, whole: bool = False) -> str:
    """A header value: short ASCII as it is, else RFC 2047 words, each on a line of its own."""
    text = clean(text)
    if not whole and text.isascii() and len(text) + column <= 76 and "=?" not in text:
        return text
    words, word, room = [], "", max(9, 45 - column)
    for sign in text:
        if len((word + sign).encode()) > room:
            words.append(word)
            word, room = "", 45
        word += sign
    words.append(word)
    return "\r\n ".join(f"=?utf-8?b?{b64encode(part.encode()).decode()}?=" for part in words)


def _body(text: str, html: str) -> bytes:
    edge = BOUNDARY.encode()
    return b"".join(
        (
            b'Content-Type: multipart/alternative; boundary="',
            edge,
            b'"\r\n\r\n--',
            edge,
            b"\r\n",
            _part("plain", text),
            b"\r\n--",
            edge,
            b"\r\n",
            _part("html", html),
            b"\r\n--",
            edge,
            b"--\r\n",
        )
    )


def _part(subtype: str, text: str) -> bytes:
    """One text part: as it is where it can travel so, base64 where much is Chinese, else quoted-printable."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    data = text.encode("utf-8", "replace")
    much = len(data) - len(text) > len(data) // 6
    if subtype == "html" and not much:
        text = _light(text)
        data = text.encode("utf-8", "replace")
    if _plain(text):
        name, code = b"7bit", data.replace(b"\n", b"\r\n")
    elif much:
        name, code = b"base64", b64encode(data.replace(b"\n", b"\r\n"))
        code = b"\r\n".join([code[at : at + 76] for at in range(0, len(code), 76)])
    else:
        name, code = b"quoted-printable", b2a_qp(data, istext=True).replace(b"\n", b"\r\n")
    kind = subtype.encode()
    return b"".join(
        (
            b"Content-Type: text/",
            kind,
            b"; charset=utf-8\r\nContent-Transfer-Encoding: ",
            name,
            b"\r\n\r\n",
            code,
        )
    )


def _light(html: str) -> str:
    """The same page in short lines and, outside its head, in ASCII, so that it can travel as it is."""
    html = html.replace(' style="', '\nstyle="')  # Inside a tag a line break is as good as a space.
    head, end, body = html.partition("</head>")
    if body.isascii() or not head.isascii():
        return html
    return head + end + body.encode("ascii", "xmlcharrefreplace").decode()


def _plain(text: str) -> bool:
    """Whether SMTP carries the text unchanged: ASCII, short lines, and nothing like our boundary in it."""
    if not text.isascii() or BOUNDARY in text or "\0" in text:
        return False
    return len(max(text.split("\n"), key=len)) <= 900
