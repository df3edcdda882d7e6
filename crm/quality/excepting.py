"""What a person said is right although a rule names it; remembered per rule and row, and taken back."""

from __future__ import annotations

from crm.models import QualityException, User
from crm.quality.rules import Rule


def accept(rule: Rule, row: int, *, reason: str, by: User) -> None:
    """Name this row no more. The same said twice changes the reason."""
    QualityException.objects.update_or_create(
        rule=rule.key, row=row, defaults={"reason": reason[:200], "by": by}
    )


def take_back(rule: Rule, row: int) -> None:
    QualityException.objects.filter(rule=rule.key, row=row).delete()
