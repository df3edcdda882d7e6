"""What people decide about a group besides merging."""

from __future__ import annotations

from datetime import datetime
from itertools import combinations

from django.db import transaction
from django.utils.translation import gettext as _

from crm import audit
from crm.errors import Refusal
from crm.models import AuditEntry, DifferentPeople, DuplicateGroup, DuplicateMember, User

State = DuplicateGroup.State


@transaction.atomic
def tell_apart(group: DuplicateGroup, *, by: User | None, at: datetime) -> None:
    """OPEN → DIFFERENT; every two of the group are remembered as different people."""
    ours = DuplicateGroup.objects.filter(pk=group.pk, state=State.OPEN)
    if not ours.update(state=State.DIFFERENT, settled_at=at, settled_by=by):
        raise Refusal(_("Somebody was quicker: this group was decided meanwhile. Nothing was changed."))
    members = DuplicateMember.objects.filter(group=group).order_by("customer_id")
    pairs = combinations(members.values_list("customer_id", flat=True), 2)
    said = [DifferentPeople(one_id=one, other_id=other, said_by=by, said_at=at) for one, other in pairs]
    DifferentPeople.objects.bulk_create(said, ignore_conflicts=True)
    audit.record(by, AuditEntry.Action.CHANGED, group, count=len(said))
