"""The classes of customers that give tags: what is measured, from which limit on, how clearly, and why.

All SQL speaks of `f`, the features of a customer, and the figures of `giving.figures`. A score is 50 at the
limit and goes to 100 with what is measured, in steps of five: else a million rows changed every night.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

MOST_DAYS = 3650
UNPAID = (
    "payment_failed", "charge_failed", "invoice_payment_failed", "chargeback", "dispute", "payment_disputed",
    "invoice_unpaid", "invoice_overdue", "payment_overdue",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Class:
    """`share`: the limit is the best so many percent, by what `worth` says. `reason`: SQL of its figures.

    `usual` is the limit where the shop says none; empty takes it from the stages of customers (`stage`).
    """

    name: str | Promise
    colour: str
    meaning: str | Promise
    unit: str | Promise
    when: str
    score: str
    reason: str
    least: float
    most: float
    usual: float | None = None
    stage: str = ""
    share: bool = False
    join: str = ""
    needs: str = ""


ABOVE = "50 + 50.0 * ({x} - {limit}) / (1.0 - {limit})"  # A share from its limit to 1.
COUNT = "100 - 100.0 * POWER(0.5, 1.0 * {x} / {limit})"
WORTH = "100 - 50.0 * {cut} / {worth}"
FIRST, LAST = "' ' || f.first_bought_on", "' ' || f.last_bought_on"

CLASSES: Mapping[str, Class] = {
    "high_value": Class(
        pgettext_lazy("a class of customers", "high value"), "purple",
        _("Among the best customers by expected value."),
        _("best … % of the buyers"), "{worth} >= {cut} AND {cut} > 0", WORTH, "' {by} {limit}'",
        1, 50, usual=10, share=True,
    ),
    "potential": Class(
        pgettext_lazy("a class of customers", "potential"), "blue",
        _("Few orders so far, the last one lately, and expected to be worth more than most."),
        _("best … % of the buyers"),
        "{worth} >= {cut} AND {cut} > 0 AND f.orders < {loyal} AND f.recency_days <= {active}", WORTH,
        f"' ' || f.orders || {LAST}", 5, 80, usual=40, share=True,
    ),
    "loyal": Class(
        pgettext_lazy("a class of customers", "loyal"), "green",
        _("Buys often, and the last time lately."), _("at least … orders"),
        "f.orders >= {limit} AND f.recency_days <= {active}", COUNT.replace("{x}", "f.orders"),
        f"' ' || f.orders || {LAST}", 2, 1000, stage="loyal_orders",
    ),
    "price_sensitive": Class(
        pgettext_lazy("a class of customers", "price-sensitive"), "yellow",
        _("Buys mostly with a discount or a coupon."),
        _("at least … % of the orders at a discount"),
        "{x} >= {limit} AND g.n >= 2", ABOVE, "' ' || g.n || ' ' || f.orders",
        20, 95, usual=60, join="discounts", needs="discounts",
    ),
    "new": Class(
        pgettext_lazy("a class of customers", "new"), "blue",
        _("Bought for the first time lately."), _("first order at most … days ago"),
        "{x} <= {limit}", "100 - 50.0 * {x} / {limit}", FIRST, 1, 365, stage="active_days",
    ),
    "active": Class(
        pgettext_lazy("a class of customers", "active"), "green",
        _("Bought lately."), _("last order at most … days ago"),
        "f.recency_days <= {limit}", "100 - 50.0 * f.recency_days / {limit}", LAST,
        1, MOST_DAYS, stage="active_days",
    ),
    "sleeping": Class(
        pgettext_lazy("a class of customers", "sleeping"), "orange",
        _("Has not bought for some time, but is not lost yet."),
        _("last order more than … days ago"),
        "f.recency_days > {limit} AND f.recency_days <= {lost}",
        "50 + 50.0 * (f.recency_days - {limit}) / ({lost} - {limit} + 1)", LAST,
        1, MOST_DAYS, stage="active_days",
    ),
    "lost": Class(
        pgettext_lazy("a class of customers", "lost"), "secondary",
        _("Has not bought for so long that few such customers come back."),
        _("last order more than … days ago"), "f.recency_days > {limit}",
        "100 - 50.0 * {limit} / f.recency_days", LAST, 2, MOST_DAYS, stage="lost_days",
    ),
    "at_risk": Class(
        pgettext_lazy("a class of customers", "at risk"), "red",
        _("Came back before, and will probably not come back in time."),
        _("chance not to come back at least … %"),
        "{x} >= {limit} AND f.orders >= 2 AND f.recency_days <= {lost}", ABOVE, LAST,
        20, 95, usual=60, needs="lapse",
    ),
    "returning": Class(
        pgettext_lazy("a class of customers", "often sends back"), "orange",
        _("Gives back a large part of the orders."),
        _("at least … % of the orders given back"), "{x} >= {limit} AND g.n >= 2", ABOVE,
        "' ' || g.n || ' ' || (f.orders + g.whole)", 10, 95, usual=30, join="returns", needs="returns",
    ),
    "risky_payer": Class(
        pgettext_lazy("a class of customers", "risky payer"), "red",
        _("Payments failed, were charged back or stayed open in the last two years."),
        _("at least … such events"), "g.n >= {limit}", COUNT.replace("{x}", "g.n"),
        "' ' || g.n", 1, 50, usual=1, join="unpaid", needs="unpaid",
    ),
}  # fmt: skip
# What {x} stands for, as a part of 1 or in days.
MEASURED = {
    "price_sensitive": "(1.0 * g.n / f.orders)",
    "new": "{age}",
    "at_risk": "f.lapse_chance",
    "returning": "(1.0 * g.n / (f.orders + g.whole))",
}
PERCENT = frozenset({"price_sensitive", "at_risk", "returning"})
