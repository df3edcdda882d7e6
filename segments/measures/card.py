"""The page of measures: each figure in words, with its range, where it comes from and what it rests on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm import access, languages
from crm.charts import Chart, Series
from crm.models import Business, Customer, User
from crm.templatetags.crm_format import number, percent
from segments.lifecycle.journey import POINTS
from segments.measures import channels, definitions, kept
from segments.measures.channels import FEW, Z95, Channel
from segments.measures.counting import months_in
from segments.numerics.comparing import wilson

MONTH_DAYS = 365.25 / 12


@dataclass(frozen=True, slots=True)
class Figure:
    """`key` names its definition. `text` is empty where there are too few; `hint` says what it rests on."""

    key: str
    text: str
    hint: str

    @property
    def term(self) -> str | Promise:
        return definitions.ALL[self.key].term


@dataclass(frozen=True, slots=True)
class Card:
    length: int
    counts: Mapping[str, Any]
    customers: list[Figure]
    money: list[Figure]
    recurring: list[Figure]
    channels: list[Channel]
    total: Channel
    steps: list[tuple[str | Promise, str | Promise, int, int, str, str]]
    worst: list[tuple[Customer, float]]
    chart: Chart | None
    counted_at: datetime | None

    @property
    def is_empty(self) -> bool:
        return not (self.counts["orders"]["orders"] or self.counts["orders"]["revenue"])

    @property
    def months(self) -> int:
        return months_in(self.length)

    @property
    def has_costs(self) -> bool:
        return bool(self.counts["served"]["case_cost"] or self.counts["served"]["return_cost"])


def build(business: Business, day: date, length: int, user: User) -> Card:
    """The measures of the days up to `day`; people are named only as far as `user` may see them."""
    found = kept.figures(f"measures.{length}", business, day)
    counts = found.data
    rows, total = channels.build(counts, business, day)
    worst = dict(counts["served"]["worst"])
    people = access.customers(user).in_bulk(worst)
    return Card(
        length,
        counts,
        _customers(counts),
        _money(counts, total, business),
        _recurring(counts),
        rows,
        total,
        [_step(*one) for one in counts["steps"]],
        [(people[pk], profit) for pk, profit in worst.items() if pk in people],
        _chart(rows),
        found.counted_at,
    )


def _customers(counts: Mapping[str, Any]) -> list[Figure]:
    stayed, began = counts["kept"]["stayed"], counts["kept"]["began"]
    again, ripe = counts["again"]["again"], counts["again"]["ripe"]
    crossing, crossers = counts["crossing"]["crossing"], counts["crossing"]["buyers"]
    orders, buyers = counts["orders"]["orders"], counts["orders"]["buyers"]
    frequency = number(orders / buyers, 1) if buyers >= FEW else ""
    return [
        share("retention", stayed, began),
        _churn(began - stayed, began, counts["length"]),
        share("repeat_rate", again, ripe),
        Figure("frequency", frequency, _orders_of(orders, buyers)),
        share("cross_sell", crossing, crossers),
    ]


def share(key: str, part: int, whole: int) -> Figure:
    """A share with Wilson's interval; too few below 20."""
    if whole < FEW:
        return Figure(key, "", _rests(part, whole))
    low, high = wilson(part, whole)
    return Figure(key, percent(part / whole, 1), f"{between(low, high)} · {_rests(part, whole)}")


def between(low: float, high: float) -> str:
    return _("between %(low)s and %(high)s") % {"low": percent(low, 1), "high": percent(high, 1)}


def _rests(part: float, whole: float, text: str = "") -> str:
    return (text or _("%(part)s of %(whole)s")) % {"part": number(part), "whole": number(whole)}


def _orders_of(orders: int, buyers: int) -> str:
    made = ngettext("%(n)s order", "%(n)s orders", orders) % {"n": number(orders)}
    who = ngettext("%(n)s buyer", "%(n)s buyers", buyers) % {"n": number(buyers)}
    return _("%(orders)s of %(buyers)s") % {"orders": made, "buyers": who}


def _churn(lost: int, began: int, length: int) -> Figure:
    figure = share("churn", lost, began)
    if not figure.text or lost == began:
        return figure
    monthly = 1 - (1 - lost / began) ** (MONTH_DAYS / length)
    return Figure(
        "churn", figure.text, _("%(share)s a month") % {"share": percent(monthly, 1)} + f" · {figure.hint}"
    )


def _money(counts: Mapping[str, Any], total: Channel, business: Business) -> list[Figure]:
    orders, served = counts["orders"], counts["served"]
    margin = float(business.margin_percent) / 100
    unknown = "" if total.has_spending else _("Enter what you spend to see it")
    found = [
        _average(orders, business),
        Figure("margin", _amount(orders["revenue"] * margin, business, 0), _margin_words(orders, business)),
        Figure("cac", _amount(total.cac, business), _new_words(total)),
        Figure("ltv", _amount(total.ltv, business), _range_words(total, business)),
        Figure("ltv_cac", number(total.ratio, 1) if total.ratio is not None else "", unknown),
        Figure("payback", payback_words(total), unknown),
    ]
    if served["case_cost"] or served["return_cost"]:
        hint = ngettext(
            "%(part)s of %(whole)s customer cost more than was left",
            "%(part)s of %(whole)s customers cost more than they left",
            served["people"],
        )
        found.append(
            Figure(
                "profit",
                _amount(served["profit"], business, 0),
                _rests(served["costly"], served["people"], hint),
            )
        )
    return found


def _average(orders: Mapping[str, float], business: Business) -> Figure:
    n = int(orders["orders"])
    if n < FEW:
        return Figure("average_order", "", ngettext("%(n)s order", "%(n)s orders", n) % {"n": number(n)})
    mean = orders["charged"] / n
    spread = max(0.0, orders["squares"] - n * mean**2) / (n - 1)
    half = Z95 * math.sqrt(spread / n)
    words = {"low": _amount(max(0.0, mean - half), business), "high": _amount(mean + half, business)}
    return Figure("average_order", _amount(mean, business), _("between %(low)s and %(high)s") % words)


def _amount(value: float | None, business: Business, digits: int = 2) -> str:
    return "" if value is None else languages.money(value, business.currency, whole=not digits)


def _margin_words(orders: Mapping[str, float], business: Business) -> str:
    words = {
        "margin": number(float(business.margin_percent), 0),
        "revenue": _amount(orders["revenue"], business, 0),
    }
    return _("%(margin)s%% of %(revenue)s") % words


def _new(customers: int) -> str:
    return ngettext("%(n)s new customer", "%(n)s new customers", customers) % {"n": number(customers)}


def _new_words(total: Channel) -> str:
    if not total.has_spending:
        return _("Enter what you spend to see it")
    return _new(total.new)


def _range_words(one: Channel, business: Business) -> str:
    found = one.ltv_range
    if found is None:
        return _new(one.valued)
    return _("between %(low)s and %(high)s") % {
        "low": _amount(found[0], business),
        "high": _amount(found[1], business),
    }


def payback_words(one: Channel) -> str:
    if one.payback is None:
        return ""
    if one.payback == 0:
        known = sum(n >= FEW for n, _money in one.steps)
        return ngettext("not within %(n)d month", "not within %(n)d months", known) % {"n": known}
    return _("in month %(n)d") % {"n": one.payback}


def _recurring(counts: Mapping[str, Any]) -> list[Figure]:
    found = counts["recurring"]
    if found is None:
        return []
    hint = ngettext(
        "%(n)s customer with a subscription at the beginning",
        "%(n)s customers with a subscription at the beginning",
        found["customers"],
    ) % {"n": number(found["customers"])}
    if found["customers"] < FEW:
        return [Figure("grr", "", hint), Figure("nrr", "", hint)]
    return [
        Figure("grr", percent(found["kept"] / found["began"], 1), hint),
        Figure("nrr", percent(found["now"] / found["began"], 1), hint),
    ]


def _step(start: str, goal: str, came: int, went: int) -> tuple[Any, ...]:
    few = came < FEW
    low, high = wilson(went, came)
    return (
        POINTS[start],
        POINTS[goal],
        came,
        went,
        "" if few else percent(went / came, 1),
        "" if few else between(low, high),
    )


def _chart(rows: list[Channel]) -> Chart | None:
    known = [one for one in rows if one.ratio is not None]
    if len(known) < 2:
        return None
    best = max(known, key=lambda one: one.ratio or 0)
    title = _("Customers from “%(channel)s” bring back most of what they cost") % {
        "channel": best.name or _("unknown")
    }
    return Chart(
        "ranking",
        title,
        [one.name or _("unknown") for one in known],
        [Series(_("LTV : CAC"), [round(one.ratio or 0, 2) for one in known])],
        note=_("Above 1 a customer brings back more than winning them cost."),
        first_column=_("Channel"),
    )
