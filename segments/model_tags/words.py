"""What tags by model say: why somebody has one, and why nobody can have it yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.models import Customer, CustomerTag

MARK = "=model "
WHY: dict[str, str | Promise] = {
    "few": gettext_lazy("Fewer than 20 customers have bought: too few to compare them."),
    "alike": gettext_lazy("Too many customers are worth the same, so nobody stands out."),
    "lapse": gettext_lazy("No chances of losing customers are known yet; see the page “Risk”."),
    "discounts": gettext_lazy("Fewer than 5 customers bought at a discount or with a coupon."),
    "all_discounts": gettext_lazy(
        "Nearly every order is sold at a discount, so discounts tell nobody apart."
    ),
    "returns": gettext_lazy("Fewer than 5 customers gave something back."),
    "unpaid": gettext_lazy(
        "Nothing is known of payments that failed, were charged back or stayed open. Your shop can send"
        " such events; the guide on tags by model gives their names."
    ),
}


def say(reason: str) -> str:
    """The reason of a tag by model in the reader's language; others stay as they are."""
    code, *figures = reason.removeprefix(MARK).split() or [""]
    if not reason.startswith(MARK) or code not in REASONS:
        return reason
    try:
        return REASONS[code](*figures)
    except (TypeError, ValueError):
        return ""


def _best(by: str, percent: str) -> str:
    text = (
        _("among the best %(percent)s%% by expected value")
        if by == "value"
        else _("among the best %(percent)s%% by revenue")
    )
    return text % {"percent": f"{float(percent):g}"}


def _promising(orders: str, last: str) -> str:
    n = int(orders)
    text = ngettext(
        "only %(n)d order so far, on %(day)s, and worth more than most",
        "only %(n)d orders so far, the last on %(day)s, and worth more than most",
        n,
    )
    return text % {"n": n, "day": _day(last)}


def _often(orders: str, last: str) -> str:
    n = int(orders)
    text = ngettext("%(n)d order, the last on %(day)s", "%(n)d orders, the last on %(day)s", n)
    return text % {"n": n, "day": _day(last)}


def _discounts(part: str, orders: str) -> str:
    text = ngettext(
        "%(n)d of %(all)d order at a discount", "%(n)d of %(all)d orders at a discount", int(orders)
    )
    return text % {"n": int(part), "all": int(orders)}


def _returns(part: str, orders: str) -> str:
    text = ngettext(
        "gave back something from %(n)d of %(all)d order",
        "gave back something from %(n)d of %(all)d orders",
        int(orders),
    )
    return text % {"n": int(part), "all": int(orders)}


def _first(day: str) -> str:
    return _("first order on %(day)s") % {"day": _day(day)}


def _last(day: str) -> str:
    return _("last order on %(day)s") % {"day": _day(day)}


def _risk(day: str) -> str:
    return _("last order on %(day)s, and will probably not come back in time") % {"day": _day(day)}


def _unpaid(count: str) -> str:
    n = int(count)
    text = ngettext(
        "%(n)d payment failed, was charged back or stayed open in two years",
        "%(n)d payments failed, were charged back or stayed open in two years",
        n,
    )
    return text % {"n": n}


def _day(day: str) -> str:
    return date_format(date.fromisoformat(day), "DATE_FORMAT")


REASONS: dict[str, Callable[..., str]] = {
    "high_value": _best,
    "potential": _promising,
    "loyal": _often,
    "price_sensitive": _discounts,
    "new": _first,
    "active": _last,
    "sleeping": _last,
    "lost": _last,
    "at_risk": _risk,
    "returning": _returns,
    "risky_payer": _unpaid,
}


@dataclass(frozen=True, slots=True)
class Given:
    name: str
    score: int
    reason: str


def of_customer(customer: Customer) -> list[Given]:
    """The tags by model of one customer, the clearest first."""
    rows = CustomerTag.objects.filter(customer=customer, source=CustomerTag.Source.MODEL)
    rows = rows.select_related("tag").order_by("-weight", "tag__name")
    return [Given(row.tag.shown, row.weight, say(row.reason)) for row in rows]
