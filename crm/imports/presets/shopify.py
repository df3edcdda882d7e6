"""Shopify: orders, customers. Order values stand on the first line of an order only."""

from __future__ import annotations

from typing import Final

from crm.imports.presets import Preset, preset

ORDERS: Final = preset(
    "shopify-orders",
    "Shopify · orders",
    "purchases",
    "financialstatus fulfillmentstatus lineitemquantity lineitemname lineitemprice "
    "lineitemsku lineitemtaxable "
    "lineitemrequiresshipping lineitemcompareatprice lineitemfulfillmentstatus "
    "acceptsmarketing discountcode "
    "cancelledat paymentreference refundedamount outstandingbalance receiptnumber noteattributes",
    4,
    {
        "order": "name ordername id",
        "email": "email",
        "phone": "phone billingphone shippingphone",
        "name": "billingname shippingname",
        "country": "billingcountry shippingcountry",
        "city": "billingcity shippingcity",
        "bought_at": "createdat paidat",
        "product": "lineitemname",
        "sku": "lineitemsku",
        "quantity": "lineitemquantity",
        "price": "lineitemprice",
        "line_discount": "lineitemdiscount",
        "discount": "discountamount",
        "shipping": "shipping",
        "tax": "taxes",
        "order_total": "total",
        "refunded": "refundedamount",
        "currency": "currency",
        "channel": "source",
        "coupon": "discountcode",
        "status": "financialstatus",
        "cancelled_at": "cancelledat",
        "consent_email": "acceptsmarketing",
    },
)
CUSTOMERS: Final = preset(
    "shopify-customers",
    "Shopify · customers",
    "customers",
    "acceptsemailmarketing acceptssmsmarketing acceptsmarketing "
    "acceptswhatsappmarketing totalspent totalorders "
    "taxexempt defaultaddresscompany defaultaddressaddress1 "
    "defaultaddressprovincecode defaultaddresszip "
    "defaultaddresscountrycode defaultaddressphone provincecode",
    3,
    {
        "customer": "customerid id",
        "email": "email",
        "phone": "phone defaultaddressphone",
        "first_name": "firstname",
        "last_name": "lastname",
        "country": "defaultaddresscountrycode countrycode country defaultaddresscountry",
        "city": "defaultaddresscity city",
        "consent_email": "acceptsemailmarketing acceptsmarketing",
        "tags": "tags",
    },
    never="lineitemquantity lineitemname financialstatus",
    guesses_rest=True,
)
PRESETS: Final[tuple[Preset, ...]] = (ORDERS, CUSTOMERS)
