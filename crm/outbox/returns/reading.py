"""A mail that came back, read: which address, for good or for now, or a complaint.

In this order: feedback reports (RFC 5965), delivery status (RFC 3464), the readers of flufl.bounce for
servers with forms of their own, then what is left in plain words. The status code (RFC 3463) decides between
"for good" and "for now" wherever one is given.
"""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.message import Message as Mail
from email.utils import getaddresses

from flufl.bounce import all_failures

from crm.models import DeliveryEvent
from crm.outbox.returns import plain
from crm.outbox.returns.words import reason_of

Kind = DeliveryEvent.Kind
ARRIVED = {"delivered", "relayed", "expanded"}
NO_COMPLAINT = {"auth-failure", "not-spam", "virus"}
_address = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+\.[^\s<>()\[\],;:\"']+")
STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_smtp = re.compile(r"\b([45])\d\d\b[ -]")


@dataclass(frozen=True, slots=True)
class Return:
    """What a mail says of one address. `status` is of RFC 3463, "" where none is given."""

    address: str
    kind: str
    status: str = ""
    reason: str = ""
    detail: str = ""


def read(raw: bytes) -> list[Return]:
    """What this mail says; empty when it is neither a return nor a complaint, or nobody understands it."""
    mail = email.message_from_bytes(raw)
    if complaints := list(_complaints(mail)):
        return complaints
    if said := list(_statuses(mail)):
        return [one for one in said if one.kind != Kind.DELIVERED]
    if not plain.may_be_return(mail):
        return []
    text = plain.text_of(mail)
    addresses, temporary = _by_readers(mail)
    addresses = addresses - plain.own(mail, text) or addresses
    if not addresses:
        addresses = plain.failed_addresses(mail, text)
    return [_in_words(one, text, temporary) for one in sorted(addresses)]


def _complaints(mail: Mail) -> Iterator[Return]:
    """RFC 5965, and the older ways of large providers to hand a complaint on."""
    kinds = {part.get_content_type() for part in mail.walk()}
    if "message/feedback-report" not in kinds and not plain.is_bare_complaint(mail):
        return
    report = next((one for one in mail.walk() if one.get_content_type() == "message/feedback-report"), None)
    fields = plain.fields_of(report) if report is not None else {}
    if fields.get("feedback-type", ["abuse"])[0].lower() in NO_COMPLAINT:
        return
    told = [*fields.get("original-rcpt-to", ()), *fields.get("removal-recipient", ())]
    told = told or plain.original_recipients(mail)
    found = {clean for one in told if (clean := address_in(one))}
    detail = " ".join(fields.get("user-agent", []))[:200]
    for address in sorted(found) or [""]:
        yield Return(address, Kind.COMPLAINED, detail=detail)


def _statuses(mail: Mail) -> Iterator[Return]:
    """RFC 3464: one block for each recipient, wherever in the mail they stand."""
    seen: dict[str, Return] = {}
    for block in plain.status_blocks(mail):
        recipient = next(
            (
                clean
                for name in ("original-recipient", "final-recipient", "x-actual-recipient")
                for value in block.get(name, ())
                if (clean := address_in(value))
            ),
            "",
        )
        action = (block.get("action") or [""])[0].strip().lower().partition(" ")[0]
        codes = STATUS.findall(" ".join(block.get("status", ())))
        detail = " ".join(" ".join(block.get("diagnostic-code", ())).split())
        if not recipient or not (action or codes):
            continue
        code = _most_telling(codes, STATUS.findall(detail))
        if action in ARRIVED or code.startswith("2"):
            seen.setdefault(recipient, Return(recipient, Kind.DELIVERED))
            continue
        reason = reason_of(f"Status: {code}\n{detail}" if code else detail)
        kind = Kind.DEFERRED if action == "delayed" else kind_of(code, detail)
        seen[recipient] = Return(recipient, kind, code, reason, detail[:500])
    yield from seen.values()


def _most_telling(given: list[str], said: list[str]) -> str:
    """The code of the Status field decides the class; what the server said may be more exact within it."""
    if not given:
        return said[0] if said else ""
    same = [code for code in said if code[0] == given[0][0]]
    return same[0] if given[0].endswith(".0.0") and same else given[0]


def kind_of(status: str, text: str, *, temporary: bool = False) -> str:
    """For good or for now: by the class of the code, else of the SMTP answer, else as the reader says."""
    if status:
        return Kind.HARD if status.startswith("5") else Kind.SOFT
    if found := _smtp.search(text):
        return Kind.HARD if found[1] == "5" else Kind.SOFT
    return Kind.SOFT if temporary else Kind.HARD


def _by_readers(mail: Mail) -> tuple[set[str], bool]:
    """What flufl.bounce knows of servers with forms of their own; its readers may stumble over odd mails."""
    try:
        temporary, permanent = all_failures(mail)
    except Exception:
        return set(), False
    found = {_decoded(one) for one in (permanent or temporary)}
    return {clean for one in found if (clean := address_in(one))}, not permanent


def _decoded(one: bytes | str) -> str:
    return one.decode("utf-8", "replace") if isinstance(one, bytes) else one


def _in_words(address: str, text: str, temporary: bool) -> Return:
    near = plain.near(text, address)
    codes = STATUS.findall(near) or STATUS.findall(text)
    status = next((code for code in codes if not code.startswith("2")), "")
    detail = " ".join(near.split())[:500]
    kind = kind_of(status, near or text, temporary=temporary or plain.is_temporary(text))
    return replace(Return(address, kind, status, detail=detail), reason=reason_of(f"{near}\n{text}"))


def address_in(text: str) -> str:
    """The address in a field such as "rfc822;ada@example.com", in small letters; "" where there is none."""
    found = _address.search(text.replace("rfc822;", " ").replace("RFC822;", " "))
    return found[0].strip(".").lower()[:254] if found else ""


def addresses_in(text: str) -> list[str]:
    return [clean for _name, one in getaddresses([text]) if (clean := address_in(one))]
