"""Who was asked and did not answer, by group, and the score weighted for it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from feedback.breakdowns import Tables
from feedback.models import Invitation, Survey
from feedback.numerics import scores, weighting
from feedback.numerics.weighting import Stratum, Weighted


@dataclass(frozen=True, slots=True)
class Silence:
    strata: list[Stratum]
    weighted: Weighted | None
    is_biased: bool


def of(survey: Survey, tables: Tables) -> Silence | None:
    """By RFM group, as buying tells most about who answers; None without invitations."""
    column = "customer__features__rfm_group"
    rows = (
        Invitation.objects.filter(survey=survey)
        .values_list(column)
        .annotate(n=Count("pk"), answered=Count("pk", filter=Q(state=Invitation.State.ANSWERED)))
        .order_by()
    )
    asked: dict[str, int] = {}
    for name, n, _answered in rows:
        asked[name or ""] = asked.get(name or "", 0) + n
    if not asked:
        return None
    known = tables.get("rfm.group", {})
    rest = _rest(tables)
    strata = [
        Stratum(name, n, scores.of_groups(survey.kind, *(known.get(name, (0, 0, 0)) if name else rest)))
        for name, n in sorted(asked.items(), key=lambda pair: -pair[1])
    ]
    return Silence(strata, weighting.estimate(strata), weighting.is_biased(strata))


def _rest(tables: Tables) -> tuple[int, int, int]:
    """Answers of people in no group."""
    whole = tables["all"].get("", (0, 0, 0))
    grouped = [sum(one[at] for one in tables.get("rfm.group", {}).values()) for at in range(3)]
    return whole[0] - grouped[0], whole[1] - grouped[1], whole[2] - grouped[2]
