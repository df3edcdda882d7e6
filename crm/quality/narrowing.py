"""The list of customers narrowed to what a rule names, so that all its actions work there."""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.listing import filters
from crm.quality.rules import RULES, About, measure


def _choices() -> list[tuple[str, str]]:
    return [(rule.key, str(rule.label)) for rule in RULES.values() if rule.about == About.CUSTOMER]


def _named(value: str) -> filters.Meaning:
    rule = RULES.get(value)
    if rule is None or rule.about != About.CUSTOMER:
        return None
    return Q(pk__in=rule.rows(measure(timezone.now())).values("pk"))


def register() -> None:
    filters.register(filters.only("quality", _("Data quality"), _choices, _named))
