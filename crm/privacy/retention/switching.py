"""Rules as they are stored, switched on and off."""

from __future__ import annotations

from crm import audit
from crm.models import RetentionRule, User
from crm.privacy.retention.kinds import KEEPINGS


def rule(kind: str) -> RetentionRule:
    """The stored one; else one that is off, with what we propose."""
    found = RetentionRule.objects.filter(kind=kind).first()
    return found or RetentionRule(kind=kind, keep_days=KEEPINGS[kind].proposed)


def switch_on(kind: str, days: int, *, by: User) -> RetentionRule:
    """From the coming night on."""
    before = rule(kind)
    values = {"keep_days": days, "is_on": True}
    stored, _made = RetentionRule.objects.update_or_create(kind=kind, defaults=values)
    was = {"keep_days": before.keep_days, "is_on": before.is_on}
    audit.record(by, "changed", stored, change=(was, values))
    return stored


def switch_off(kind: str, *, by: User) -> None:
    """A run that goes on stops at its next step."""
    if RetentionRule.objects.filter(kind=kind, is_on=True).update(is_on=False):
        audit.record(by, "changed", rule(kind), change=({"is_on": True}, {"is_on": False}))
