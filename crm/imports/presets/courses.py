"""Where courses and files are sold: sales of Gumroad and Teachable. One row is one purchase."""

from __future__ import annotations

from typing import Final

from crm.imports.presets import Preset, preset

GUMROAD: Final = preset(
    "gumroad-sales",
    "Gumroad · sales",
    "purchases",
    "purchaseid purchaseemail donotcontact purchasedate purchasetimeutctimezone saleprice nettotal taxtype "
    "taxincludedinprice partialrefund fullyrefunded disputewon recurringcharge freetrialpurchase "
    "preorderauthorization variantsprice gifteeemail affiliatecommission licensekey",
    6,
    {
        "order": "purchaseid",
        "bought_at": "purchasetimeutctimezone purchasedate",
        "email": "purchaseemail buyeremail",
        "name": "buyername",
        "city": "city",
        "country": "country",
        "product": "itemname",
        "sku": "productid",
        "quantity": "quantity",
        "amount": "saleprice",
        "tax": "taxes",
        "shipping": "shipping",
        "refunded": "partialrefund",
        "all_back": "fullyrefunded",
        "coupon": "discountcode",
    },
    zone="UTC",
    options={"defaults": {"currency": "USD"}},
)
TEACHABLE: Final = preset(
    "teachable-sales",
    "Teachable · sales",
    "purchases",
    "purchasedat coursename finalprice listprice earningsusd saleid userid authorfees affiliatefees "
    "paymentmethod isrefunded",
    4,
    {
        "order": "saleid id",
        "bought_at": "purchasedat",
        "customer": "userid",
        "email": "useremail email",
        "name": "username name",
        "product": "coursename productname",
        "amount": "finalprice",
        "tax": "tax taxcharge",
        "currency": "currency",
        "coupon": "coupon couponcode",
        "all_back": "isrefunded refunded",
    },
    zone="UTC",
)
PRESETS: Final[tuple[Preset, ...]] = (GUMROAD, TEACHABLE)
