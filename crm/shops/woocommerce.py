"""What WooCommerce's webhooks say: orders with their refunds, and customers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from crm.errors import Refusal
from crm.orders import OrderLine
from crm.shops.said import Message, Person, Sale, moment, money, part, parts, text

TOPICS = (
    "order.created",
    "order.updated",
    "order.deleted",
    "customer.created",
    "customer.updated",
    "customer.deleted",
)


def read(topic: str, data: Mapping[str, Any]) -> Message:
    """The message in our words; "" for topics that concern nothing here."""
    number = text(data.get("id"))
    changed = moment(data.get("date_modified_gmt"), utc=True)
    match topic:
        case "order.created" | "order.updated" | "order.restored":
            return Message("order", f"order:{number}", changed, sale=_order(data))
        case "order.deleted":
            return Message("", f"order:{number}", note=_("Orders deleted in the shop stay here."))
        case "customer.created" | "customer.updated":
            return Message("customer", f"customer:{number}", changed, person=person(data))
        case "customer.deleted":
            return Message("gone", f"customer:{number}", person=Person(number=number))
    return Message("", note=_("Messages of this kind are not needed here."))


def _order(data: Mapping[str, Any]) -> Sale:
    bought_at = moment(data.get("date_created_gmt"), utc=True)
    number = text(data.get("number"), 80) or text(data.get("id"), 80)
    if not number or bought_at is None:
        raise Refusal(_("The order has no number or no date."))
    status = text(data.get("status"), 40)
    codes = [text(one.get("code"), 60) for one in parts(data, "coupon_lines")]
    header = {
        "discount": money(data.get("discount_total")),
        "shipping": money(data.get("shipping_total")),
        "tax": money(data.get("total_tax")),
        "currency": text(data.get("currency"), 3).upper(),
        "channel": text(data.get("created_via"), 60),
        "coupon": codes[0] if codes else "",
    }
    return Sale(
        number=number,
        bought_at=bought_at,
        lines=[_line(one) for one in parts(data, "line_items")],
        person=_buyer(data),
        total=money(data["total"]) if data.get("total") is not None else None,
        status=status,
        cancelled_at=moment(data.get("date_modified_gmt"), utc=True) if status == "cancelled" else None,
        refunds={text(one.get("id")): abs(money(one.get("total"))) for one in parts(data, "refunds")},
        header={name: value for name, value in header.items() if value not in ("", None)},
    )


def _line(one: Mapping[str, Any]) -> OrderLine:
    return OrderLine(
        product=text(one.get("name")),
        quantity=money(one.get("quantity")),
        price=money(one.get("price")),
        sku=text(one.get("sku"), 120),
        amount=money(one.get("total")),
    )


def _buyer(data: Mapping[str, Any]) -> Person:
    home = part(data, "billing")
    number = text(data.get("customer_id"), 80)
    return Person(
        number="" if number == "0" else number,  # A guest.
        email=text(home.get("email"), 254),
        phone=text(home.get("phone"), 40),
        first_name=text(home.get("first_name"), 80),
        last_name=text(home.get("last_name"), 80),
        country=text(home.get("country"), 60),
        city=text(home.get("city"), 80),
    )


def person(data: Mapping[str, Any]) -> Person:
    home = part(data, "billing")
    return Person(
        number=text(data.get("id"), 80),
        email=text(data.get("email"), 254) or text(home.get("email"), 254),
        phone=text(home.get("phone"), 40),
        first_name=text(data.get("first_name") or home.get("first_name"), 80),
        last_name=text(data.get("last_name") or home.get("last_name"), 80),
        country=text(home.get("country"), 60),
        city=text(home.get("city"), 80),
        created_at=moment(data.get("date_created_gmt"), utc=True),
    )
