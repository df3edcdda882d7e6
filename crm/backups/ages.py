"""Which backups there are, how old, and whom they still hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crm import audit
from crm.models import BackupRecord, Customer, User


@dataclass(frozen=True, slots=True)
class Aged:
    """A backup that was not deleted, as far as we were told."""

    record: BackupRecord
    days: int

    @property
    def name(self) -> str:
        return self.record.name


def known(now: datetime) -> list[Aged]:
    """The oldest first: it is the one to delete."""
    left = BackupRecord.objects.filter(deleted_at=None).order_by("made_at")
    return [Aged(one, max((now - one.made_at).days, 0)) for one in left]


def holding(customer: Customer, now: datetime) -> list[Aged]:
    """Those made while the person was here under their name."""
    until = customer.erased_at or now
    return [one for one in known(now) if customer.added_at <= one.record.made_at <= until]


def settle(record: BackupRecord, *, by: User, at: datetime) -> None:
    """Somebody deleted the file and tells us so."""
    if BackupRecord.objects.filter(pk=record.pk, deleted_at=None).update(deleted_at=at, deleted_by=by):
        audit.record(by, "deleted", record)
