"""Our words to customers as mails: threaded, transactional, through the outbox."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from crm import outbox
from crm.cases import addresses
from crm.errors import PermanentFailure
from crm.models import Business, Case, CaseMessage, Mailing, Message
from crm.outbox import tokens
from crm.outbox.kinds import Render

KIND, SOURCE = "case", "cases"
LOOP = "X-Closeknit-Loop"
AUTOMATIC = {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"}
QUOTED_SIGNS = 4000
IDS_KEPT = 12  # Of a long conversation the first and the latest are enough to thread it.
UNSURE_FOR = timedelta(minutes=10)


def send(message: CaseMessage) -> None:
    """Queue this message for the customer."""
    case = message.case
    mail = outbox.send_one(
        SOURCE,
        kind=KIND,
        key=f"message:{message.pk}",
        to_email=case.write_to,
        name=gettext_noop("Replies to cases"),
        customer=case.customer,
        context={"message": message.pk},
    )
    CaseMessage.objects.filter(pk=message.pk).update(mail=mail)
    message.mail = mail


def prepare(mailing: Mailing) -> Render:
    """Write the replies of cases."""
    business, box = Business.current(), addresses.mailbox()

    def render(mail: Message) -> outbox.Envelope:
        found = CaseMessage.objects.select_related("case__customer", "author")
        message = found.filter(pk=mail.context.get("message")).first()
        if message is None:
            raise PermanentFailure(gettext_noop("The case of this mail does not exist any more."))
        with translation.override(_language(message.case, business)):
            return _envelope(message, business, addresses.reply_to(message.case_id, box, business))

    return render


def _language(case: Case, business: Business) -> str:
    spoken = case.language or (case.customer.language if case.customer else "")
    return spoken if spoken in dict(settings.LANGUAGES) else business.language


def _envelope(message: CaseMessage, business: Business, reply_to: str) -> outbox.Envelope:
    case = message.case
    from_name, from_email = business.sender
    answered = _answered(message)
    context = {
        "business": business,
        "case": case,
        "message": message,
        "answered": answered,
        "quote": answered.text[:QUOTED_SIGNS].splitlines() if answered else [],
    }
    headers = {LOOP: f"case-{case.pk}", **_thread(message, from_email)}
    if message.is_automatic:
        headers |= AUTOMATIC
    return outbox.Envelope(
        subject=addresses.tagged(case.subject, case.pk),
        html=render_to_string("mail/case_reply.html", context),
        text=render_to_string("mail/case_reply.txt", context),
        from_name=from_name,
        from_email=from_email,
        reply_to=reply_to,
        to_name=case.customer.full_name if case.customer else case.sender_name,
        headers=headers,
        files=_files(message),
    )


def _files(message: CaseMessage) -> list[outbox.Enclosed]:
    """What was attached to the answer; it does not leave without."""
    found = []
    for one in message.attachments.exclude(file="").order_by("pk"):
        try:
            with one.file.open("rb") as kept:
                found.append(outbox.Enclosed(one.name, one.content_type, kept.read()))
        except FileNotFoundError:
            raise PermanentFailure(gettext_noop("A file of this answer is not kept any more.")) from None
    return found


def _answered(message: CaseMessage) -> CaseMessage | None:
    """The customer's latest word before this one."""
    before = message.case.messages.filter(direction=CaseMessage.Direction.IN, at__lte=message.at)
    return before.order_by("-at", "-pk").first()


def _thread(message: CaseMessage, from_email: str) -> dict[str, str]:
    """In-Reply-To and References: every word before this one that has a Message-ID."""
    domain = from_email.rpartition("@")[2]
    said = message.case.messages.exclude(direction=CaseMessage.Direction.NOTE).exclude(pk=message.pk)
    ids: list[str] = []
    last = ""
    for one in said.filter(at__lte=message.at).order_by("at", "pk").select_related("mail"):
        known = one.message_id or (tokens.message_id(one.mail, domain) if one.mail else "")
        if known and known not in ids:
            ids.append(known)
        if known and one.direction == CaseMessage.Direction.IN:
            last = known
    if not ids:
        return {}
    kept = [ids[0], *ids[1:][-IDS_KEPT:]]
    return {"In-Reply-To": last or ids[-1], "References": " ".join(kept)}


def retry_unsure(now: datetime) -> int:
    """Send once more what may not have arrived: the same Message-ID lets mail programs show it once."""
    unsure = Message.objects.filter(
        mailing__kind=KIND, state=Message.State.UNSURE, claimed_at__lt=now - UNSURE_FOR
    )
    found = 0
    for pk, context in unsure.values_list("pk", "context"):
        if context.get("again"):
            continue
        queued = {"state": Message.State.QUEUED, "context": {**context, "again": True}, "not_before": now}
        found += Message.objects.filter(pk=pk, state=Message.State.UNSURE).update(**queued, claimed_by="")
    if found:
        outbox.deliver_soon()
    return found


def acknowledge(case: Case, *, at: datetime) -> None:
    """Tell the sender that the mail arrived: at most once a day, and never to machines."""
    since = at - timedelta(days=1)
    told = CaseMessage.objects.filter(
        is_automatic=True, direction=CaseMessage.Direction.OUT, case__sender_email=case.sender_email
    )
    if not case.write_to or told.filter(at__gte=since).exists():
        return
    business = Business.current()
    with translation.override(_language(case, business)):
        text = _(
            "Thank you for writing to %(shop)s. Your message arrived and somebody will look after it. "
            "Its number is #%(number)s."
        ) % {"shop": business.name, "number": case.pk}
    message = CaseMessage.objects.create(
        case=case,
        direction=CaseMessage.Direction.OUT,
        sender_name=business.name[:120],
        text=text,
        key="received",
        is_automatic=True,
        at=at,
    )
    send(message)
