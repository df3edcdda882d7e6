"""Two cases about one thing become one; it can be taken apart again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crm import audit
from crm.cases import moving
from crm.errors import Refusal
from crm.models import Case, CaseMessage, User

MARK = "merged:"  # A moved message remembers in its key where it came from.


@transaction.atomic
def merge(case: Case, into: Case, *, by: User, at: datetime) -> None:
    """Move every word of `case` to `into` and close it as a part of that one."""
    first, second = sorted((case.pk, into.pk))
    held = {one.pk: one for one in Case.objects.select_for_update().filter(pk__in=[first, second])}
    source, target = held.get(case.pk), held.get(into.pk)
    if source is None or target is None or source.pk == target.pk:
        raise Refusal(_("Choose another case to merge with."))
    if source.merged_into_id or target.merged_into_id:
        raise Refusal(_("One of the two went into another case already. Merge with that one."))
    if source.customer_id and target.customer_id and source.customer_id != target.customer_id:
        raise Refusal(_("The two cases belong to different customers."))
    for message in source.messages.all():
        kept = f"{MARK}{source.pk}:{message.key or message.pk}"[:120]
        CaseMessage.objects.filter(pk=message.pk).update(case=target, key=kept)
    target.watchers.add(*source.watchers.all())
    was = {"state": source.state, "outcome": source.outcome}
    values = moving._ended(source, at)
    Case.objects.filter(pk=source.pk).update(
        state=Case.State.CLOSED,
        outcome=Case.Outcome.DUPLICATE,
        merged_into=target,
        solved_at=source.solved_at or at,
        changed_at=at,
        **values,
    )
    if target.customer_id is None and source.customer_id:
        Case.objects.filter(pk=target.pk).update(customer_id=source.customer_id)
    Case.objects.filter(pk=target.pk).update(changed_at=at)
    audit.record(by, "merged", source, change=(was, {"merged_into": target.pk}))
    case.refresh_from_db()


@transaction.atomic
def unmerge(case: Case, *, by: User, at: datetime) -> None:
    """Give a merged case its words back and open it."""
    held = Case.objects.select_for_update().get(pk=case.pk)
    if held.merged_into_id is None:
        raise Refusal(_("This case was not merged."))
    prefix = f"{MARK}{held.pk}:"
    for message in CaseMessage.objects.filter(case_id=held.merged_into_id, key__startswith=prefix):
        rest = (message.key or "").removeprefix(prefix)
        CaseMessage.objects.filter(pk=message.pk).update(
            case=held, key=None if rest == str(message.pk) else rest
        )
    into = held.merged_into_id
    Case.objects.filter(pk=held.pk).update(merged_into=None)
    held.refresh_from_db()
    moving.reopen(held, by=by, at=at)
    audit.record(by, "undone", held, change=({"merged_into": into}, {"merged_into": None}))
    case.refresh_from_db()
