"""Cases from the form of the help centre. Nothing that is known about the sender comes back from here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from crm.cases import attachments, following
from crm.cases.incoming.threading import customer_of
from crm.cases.opening import open_case
from crm.models import Case

type File = tuple[str, str, bytes]


@transaction.atomic
def ask(  # noqa: PLR0913 - the fields of the form.
    subject: str,
    text: str,
    *,
    name: str,
    email: str,
    at: datetime,
    language: str,
    key: str,
    files: Sequence[File] = (),
) -> Case:
    """Open a case and write to the sender where to follow it. The same key opens one case."""
    email = email.strip().lower()
    source = f"form:{key}"
    if known := Case.objects.filter(source=source).first():
        return known
    case = open_case(
        subject,
        at=at,
        channel=Case.Channel.FORM,
        customer=customer_of(email),
        text=text,
        source=source,
        sender_name=name,
        sender_email=email,
        language=language,
    )
    if files:
        attachments.keep(case.messages.get(key="first"), files, at=at)
    following.send_link(case)
    return case
