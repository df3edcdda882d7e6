"""Taking a merge back: everybody is as before; what came later stays with the survivor."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crm import audit, journal, tagging
from crm.errors import Refusal
from crm.merging import marks
from crm.models import AuditEntry, Customer, CustomerMerge, Journal, User

State = CustomerMerge.State


@transaction.atomic
def unmerge(merge: CustomerMerge, *, by: User | None, at: datetime) -> None:
    """DONE → UNDONE; refuses, and changes nothing, where a later change would be lost."""
    list(Customer.objects.select_for_update().filter(pk=merge.survivor))  # Nobody merges it meanwhile.
    if not CustomerMerge.objects.filter(pk=merge.pk, state=State.DONE).update(
        state=State.UNDONE, undone_at=at
    ):
        raise Refusal(_("This merge was taken back already."))
    book = book_of(merge)
    if book is None:
        raise Refusal(_("What was there before this merge is no longer kept, so it cannot be taken back."))
    if fields := marks.edited(merge):
        raise Refusal(_later(merge) or _edited(fields))
    tagging.forget_given([merge.survivor])
    journal.undo(book, by=by)
    audit.record(by, AuditEntry.Action.UNDONE, "customer", count=len(merge.merged_away) + 1)


def _later(merge: CustomerMerge) -> str:
    """A younger merge into the same record changed it: that one goes back first."""
    younger = CustomerMerge.objects.filter(survivor=merge.survivor, state=State.DONE, pk__gt=merge.pk)
    if not younger.exists():
        return ""
    return _("Somebody else was merged into this record later. Take that merge back first.")


def _edited(fields: list[str]) -> str:
    said = _(
        "It cannot be taken back, because the record that stayed was edited since and the edit would be lost."
        " Edited: %(fields)s. Put these back as they were, or leave the records merged."
    )
    return said % {"fields": ", ".join(fields)}


def book_of(merge: CustomerMerge) -> Journal | None:
    return Journal.objects.filter(pk=merge.journal).first() if merge.journal else None


def of_person(customer: Customer) -> list[CustomerMerge]:
    """Merges that made this person, the youngest first; only that one can be taken back first."""
    return list(CustomerMerge.objects.filter(survivor=customer.pk, state=State.DONE).order_by("-pk")[:20])
