"""Etsy: sold orders, and their items. They name no e-mail: people are known by their user name."""

from __future__ import annotations

from typing import Final

from crm.imports.presets import Preset, preset

PERSON: Final = {
    "customer": "buyeruserid buyer",
    "first_name": "firstname",
    "last_name": "lastname",
    "name": "fullname shipname deliveryname",
    "city": "shipcity deliverycity dispatchcity",
    "country": "shipcountry deliverycountry dispatchcountry",
}
ORDERS: Final = preset(
    "etsy-orders",
    "Etsy · sold orders",
    "purchases",
    "saledate buyeruserid numberofitems ordervalue coupondetails shippingdiscount deliverydiscount ordernet "
    "cardprocessingfees adjustedordertotal adjustedcardprocessingfees adjustednetorderamount "
    "inpersondiscount inpersonlocation ordertype paymenttype",
    5,
    {
        "order": "orderid",
        "bought_at": "saledate",
        **PERSON,
        "currency": "currency",
        "coupon": "couponcode",
        "discount": "discountamount",
        "shipping": "shipping delivery",
        "tax": "salestax",
        "order_total": "ordertotal",
        "status": "status",
    },
    never="itemtotal listingid",
)
ITEMS: Final = preset(
    "etsy-items",
    "Etsy · sold items",
    "purchases",
    "saledate itemname itemtotal listingid coupondetails shippingdiscount ordershipping ordersalestax "
    "shipname shipaddress1 variations ordertype listingstype paymenttype inpersondiscount inpersonlocation "
    "vatpaidbybuyer",
    6,
    {
        "order": "orderid",
        "bought_at": "saledate datepaid",
        **PERSON,
        "product": "itemname",
        "sku": "sku listingid",
        "quantity": "quantity",
        "price": "price",
        "line_discount": "discountamount",
        "shipping": "ordershipping orderdelivery",
        "tax": "ordersalestax",
        "currency": "currency",
        "coupon": "couponcode",
    },
    never="ordervalue ordernet",
)
PRESETS: Final[tuple[Preset, ...]] = (ORDERS, ITEMS)
