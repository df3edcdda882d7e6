"""Stripe: payments, customers, balance activity. Times are UTC; what failed sold nothing."""

from __future__ import annotations

from typing import Final

from crm.imports.presets import Preset, preset

PAYMENTS: Final = preset(
    "stripe-payments",
    "Stripe · payments",
    "purchases",
    "createdutc createddateutc amountrefunded convertedamount "
    "convertedamountrefunded convertedcurrency captured "
    "statementdescriptor sellermessage taxesonfee cardid customerdescription "
    "paymentintentid paymentsourcetype "
    "disputedamount refundeddateutc",
    4,
    {
        "order": "id paymentintentid",
        "bought_at": "createdutc createddateutc created",
        "amount": "amount",
        "refunded": "amountrefunded",
        "refunded_at": "refundeddateutc refundedutc",
        "currency": "currency",
        "converted_amount": "convertedamount",
        "converted_currency": "convertedcurrency",
        "captured": "captured",
        "status": "status",
        "disputed": "disputedamount",
        "dispute_status": "disputestatus",
        "customer": "customerid",
        "email": "customeremail",
        "phone": "customerphone",
        "name": "customername cardname shippingname",
        "country": "shippingaddresscountry cardaddresscountry",
        "city": "shippingaddresscity cardaddresscity",
    },
    never="financialstatus totalspend delinquent",
    zone="UTC",
    options={"key": "email"},
)
CUSTOMERS: Final = preset(
    "stripe-customers",
    "Stripe · customers",
    "customers",
    "createdutc createddateutc delinquent cardid accountbalance totalspend paymentcount averageorder "
    "refundedvolume disputelosses businessvatid plan cancelatperiodend taxlocationrecognized",
    4,
    {
        "customer": "id customerid",
        "email": "email customeremail",
        "name": "name cardname description",
        "phone": "phone",
        "country": "addresscountry cardaddresscountry shippingaddresscountry",
        "city": "addresscity cardaddresscity shippingaddresscity",
        "created_on": "createdutc createddateutc created",
    },
    never="amountrefunded convertedamount",
    zone="UTC",
)
ACTIVITY: Final = preset(
    "stripe-activity",
    "Stripe · balance activity",
    "purchases",
    "balancetransactionid availableonutc availableon gross fee net reportingcategory sourceid chargeid "
    "paymentintentid customerfacingamount automaticpayoutid",
    5,
    {
        "order": "chargeid",
        "bought_at": "createdutc created",
        "movement": "reportingcategory",
        "amount": "gross",
        "currency": "currency",
        "customer": "customerid",
        "email": "customeremail",
        "name": "customername",
        "product": "description",
    },
    never="amountrefunded convertedamount",
    zone="UTC",
    options={"key": "email"},
)
PRESETS: Final[tuple[Preset, ...]] = (PAYMENTS, CUSTOMERS, ACTIVITY)
