"""What Shopify's webhooks say: orders, refunds, customers, and its requests about privacy."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from crm.errors import Refusal
from crm.orders import OrderLine
from crm.shops.said import Message, Person, Sale, moment, money, part, parts, text

TOPICS = (
    "orders/create",
    "orders/updated",
    "orders/cancelled",
    "refunds/create",
    "customers/create",
    "customers/update",
    "customers/delete",
    "customers/redact",
)
ORDERS = frozenset({"orders/create", "orders/updated", "orders/cancelled", "orders/paid", "orders/edited"})


def read(topic: str, data: Mapping[str, Any]) -> Message:
    """The message in our words; "" for topics that concern nothing here."""
    if topic in ORDERS:
        return _order(data)
    number = text(data.get("id"))
    match topic:
        case "refunds/create":
            subject = f"order:{text(data.get('order_id'))}"
            changed = moment(data.get("processed_at")) or moment(data.get("created_at"))
            return Message("refund", subject, changed, refunds={number: refunded(data)})
        case "customers/create" | "customers/update":
            changed = moment(data.get("updated_at"))
            return Message("customer", f"customer:{number}", changed, person=person(data, data))
        case "customers/delete":
            return Message("gone", f"customer:{number}", person=Person(number=number))
        case "customers/redact":
            whom = part(data, "customer")
            number = text(whom.get("id"))
            return Message("redact", f"customer:{number}", person=person(whom, whom))
    return Message("", note=_("Messages of this kind are not needed here."))


def _order(data: Mapping[str, Any]) -> Message:
    subject, changed = f"order:{text(data.get('id'))}", moment(data.get("updated_at"))
    if data.get("test") is True:
        return Message("", subject, changed, note=_("A test order."))
    bought_at = moment(data.get("created_at")) or moment(data.get("processed_at"))
    number = text(data.get("name"), 80) or text(data.get("order_number"), 80)
    if not number or bought_at is None:
        raise Refusal(_("The order has no number or no date."))
    codes = [text(one.get("code"), 60) for one in parts(data, "discount_codes")]
    header = {
        "discount": money(data.get("total_discounts")),
        "shipping": money(part(part(data, "total_shipping_price_set"), "shop_money").get("amount")),
        "tax": money(data.get("total_tax")),
        "currency": text(data.get("currency"), 3).upper(),
        "channel": text(data.get("source_name"), 60),
        "coupon": codes[0] if codes else "",
    }
    sale = Sale(
        number=number,
        bought_at=bought_at,
        lines=[_line(one) for one in parts(data, "line_items")],
        person=person(part(data, "customer"), data),
        total=money(data["total_price"]) if data.get("total_price") is not None else None,
        status=text(data.get("financial_status"), 40),
        cancelled_at=moment(data.get("cancelled_at")),
        refunds={text(one.get("id")): refunded(one) for one in parts(data, "refunds")},
        header={name: value for name, value in header.items() if value not in ("", None)},
    )
    return Message("order", subject, changed, sale=sale)


def _line(one: Mapping[str, Any]) -> OrderLine:
    """A line; named as the export of orders names it."""
    less = money(one.get("total_discount"))
    return OrderLine(
        product=text(one.get("name")) or text(one.get("title")),
        quantity=money(one.get("quantity")),
        price=money(one.get("price")),
        sku=text(one.get("sku"), 120),
        discount=less if less > 0 else None,
    )


def refunded(refund: Mapping[str, Any]) -> Decimal:
    """What really went back: refunds that the payment provider carried out."""
    paid = [
        money(one.get("amount"))
        for one in parts(refund, "transactions")
        if one.get("kind") == "refund" and one.get("status") in ("success", None)
    ]
    return sum(paid, Decimal(0))


def person(about: Mapping[str, Any], order: Mapping[str, Any]) -> Person:
    """The buyer: what the shop knows of the customer, else what the order says."""
    home = part(about, "default_address") or part(order, "billing_address") or part(order, "shipping_address")
    return Person(
        number=text(about.get("id"), 80),
        email=text(about.get("email"), 254) or text(order.get("email"), 254),
        phone=next(
            (found for one in (about, order, home) if (found := text(one.get("phone"), 40))),
            "",
        ),
        first_name=text(about.get("first_name") or home.get("first_name"), 80),
        last_name=text(about.get("last_name") or home.get("last_name"), 80),
        country=text(home.get("country_code"), 60),
        city=text(home.get("city"), 80),
        agreed=_agreed(about, order),
        created_at=moment(about.get("created_at")),
        tags=[one.strip() for one in str(about.get("tags") or "").split(",") if one.strip()][:20],
    )


def _agreed(about: Mapping[str, Any], order: Mapping[str, Any]) -> bool | None:
    state = part(about, "email_marketing_consent").get("state")
    if state == "subscribed":
        return True
    if state == "unsubscribed":
        return False
    return True if order.get("buyer_accepts_marketing") is True else None
