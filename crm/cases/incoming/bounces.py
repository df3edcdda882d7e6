"""Reports that an answer of ours could not be delivered, noted on its case; the owner is told.

Sources: RFC 3464 (delivery status), RFC 3463 (status codes), RFC 6522 (multipart/report). Our own Message-IDs
prove themselves, so wherever in a report one stands, the report is about that answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import Message as Mail

from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from crm.cases import addresses, moving, notices, talking
from crm.cases.incoming.judging import MACHINES
from crm.cases.incoming.reading import as_text
from crm.models import Business, Case, CaseMessage, Message
from crm.outbox.returns.words import reason_of

LATE = timedelta(days=7)
MOST = 256 << 10  # Of a report; what it sends back below may be long.
_action = re.compile(r"^Action:[ \t]*([a-z]+)", re.IGNORECASE | re.MULTILINE)
_below = re.compile(r"\n-{2,}[^\n]*(?:original|copy|returned|below)[^\n]*", re.IGNORECASE)
_any_id = re.compile(r"<m\d{1,15}\.[0-9a-f]{16}@[^<>\s]{1,200}>")


@dataclass(frozen=True, slots=True)
class Report:
    """`delayed`: the server goes on trying. `reason` is English, translated where it is shown."""

    reason: str
    delayed: bool


def read(mail: Mail) -> Report | None:
    """What a report says; None when it tells of a success."""
    if mail.get_param("report-type") in ("disposition-notification", "feedback-report"):
        return None  # Somebody read it, or complained: it did arrive.
    status = "\n".join(_status_parts(mail))
    actions = {found.lower() for found in _action.findall(status)}
    if actions and actions <= {"delivered", "relayed", "expanded"}:
        return None
    text = f"{status}\n{_words_of(mail)}"
    return Report(reason_of(text), delayed=actions == {"delayed"})


def _status_parts(mail: Mail) -> list[str]:
    found = []
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status":
            blocks = part.get_payload()
            found += [str(one) for one in blocks] if isinstance(blocks, list) else [str(blocks)]
    return found


def _words_of(mail: Mail) -> str:
    """The first text of the report, without the mail that it sends back."""
    for part in mail.walk():
        if part.get_content_type() == "text/plain":
            data = part.get_payload(decode=True)
            text = as_text(data, "utf-8") if isinstance(data, bytes) else ""
            return _below.split(text)[0][:8000]
    return ""


def about_answer(mail: Mail, raw: bytes, sender: str = "") -> tuple[CaseMessage, Report] | None:
    """The answer that could not be delivered and why; None when the mail is no such report.

    An automatic answer of a person is none, even if it repeats our Message-ID.
    """
    is_report = mail.get_content_type() == "multipart/report"
    if not is_report and sender and not sender.startswith(MACHINES):
        return None
    answer = _answer_in(raw)
    if answer is None or (report := read(mail)) is None:
        return None
    return answer, report


def _answer_in(raw: bytes) -> CaseMessage | None:
    ids = _any_id.findall(raw[:MOST].decode("ascii", "replace"))
    if not ids:
        return None
    numbers = addresses.messages_of_ids(dict.fromkeys(ids))
    found = CaseMessage.objects.filter(mail__in=numbers, direction=CaseMessage.Direction.OUT)
    return found.select_related("case__customer", "case__owner", "mail").order_by("-pk").first()


@transaction.atomic
def note(answer: CaseMessage, report: Report, *, at: datetime) -> Case:
    """Write it on the case once and tell who answers for it; the case waits for the customer no longer."""
    case = talking.leading(answer.case)
    key = f"bounce:{answer.pk}:{'delayed' if report.delayed else 'failed'}"
    if case.messages.filter(key=key).exists():
        return case
    business = Business.current()
    with translation.override(business.language):
        said = (
            _("Not delivered yet: %(reason)s. The mail server goes on trying.")
            if report.delayed
            else _("Your answer could not be delivered: %(reason)s.")
        )
        text = said % {"reason": _(report.reason)}
    written = CaseMessage.objects.create(
        case=case, direction=CaseMessage.Direction.NOTE, sender_name=business.name[:120], text=text, key=key,
        is_automatic=True, at=at,
    )  # fmt: skip
    if not report.delayed and not answer.is_automatic:
        if case.state == Case.State.WAITING:
            moving.work(case, by=None, at=at)
        elif case.state == Case.State.SOLVED:
            moving.reopen(case, by=None, at=at)
    if case.owner_id is None and not case.watchers.exists():
        notices.tell_these(notices.managers(), case, "bounced", mark=str(written.pk))
    notices.tell(case, "bounced", about=written)
    return case


def note_refused(now: datetime) -> int:
    """Answers that the server did not even take; returns how many cases were told."""
    failed = CaseMessage.objects.filter(mail__state=Message.State.FAILED, at__gte=now - LATE)
    told = set(
        CaseMessage.objects.filter(Q(key__startswith="bounce:"), at__gte=now - LATE).values_list(
            "key", flat=True
        )
    )
    count = 0
    for answer in failed.select_related("case__customer", "case__owner", "mail").order_by("pk")[:500]:
        if f"bounce:{answer.pk}:failed" not in told and answer.mail is not None:
            note(answer, Report(reason_of(answer.mail.error), delayed=False), at=now)
            count += 1
    return count
