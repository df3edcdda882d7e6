"""What runs at Shopify, Stripe, WooCommerce and Recharge, with the day of the next renewal."""

from __future__ import annotations

from typing import Final

from crm.imports.presets import Preset, preset

STRIPE: Final = preset(
    "stripe-subscriptions",
    "Stripe · subscriptions",
    "subscriptions",
    "currentperiodstartutc currentperiodendutc trialstartutc trialendutc canceledatutc endedatutc "
    "cancelatperiodend plan interval startdateutc",
    4,
    {
        "subscription": "id subscriptionid",
        "customer": "customerid",
        "email": "customeremail",
        "name": "customername",
        "product": "product productname plan",
        "sku": "plan",
        "amount": "amount planamount",
        "quantity": "quantity",
        "currency": "currency",
        "interval": "interval planinterval",
        "interval_count": "intervalcount planintervalcount",
        "state": "status",
        "started_on": "startdateutc startutc createdutc",
        "renews_on": "currentperiodendutc currentperiodend",
        "stopped_on": "canceledatutc endedatutc",
        "ends_on": "endedatutc cancelatutc",
    },
    never="amountrefunded convertedamount delinquent",
    zone="UTC",
    options={"key": "email"},
)
SHOPIFY: Final = preset(
    "shopify-subscriptions",
    "Shopify · subscription contracts",
    "subscriptions",
    "handle upcomingbillingdate cadenceinterval cadenceintervalcount linevariantid linesellingplanname "
    "customerpaymentmethodid deliverymethodtype lineproductid linecurrentprice",
    4,
    {
        "subscription": "handle contractid id",
        "customer": "customerid",
        "email": "customeremail email",
        "first_name": "customerfirstname deliveryaddressfirstname",
        "last_name": "customerlastname deliveryaddresslastname",
        "phone": "deliveryaddressphone",
        "product": "lineproducttitle linevarianttitle linetitle linevariantsku linevariantid",
        "sku": "linevariantsku linesku linevariantid",
        "price": "linecurrentprice lineprice",
        "quantity": "linequantity",
        "currency": "currencycode",
        "interval": "cadenceinterval",
        "interval_count": "cadenceintervalcount",
        "state": "status",
        "started_on": "createdat",
        "renews_on": "upcomingbillingdate nextbillingdate",
    },
)
RECHARGE: Final = preset(
    "recharge-subscriptions",
    "Recharge · subscriptions",
    "subscriptions",
    "nextchargedate chargeintervalfrequency orderintervalfrequency orderintervalunit orderintervalunittype "
    "producttitle recurringprice cancelledat cancellationreason shippingintervalfrequency "
    "shippingintervalunittype",
    4,
    {
        "subscription": "subscriptionid id",
        "customer": "customershopifyid shopifycustomerid",
        "email": "customeremail email",
        "name": "customername",
        "first_name": "customerfirstname shippingfirstname",
        "last_name": "customerlastname shippinglastname",
        "product": "producttitle",
        "sku": "sku",
        "price": "recurringprice price",
        "quantity": "quantity",
        "currency": "currency presentmentcurrency",
        "interval": "orderintervalunit orderintervalunittype shippingintervalunittype",
        "interval_count": "chargeintervalfrequency orderintervalfrequency shippingintervalfrequency",
        "state": "status",
        "started_on": "createdat",
        "renews_on": "nextchargedate",
        "stopped_on": "cancelledat canceledat",
        "reason": "cancellationreason",
    },
)
WOOCOMMERCE: Final = preset(
    "woocommerce-subscriptions",
    "WooCommerce · subscriptions",
    "subscriptions",
    "subscriptionid subscriptionstatus nextpaymentdate lastpaymentdate trialenddate billingperiod "
    "billinginterval orderitems",
    4,
    {
        "subscription": "subscriptionid",
        "customer": "customerid",
        "email": "billingemail",
        "first_name": "billingfirstname",
        "last_name": "billinglastname",
        "phone": "billingphone",
        "country": "billingcountry",
        "city": "billingcity",
        "product": "orderitems productname",
        "amount": "ordertotal recurringtotal",
        "currency": "ordercurrency",
        "interval": "billingperiod",
        "interval_count": "billinginterval",
        "state": "subscriptionstatus",
        "started_on": "startdate",
        "renews_on": "nextpaymentdate",
        "ends_on": "enddate",
        "stopped_on": "cancelleddate",
    },
)
PRESETS: Final[tuple[Preset, ...]] = (STRIPE, SHOPIFY, RECHARGE, WOOCOMMERCE)
