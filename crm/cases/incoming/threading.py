"""Which case a mail belongs to: by what it answers, then its address, then the tag in its subject."""

from __future__ import annotations

from crm.cases import addresses
from crm.cases.incoming.reading import Letter
from crm.models import Case, CaseMessage, Customer


def case_of(letter: Letter) -> Case | None:
    """The case that this mail continues, if any. Only the tag alone is not believed from other senders."""
    pk = _by_ids(letter) or addresses.case_of_address(letter.to)
    cases = Case.objects.select_related("customer", "owner")
    if pk is not None and (found := cases.filter(pk=pk).first()):
        return found
    tagged = addresses.case_of_subject(letter.subject)
    found = cases.filter(pk=tagged).first() if tagged is not None else None
    if found is None:
        return None
    known = {found.sender_email, found.customer.email if found.customer else ""} - {""}
    return found if letter.sender in known else None


def _by_ids(letter: Letter) -> int | None:
    """By Message-IDs: of mails that we got, and of mails that we sent (whose IDs prove themselves)."""
    if not letter.ids:
        return None
    got = dict(CaseMessage.objects.filter(message_id__in=letter.ids).values_list("message_id", "case_id"))
    sent = addresses.messages_of_ids(letter.ids)
    ours = dict(CaseMessage.objects.filter(mail__in=sent).values_list("mail_id", "case_id")) if sent else {}
    for one in letter.ids:  # The nearest first.
        if one in got:
            return got[one]
        for number in addresses.messages_of_ids([one]):
            if number in ours:
                return ours[number]
    return None


def customer_of(sender: str) -> Customer | None:
    """The customer with this address; of several the oldest."""
    return Customer.objects.filter(email=sender).order_by("pk").first()
