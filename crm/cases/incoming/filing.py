"""One mail, once: on its case, in a new one, or in the log with the reason why not."""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime, timedelta
from email import message_from_bytes
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm import audit, consent
from crm.cases import addresses, attachments, letters
from crm.cases.incoming import bounces, html, judging, quoting, reasons, threading
from crm.cases.incoming.reading import Letter, Malformed, read
from crm.cases.opening import open_case
from crm.cases.talking import hear
from crm.errors import Refusal
from crm.models import Business, BusinessHours, Case, Customer, Mailbox, ReceivedMail, User
from crm.outbox import unsubscribing
from crm.outbox.returns import taking
from crm.privacy import identities

log = logging.getLogger(__name__)
LARGEST = 25 << 20
RETURNS = {reasons.REPORT, reasons.NULL_PATH, reasons.AUTO}
MOST_AN_HOUR = 30  # Of one sender; people write less, two machines that answer each other write more.
State = ReceivedMail.State


def take(raw: bytes, *, at: datetime, mailbox: Mailbox | None = None) -> ReceivedMail:
    """File this mail; the same mail again gives what became of it the first time."""
    if len(raw) > LARGEST:
        return _aside(raw[: 64 << 10], reasons.TOO_LARGE, at=at, mailbox=mailbox, size=len(raw))
    if mailbox is not None and mailbox.use == Mailbox.Use.RETURNS:
        return _take_return(raw, at=at, mailbox=mailbox)
    ours = own_addresses()
    try:
        letter = read(raw, at=at, ours=ours)
    except Malformed:
        return _returned(raw, at=at, mailbox=mailbox) or _aside(
            raw, reasons.MALFORMED, at=at, mailbox=mailbox
        )
    except Exception as error:  # A mail that breaks the reader must not stop the mails behind it.
        log.error("a mail could not be read: %s", type(error).__name__)
        return _aside(raw, reasons.MALFORMED, at=at, mailbox=mailbox)
    digest = digest_of(raw, letter)
    if known := ReceivedMail.objects.filter(digest=digest).first():
        return known
    reason = _left(letter.subject, at) or judging.verdict(letter, ours)
    if not reason and _too_many(letter.sender, at):
        return _aside(raw, reasons.TOO_MANY, at=at, mailbox=mailbox, letter=letter)
    bounced = bounces.about_answer(letter.headers, raw, letter.sender) if reason else None
    if reason in RETURNS and not bounced and taking.take_mail(raw, at=at, source=_source(mailbox)):
        reason = reasons.RETURNED
    received = ReceivedMail(
        digest=digest,
        mailbox=mailbox,
        state=State.IGNORED if reason and not bounced else State.FILED,
        reason=reason,
        sender=letter.sender,
        subject=letter.subject,
        size=len(raw),
        received_at=at,
    )
    try:
        with transaction.atomic():
            received.save(force_insert=True)
            if bounced:
                received.case = bounces.note(*bounced, at=at)
            elif not reason:
                received.case = file(letter, at=at)
            received.save(update_fields=["case"])
            return received
    except IntegrityError:  # Two at once: the other one was faster.
        return ReceivedMail.objects.get(digest=digest)


def _take_return(raw: bytes, *, at: datetime, mailbox: Mailbox) -> ReceivedMail:
    """From the box for returned mails: noted, or put aside for a person; nothing there opens a case."""
    digest = digest_of(raw)
    if known := ReceivedMail.objects.filter(digest=digest).first():
        return known
    reason = _left(str(message_from_bytes(raw)["Subject"]), at)
    if not reason and taking.take_mail(raw, at=at, source=_source(mailbox)) is None:
        return _aside(raw, reasons.NO_RETURN, at=at, mailbox=mailbox)
    reason = reason or reasons.RETURNED
    values = {"mailbox": mailbox, "state": State.IGNORED, "reason": reason, "size": len(raw)}
    told = {**values, "received_at": at}
    return ReceivedMail.objects.get_or_create(digest=digest, defaults=told)[0]


def _left(subject: str, at: datetime) -> str:
    return reasons.UNSUBSCRIBED if unsubscribing.leave_by_mail(subject, at=at) else ""


def _source(mailbox: Mailbox | None) -> str:
    return f"mailbox:{mailbox.pk}" if mailbox else "mail"


def _returned(raw: bytes, *, at: datetime, mailbox: Mailbox | None) -> ReceivedMail | None:
    """A report without a sender that one of our answers did not arrive; None when it is no such report."""
    bounced = bounces.about_answer(message_from_bytes(raw), raw)
    if bounced is None:
        return None
    values = {"mailbox": mailbox, "state": State.FILED, "reason": reasons.REPORT, "size": len(raw)}
    with transaction.atomic():
        case = bounces.note(*bounced, at=at)
        told = {**values, "received_at": at, "case": case}
        return ReceivedMail.objects.get_or_create(digest=digest_of(raw), defaults=told)[0]


def file(letter: Letter, *, at: datetime) -> Case:
    """Put a mail of a person on its case, or open one."""
    text, quoted = (letter.text, "") if quoting.is_forward(letter.subject) else quoting.split(letter.text)
    key = f"mail:{hashlib.sha256((letter.message_id or letter.text).encode()).hexdigest()[:40]}"
    said: dict[str, Any] = {
        "sender_name": letter.sender_name,
        "sender_email": letter.sender,
        "quoted": quoted,
        "html": html.clean(letter.html) if letter.html else "",
        "message_id": letter.message_id[:250],
        "references": " ".join(letter.ids),
    }
    known = threading.case_of(letter)
    if known is not None:
        case, message = hear(known, text, at=max(letter.at, known.opened_at), key=key, **said)
    else:
        case = _opened(letter, text, said, at=at)
        message = case.messages.get(key="first")
    files = [(one.name, one.content_type, one.data) for one in letter.files]
    attachments.keep(message, files, at=at)
    return case


def _opened(letter: Letter, text: str, said: dict[str, Any], *, at: datetime) -> Case:
    house = BusinessHours.current()
    customer = threading.customer_of(letter.sender)
    if (
        customer is None and house.keep_senders and not identities.is_erased(email=letter.sender)
    ):  # An address alone brings nobody back.
        customer = _new_customer(letter)
    case = open_case(
        addresses.untagged(letter.subject) or _("(no subject)"),
        at=at,
        channel=Case.Channel.MAIL,
        customer=customer,
        text=text or letter.subject,
        sender_name=letter.sender_name,
        sender_email=letter.sender,
        message={**said, "at": letter.at},
    )
    if house.acknowledge:
        letters.acknowledge(case, at=timezone.now())
    return case


def _new_customer(letter: Letter) -> Customer:
    first, _space, last = letter.sender_name.partition(" ")
    customer = Customer(first_name=first[:80], last_name=last[:80], email=letter.sender, source="mail")
    customer.prepare().save()
    consent.recall(customer)
    return customer


def own_addresses() -> set[str]:
    """Addresses that are ours: a mail from them is no customer's."""
    boxes = set(Mailbox.objects.values_list("address", flat=True))
    business = Business.current()
    return {one.lower() for one in (*boxes, business.from_email, business.reply_to) if one}


def digest_of(raw: bytes, letter: Letter | None = None) -> str:
    """What makes a mail the same one: its Message-ID and sender, else every byte of it."""
    if letter is not None and letter.message_id:
        return hashlib.sha256(f"{letter.message_id}\n{letter.sender}".encode()).hexdigest()
    return hashlib.sha256(raw).hexdigest()


def _too_many(sender: str, at: datetime) -> bool:
    recent = ReceivedMail.objects.filter(sender=sender, received_at__gt=at - timedelta(hours=1))
    return recent.exclude(state=State.IGNORED).count() >= MOST_AN_HOUR


def _aside(
    raw: bytes,
    reason: str,
    *,
    at: datetime,
    mailbox: Mailbox | None,
    letter: Letter | None = None,
    size: int = 0,
) -> ReceivedMail:
    """Keep the mail itself for a person to look at."""
    digest = digest_of(raw, letter)
    if known := ReceivedMail.objects.filter(digest=digest).first():
        return known
    values = {
        "mailbox": mailbox,
        "state": State.ASIDE,
        "reason": reason,
        "sender": letter.sender if letter else "",
        "subject": letter.subject if letter else "",
        "size": size or len(raw),
        "received_at": at,
        "file": attachments.store(raw, at=at),
    }
    return ReceivedMail.objects.get_or_create(digest=digest, defaults=values)[0]


@transaction.atomic
def take_anyway(received: ReceivedMail, *, by: User, at: datetime) -> Case:
    """A person says that a mail put aside is a customer's: file it now."""
    held = ReceivedMail.objects.filter(pk=received.pk, state=State.ASIDE).exclude(file="")
    if not held.update(state=State.FILED, reason=""):
        raise Refusal(_("This mail is not put aside any more."))
    with received.file.open("rb") as kept:
        raw = kept.read()
    try:
        letter = read(raw, at=at, ours=own_addresses())
    except Malformed:
        raise Refusal(_("This mail cannot be read. Download it and open a case by hand.")) from None
    case = file(letter, at=at)
    ReceivedMail.objects.filter(pk=received.pk).update(case=case)
    audit.record(by, "changed", received, change=({"state": "aside"}, {"state": "filed"}))
    return case
