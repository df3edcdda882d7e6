"""What some programs say beside the order itself, settled before the row is judged."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Final

from crm.imports.kinds import Plan, Skip

NEEDS: Final = frozenset(
    [
        "time_of_day",
        "time_zone",
        "captured",
        "event_type",
        "movement",
        "all_back",
        "partial_refunds",
        "converted_amount",
        "disputed",
        "status",
        "customer",
    ]
)
RETURNS: Final = frozenset(
    ["refund", "refunded", "return", "chargeback", "remboursement", "reembolso", "返金", "退款"]
)
# What shops write down of visits, in the same file as purchases.
LOOKED: Final = frozenset(
    ["view", "cart", "add_to_cart", "addtocart", "remove_from_cart", "wishlist", "page_view", "click"]
)
# What payment services call the movements of an account; all others are neither sale nor refund.
SOLD: Final = ("payment", "checkout", "charge", "sale", "purchase")
BACK: Final = ("refund", "reversal", "chargeback", "dispute")
SETTLED: Final = frozenset(["", "completed", "cleared", "refunded", "partially refunded", "paid"])
LOST: Final = frozenset(["lost", "charge_refunded", "warning_closed_lost"])
GUEST: Final = "0"  # WooCommerce's number of people without account.
RATE: Final = Decimal("0.0000000001")


def settle(row: dict[str, Any], plan: Plan) -> None:
    """Bring the row into the words that every program shares; raises `Skip` for what sold nothing."""
    if row.get("captured") is False:
        raise Skip("not_captured", "captured")
    if row.get("customer") == GUEST:
        del row["customer"]
    if status := row.get("status"):
        row["status"] = status.casefold().removeprefix("wc-")
    if "movement" in plan.mapped:
        _move(row)
    if row.pop("all_back", False):
        row["status"] = "refunded"
    _moment(row, plan)
    if (happened := row.get("event_type", "").casefold()) in LOOKED:
        raise Skip("only_looked", "event_type")
    if happened in RETURNS:
        _turn_round(row)
    elif partly := row.get("partial_refunds"):
        _give_back(row, abs(partly))
    if (disputed := row.get("disputed")) and str(row.get("dispute_status", "")).casefold() in LOST:
        row["refunded"] = row.get("refunded", Decimal(0)) + abs(disputed)
    _convert(row, plan)


def _moment(row: dict[str, Any], plan: Plan) -> None:
    """The day, the time and the time zone stand in columns of their own."""
    clock, zone, at = row.get("time_of_day"), row.get("time_zone"), row.get("bought_at")
    if not isinstance(at, datetime) or not (clock or zone):
        return
    local = at.astimezone(plan.zone)
    day: date = local.date()
    if not isinstance(clock, time):
        clock = local.time()
    row["bought_at"] = datetime.combine(day, clock, tzinfo=zone or plan.zone).astimezone(UTC)


def _move(row: dict[str, Any]) -> None:
    """Of the movements of an account, sales and what was given back on them."""
    kind, amount = str(row.get("movement", "")).casefold(), row.get("amount", Decimal(0))
    original = row.pop("refund_of", "")
    if amount < 0 and any(word in kind for word in BACK):
        row["order"] = original or row.get("order", "")
        _turn_round(row)
    elif amount <= 0 or any(word in kind for word in BACK) or not any(word in kind for word in SOLD):
        raise Skip("no_sale", "movement")
    if row.get("status", "") not in SETTLED:
        raise Skip("payment_failed", "status")


def _turn_round(row: dict[str, Any]) -> None:
    """A row that says it is a refund is one, whatever its sign."""
    for name in ("amount", "order_total", "price"):
        if name in row:
            row[name] = -abs(row[name])
    if "quantity" in row:
        row["quantity"] = abs(row["quantity"])
    row.pop("refunded", None)


def _give_back(row: dict[str, Any], partly: Decimal) -> None:
    """A collected total that was lowered by a later refund: what was asked, and what went back."""
    if (total := row.get("order_total")) is not None and total > 0:
        row["order_total"] = total + partly
        row["refunded"] = partly


def _convert(row: dict[str, Any], plan: Plan) -> None:
    """The payment service's own rate, where it paid out in the shop's currency."""
    converted, amount = row.get("converted_amount"), row.get("amount") or row.get("order_total")
    said = str(row.get("converted_currency", "")).upper()
    if converted and amount and said == plan.currency != str(row.get("currency", "")).upper():
        row["rate"] = abs(converted / amount).quantize(RATE)
