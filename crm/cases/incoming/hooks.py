"""Mails that a provider posts to us: the whole mail signed by HMAC, or Postmark's JSON."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from django.http import HttpRequest

from crm.cases.incoming.filing import LARGEST, take
from crm.errors import Refusal
from crm.models import Mailbox, ReceivedMail

MOST = LARGEST * 3 // 2  # JSON carries files as base64.
AGE = 5 * 60  # Seconds that a signature is good for.
SIGNATURE, MOMENT = "X-Closeknit-Signature", "X-Closeknit-Timestamp"


def body(request: HttpRequest) -> bytes | None:
    """What was posted, read no further than our limit; None when there is more."""
    data = request.read(MOST + 1)
    return None if len(data) > MOST else data


def signature(key: str, moment: str, data: bytes) -> str:
    """HMAC-SHA256 of "<moment>." and the bytes, hexadecimal."""
    return hmac.new(key.encode(), moment.encode() + b"." + data, hashlib.sha256).hexdigest()


def is_genuine(box: Mailbox, request: HttpRequest, data: bytes, now: datetime) -> bool:
    """Whether who posts knows the box's key: a signature over the body, or basic authentication."""
    if not box.secret:
        return False
    if box.kind == Mailbox.Kind.POSTMARK:
        return _knows_password(box, request.headers.get("Authorization", ""))
    moment = request.headers.get(MOMENT, "")
    if not (moment.isascii() and moment.isdigit() and len(moment) < 16):
        return False
    if abs(now.timestamp() - int(moment)) > AGE:
        return False
    given = request.headers.get(SIGNATURE, "").encode("utf-8", "replace")
    return hmac.compare_digest(given, signature(box.secret, moment, data).encode())


def _knows_password(box: Mailbox, header: str) -> bool:
    kind, _space, value = header.partition(" ")
    try:
        name, _colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (ValueError, binascii.Error):
        return False
    genuine = hmac.compare_digest(password.encode(), box.secret.encode())
    return kind.lower() == "basic" and name == "closeknit" and genuine


def take_posted(box: Mailbox, data: bytes, *, at: datetime) -> ReceivedMail:
    """File what a genuine post holds; Refusal when it is no mail."""
    try:
        raw = data if box.kind == Mailbox.Kind.RAW else as_mail(_json(data))
    except (ValueError, TypeError, LookupError, AttributeError):  # Parts that no mail can be made of.
        raise Refusal("This cannot be read as a mail.") from None
    if not raw.strip():
        raise Refusal("There is no mail in it.")
    return take(raw, at=at, mailbox=box)


def _json(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise Refusal("This is not JSON.") from None
    if not isinstance(found, dict) or "From" not in found:
        raise Refusal("This is not an inbound message of Postmark.")
    return found


def as_mail(posted: dict[str, Any]) -> bytes:
    """Postmark's fields as the mail that they were: one reader for every way in."""
    if isinstance(posted.get("RawEmail"), str) and posted["RawEmail"]:
        return str(posted["RawEmail"]).encode("utf-8", "surrogateescape")
    mail = EmailMessage(policy=SMTP)
    given = {
        "From": posted.get("From"),
        "To": ", ".join(filter(None, map(_text, (posted.get("To"), posted.get("OriginalRecipient"))))),
        "Subject": posted.get("Subject"),
        "Date": posted.get("Date"),
        "Reply-To": posted.get("ReplyTo"),
    }
    for name, value in given.items():
        _set(mail, name, value)
    headers = posted.get("Headers")
    for one in headers if isinstance(headers, list) else []:
        if isinstance(one, dict) and str(one.get("Name", "")).lower() not in {*_BUILT, "reply-to"}:
            _set(mail, str(one.get("Name", "")), one.get("Value"))
    mail.set_content(_text(posted.get("TextBody")))
    if html := _text(posted.get("HtmlBody")):
        mail.add_alternative(html, subtype="html")
    files = posted.get("Attachments")
    for one in files if isinstance(files, list) else []:
        if isinstance(one, dict):
            _attach(mail, one)
    return mail.as_bytes()


_BUILT = {"content-type", "content-transfer-encoding", "mime-version", "from", "to", "subject", "date"}


def _text(value: Any) -> str:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _set(mail: EmailMessage, name: str, value: Any) -> None:
    text = " ".join(_text(value).split())
    if text and name.isascii() and name.replace("-", "").isalnum():
        try:
            mail[name] = text
        except (ValueError, IndexError):  # A second Subject, or an address nobody can read.
            return


def _attach(mail: EmailMessage, one: dict[str, Any]) -> None:
    try:
        data = base64.b64decode(_text(one.get("Content")))
    except (ValueError, binascii.Error):
        return
    main, _slash, sub = _text(one.get("ContentType")).partition(";")[0].strip().partition("/")
    known = main.isalnum() and sub.replace("-", "").replace(".", "").replace("+", "").isalnum()
    if not known or main in {"multipart", "message"}:
        main, sub = "application", "octet-stream"
    mail.add_attachment(data, maintype=main, subtype=sub, filename=_text(one.get("Name")) or "file")
