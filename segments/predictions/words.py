"""What kept predictions say of one customer, with the reasons in words."""

from __future__ import annotations

from dataclasses import dataclass

from crm.models import Customer
from segments.clusters.column_words import column_label, is_hidden
from segments.models import CustomerScore
from segments.predictions import kept_scores
from segments.predictions.propensity import YES_NO

REASONS = 3
LEAST = 0.01  # Of a chance, or of the mean of a number; smaller differences are not worth a word.


@dataclass(frozen=True, slots=True)
class Said:
    """`value` is a chance or a number; `raised` and `lowered` are what sets this customer apart."""

    name: str
    run_id: int
    value: float
    is_chance: bool
    raised: list[str]
    lowered: list[str]


def of_customer(customer: Customer) -> list[Said]:
    """All kept predictions of a customer."""
    rows = CustomerScore.objects.filter(customer=customer).select_related("score__run")
    return [_said(one) for one in rows.order_by("score__name")]


def _said(one: CustomerScore) -> Said:
    run = one.score.run
    is_chance, labels = run.result["kind"] == YES_NO, run.result["labels"]
    least = LEAST if is_chance else LEAST * abs(run.result["mean"])
    found = kept_scores.explained(run, one.customer_id)
    found = [(name, change) for name, change in found if abs(change) >= least and not is_hidden(name)]
    words = [(column_label(name, labels), change) for name, change in found[:REASONS]]
    return Said(
        one.score.name,
        run.pk,
        one.value,
        is_chance,
        [text for text, change in words if change > 0],
        [text for text, change in words if change < 0],
    )
