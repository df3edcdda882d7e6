"""PayPal: the activity download. It lists every movement of the account; the type tells what is a sale."""

from __future__ import annotations

from typing import Final

from crm.imports.presets import Preset, preset

ACTIVITY: Final = preset(
    "paypal-activity",
    "PayPal · activity",
    "purchases",
    "timezone type gross fee net fromemailaddress toemailaddress transactionid addressstatus itemtitle "
    "shippingandhandlingamount insuranceamount referencetxnid invoicenumber customnumber receiptid "
    "balanceimpact counterpartystatus",
    6,
    {
        "bought_at": "date",
        "time_of_day": "time",
        "time_zone": "timezone",
        "movement": "type",
        "status": "status",
        "currency": "currency",
        "amount": "gross",
        "order": "transactionid",
        "refund_of": "referencetxnid",
        "email": "fromemailaddress",
        "name": "name",
        "phone": "contactphonenumber",
        "product": "itemtitle",
        "sku": "itemid",
        "shipping": "shippingandhandlingamount",
        "tax": "salestax gst",
        "country": "countrycode country",
        "city": "towncity",
    },
    never="lineitemquantity totalcollected",
)
PRESETS: Final[tuple[Preset, ...]] = (ACTIVITY,)
