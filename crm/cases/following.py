"""How somebody follows their own case: a signed link in a mail, what they may read there, and what they add.

Whoever has the link has read the mail to the sender's address, so the link is the proof. The mail repeats
nothing that was typed into the form: it must be of no use to who types a stranger's address.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, Signer, b62_decode, b62_encode
from django.db import transaction
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from crm import outbox
from crm.cases import addresses, attachments
from crm.cases.letters import AUTOMATIC, LOOP
from crm.cases.merging import MARK
from crm.cases.talking import hear
from crm.errors import PermanentFailure, Refusal
from crm.models import Business, Case, CaseMessage, Mailing, Message
from crm.outbox.kinds import Render

KIND, SOURCE = "case_link", "case-links"


def _signer() -> Signer:
    return Signer(sep=".", salt="crm.cases.follow")


def token_of(case: Case) -> str:
    return _signer().sign(b62_encode(case.pk))


def find(token: str) -> Case | None:
    """The case of a link; None when it was tampered with or the case is gone."""
    try:
        number = b62_decode(_signer().unsign(token))
    except (BadSignature, ValueError):
        return None
    return Case.objects.select_related("merged_into").filter(pk=number).first() if number < 1 << 62 else None


def path_of(case: Case) -> str:
    return reverse("crm:help_case", args=[token_of(case)])


def send_link(case: Case) -> None:
    """Queue the mail that says that the message arrived, and where to follow it; once."""
    outbox.send_one(
        SOURCE,
        kind=KIND,
        key=f"case:{case.pk}",
        to_email=case.sender_email,
        name=gettext_noop("Confirmations of the case form"),
        customer=case.customer,
        context={"case": case.pk},
    )


def prepare(mailing: Mailing) -> Render:
    """Write the confirmations."""
    business, box = Business.current(), addresses.mailbox()

    def render(mail: Message) -> outbox.Envelope:
        case = Case.objects.filter(pk=mail.context.get("case")).first()
        if case is None or case.sender_email != mail.to_email:
            raise PermanentFailure(gettext_noop("The case of this mail does not exist any more."))
        spoken = case.language if case.language in dict(settings.LANGUAGES) else business.language
        with translation.override(spoken):
            return _envelope(case, business, addresses.reply_to(case.pk, box, business))

    return render


def _envelope(case: Case, business: Business, reply_to: str) -> outbox.Envelope:
    from_name, from_email = business.sender
    context = {"business": business, "case": case, "link": f"{settings.SITE_URL}{path_of(case)}"}
    subject = _("%(shop)s received your message") % {"shop": business.name}
    return outbox.Envelope(
        subject=f"{subject} [#{case.pk}]",
        html=render_to_string("mail/case_link.html", context),
        text=render_to_string("mail/case_link.txt", context),
        from_name=from_name,
        from_email=from_email,
        reply_to=reply_to,
        headers={LOOP: f"case-{case.pk}", **AUTOMATIC},
    )


def conversation(case: Case) -> QuerySet[CaseMessage]:
    """What the sender may read: their words and ours, never notes; after a merge only what was said here."""
    said = Q(case=case)
    if (into := case.merged_into) is not None:
        said |= Q(case=into, key__startswith=f"{MARK}{case.pk}:")
        if case.sender_email and into.sender_email == case.sender_email:
            said |= Q(case=into)
    shown = CaseMessage.objects.filter(said).exclude(direction=CaseMessage.Direction.NOTE)
    return shown.prefetch_related("attachments").order_by("at", "id")


@transaction.atomic
def add(
    case: Case, text: str, *, at: datetime, key: str, files: Sequence[tuple[str, str, bytes]] = ()
) -> Case:
    """The sender writes on; returns the case on which it stands, which is a new one after a long rest."""
    if case.merged_into is not None and case.merged_into.sender_email != case.sender_email:
        raise Refusal(_("This case goes on elsewhere. Please reply to our mail instead."))
    who: dict[str, Any] = {"sender_name": case.sender_name, "sender_email": case.sender_email}
    found, message = hear(case, text, at=at, key=f"follow:{key}"[:120], **who)
    if files and not message.attachments.exists():
        attachments.keep(message, files, at=at)
    return found
