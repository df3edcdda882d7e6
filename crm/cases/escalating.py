"""What time does to cases: late ones become more urgent once, solved ones close, values are looked up."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet

from crm import audit
from crm.cases import letters, moving, notices
from crm.cases.incoming import bounces
from crm.errors import Refusal
from crm.figures import figures_of
from crm.models import BusinessHours, Case

AT_ONCE = 200


def look(now: datetime) -> None:
    """Everything that is due by the clock; may be repeated, and may be killed between any two cases."""
    for case in late(now)[:AT_ONCE]:
        escalate(case, now)
    close_solved(now)
    letters.retry_unsure(now)
    bounces.note_refused(now)
    refresh_worth()


def late(now: datetime) -> QuerySet[Case]:
    """Overdue cases about which nobody was told."""
    found = Case.objects.overdue(now).filter(escalated_at=None)
    return found.select_related("owner", "customer").order_by("pk")


@transaction.atomic
def escalate(case: Case, now: datetime) -> bool:
    """Raise the priority by one and tell the owner, the watchers and the managers: once for each delay."""
    held = Case.objects.filter(pk=case.pk, escalated_at=None, state__in=("new", "open"))
    raised = min(case.priority + 1, Case.Priority.URGENT)
    if not held.update(escalated_at=now, priority=raised):
        return False
    if raised != case.priority:
        audit.record(None, "changed", case, change=({"priority": case.priority}, {"priority": raised}))
    mark = now.isoformat()
    notices.tell(case, "late", mark=mark)
    notices.tell_these(notices.managers(), case, "late", mark=mark)  # The same key: nobody hears it twice.
    return True


def close_solved(now: datetime) -> int:
    """Let solved cases rest after the days the shop chose."""
    before = now - timedelta(days=BusinessHours.current().close_days)
    closed = 0
    for case in Case.objects.filter(state=Case.State.SOLVED, solved_at__lt=before).order_by("pk")[:AT_ONCE]:
        try:
            moving.close(case, by=None, at=now)
        except Refusal:  # Somebody was faster.
            continue
        closed += 1
    return closed


def refresh_worth() -> None:
    """What customers of open cases brought so far, for the order of the queue."""
    open_ones = Case.objects.at_work().exclude(customer=None).values_list("pk", "customer_id", "worth")
    rows = list(open_ones.order_by("-changed_at")[:2000])
    figures = figures_of({customer for _, customer, _ in rows})
    for pk, customer, worth in rows:
        now = max(figures[customer].revenue, Decimal(0))
        if now != worth:
            Case.objects.filter(pk=pk).exclude(worth=now).update(worth=now)
