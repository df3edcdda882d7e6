"""A mail as bytes, read tolerantly: odd charsets, broken headers and missing parts give text, not errors."""

from __future__ import annotations

import email
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from charset_normalizer import from_bytes

from crm.cases.incoming import html as pages

LONGEST = 200_000  # Signs of a body that are kept.
MOST_IDS = 60
MOST_PARTS = 200
LATER = timedelta(minutes=10)  # A clock that runs ahead more than this is not believed.
_id = re.compile(r"<[^<>\s]{3,240}>")
_control = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]+")
_spelt = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "ks_c_5601-1987": "cp949"}
_wider = {"iso-8859-1": "cp1252", "us-ascii": "utf-8", "ascii": "utf-8", "euc-kr": "cp949"}
CHARSETS = {**_spelt, **_wider}


class Malformed(ValueError):
    """Nothing that could be a mail, or nobody who sent it."""


@dataclass(frozen=True, slots=True)
class File:
    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail. `ids` are the Message-IDs it answers, the nearest first; `to` all addresses it went to."""

    headers: Message
    message_id: str
    ids: tuple[str, ...]
    sender_name: str
    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str
    files: tuple[File, ...]
    at: datetime

    def header(self, name: str) -> str:
        return header(self.headers, name)


def read(raw: bytes, *, at: datetime, ours: Iterable[str] = ()) -> Letter:
    """Read a mail received at `at`; Malformed when it has no sender.

    `ours` are our own addresses: a web form that writes from one of them names the person in Reply-To.
    """
    message = email.message_from_bytes(raw)
    name, sender = _sender(message, {one.lower() for one in ours})
    plain, html, files = _body(message)
    text = plain if plain.strip() else pages.as_text(html)
    return Letter(
        headers=message,
        message_id=next(iter(_ids(header(message, "Message-ID"))), ""),
        ids=_answered(message),
        sender_name=name,
        sender=sender,
        to=tuple(_receivers(message)),
        subject=" ".join(header(message, "Subject").split())[:250],
        text=text[:LONGEST].strip(),
        html=html[:LONGEST],
        files=tuple(files),
        at=_moment(message, at),
    )


def header(message: Message, name: str) -> str:
    """One header as text, whatever was put into it."""
    try:
        value = message.get(name)
    except (ValueError, TypeError, LookupError):
        return ""
    return "" if value is None else _clean(decoded(str(value)))


def decoded(value: str) -> str:
    """RFC 2047 words in plain text; raw 8-bit signs are guessed."""
    try:
        parts = decode_header(value.replace("\r", "").replace("\n", ""))
    except (ValueError, LookupError):
        return value
    return "".join(
        part if isinstance(part, str) else as_text(part, charset or "ascii") for part, charset in parts
    )


def as_text(data: bytes, charset: str) -> str:
    """Bytes as text: in the charset they name, else in the likeliest one, never with an error."""
    name = charset.strip().strip('"').lower()
    for candidate in (CHARSETS.get(name, name), "utf-8"):
        try:
            return data.decode(candidate)
        except (LookupError, UnicodeDecodeError, ValueError):
            continue
    best = from_bytes(data[:50_000]).best()
    return data.decode(best.encoding if best else "latin-1", "replace")


def _clean(text: str) -> str:
    return _control.sub(" ", text.encode("utf-8", "replace").decode()).strip()


def _sender(message: Message, ours: set[str]) -> tuple[str, str]:
    for name in ("From", "Sender", "Reply-To"):
        for shown, address in _addresses(message, name):
            if address in ours:
                answer = next(iter(_addresses(message, "Reply-To")), None)
                return answer if answer and answer[1] not in ours else (shown, address)
            return shown, address
    raise Malformed("no sender")


def _addresses(message: Message, name: str) -> Iterator[tuple[str, str]]:
    """(name, address) pairs of a header; the addresses are taken before the names are decoded."""
    try:
        values = [str(value) for value in message.get_all(name, [])]
        pairs = getaddresses(values)
    except (ValueError, TypeError, IndexError, LookupError):
        return
    for shown, address in pairs:
        local, at, domain = address.strip().lower().rpartition("@")
        if at and local and "." in domain and len(address) <= 254 and not re.search(r"\s", address):
            yield _clean(decoded(shown))[:120], f"{local}@{domain}"


def _receivers(message: Message) -> Iterator[str]:
    for name in ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Forwarded-To"):
        for _shown, address in _addresses(message, name):
            yield address


def _ids(text: str) -> list[str]:
    return _id.findall(text)


def _answered(message: Message) -> tuple[str, ...]:
    nearest = _ids(header(message, "In-Reply-To"))
    chain = _ids(header(message, "References"))
    return tuple(dict.fromkeys([*nearest, *reversed(chain[-MOST_IDS:]), *chain[:1]]))


def _moment(message: Message, received: datetime) -> datetime:
    """When it was written, as long as that is believable."""
    try:
        written = parsedate_to_datetime(header(message, "Date"))
    except (ValueError, TypeError, IndexError):
        return received
    if written.tzinfo is None:
        written = written.replace(tzinfo=UTC)
    believable = received - timedelta(days=7) <= written <= received + LATER
    return min(written, received) if believable else received


def _body(message: Message) -> tuple[str, str, list[File]]:
    plain, html = "", ""
    files: list[File] = []
    for number, part in enumerate(message.walk()):
        if number >= MOST_PARTS:
            break
        if part.is_multipart() and part.get_content_type() != "message/rfc822":
            continue
        kind = part.get_content_type()
        name = _file_name(part)
        shown = part.get_content_disposition() != "attachment" and not name
        if shown and kind == "text/plain":
            plain += ("\n" if plain else "") + _part_text(part)
        elif shown and kind == "text/html":
            html += _part_text(part)
        elif kind != "message/rfc822" or name:
            files.append(File(name or kind.replace("/", "."), kind, _payload(part)))
    return plain.replace("\r\n", "\n"), html, files


def _file_name(part: Message) -> str:
    try:
        name = part.get_filename() or ""
    except (ValueError, TypeError, LookupError):
        return "file"
    return _clean(decoded(name)).replace("/", "_").replace("\\", "_")[:200]


def _payload(part: Message) -> bytes:
    try:
        data = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        return b""
    return data if isinstance(data, bytes) else b""


def _part_text(part: Message) -> str:
    try:
        charset = str(part.get_content_charset() or "utf-8")
    except (ValueError, LookupError):
        charset = "utf-8"
    text = as_text(_payload(part), charset).replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "", text.encode("utf-8", "replace").decode())
