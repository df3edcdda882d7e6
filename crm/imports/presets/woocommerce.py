"""WooCommerce: its own reports, and the usual export plugins. Order values may stand on each line."""

from __future__ import annotations

from typing import Final

from crm.imports.presets import Preset, preset

PERSON: Final = {
    "customer": "customerid customeruser userid customeruserid",
    "email": "customeremail billingemail emailbilling billingemailaddress useremail",
    "phone": "billingphone phonebilling shippingphone",
    "first_name": "billingfirstname firstnamebilling shippingfirstname firstnameshipping",
    "last_name": "billinglastname lastnamebilling shippinglastname lastnameshipping",
    "name": "billingname billingfullname fullnamebilling customername",
    "country": "billingcountry countrycodebilling countrynamebilling countrybilling shippingcountry",
    "city": "billingcity citybilling shippingcity",
}
MONEY: Final = {
    "discount": "discounttotal cartdiscount cartdiscountamount totaldiscount orderdiscount",
    "shipping": "shippingtotal ordershippingamount ordershipping shippingcost",
    "tax": "taxtotal totaltax ordertotaltaxamount ordertotaltax ordertax",
    "order_total": "ordertotal ordertotalamount",
    "refunded": "orderrefundamount refundedtotal totalrefunded ordertotalrefunded refundamount totalrefund",
    "currency": "ordercurrency currency currencycode",
    "coupon": "couponcode couponcodes coupons couponsused",
}
ITEMS: Final = " ".join(["lineitems orderitems products", *(f"lineitem{n}" for n in range(1, 41))])
ORDERS: Final = preset(
    "woocommerce-orders",
    "WooCommerce · orders",
    "purchases",
    "ordernumber ordernumberformatted orderkey orderdate paiddate completeddate "
    "paymentmethod paymentmethodtitle "
    "ordercurrency shippingtotal taxtotal discounttotal ordertotal customernote "
    "billingfirstname billinglastname "
    "billingaddress1 billingpostcode shippingfirstname shippingpostcode wtimportkey "
    "lineitems lineitem1 itemtotal "
    "carttax cartdiscount orderdiscount",
    6,
    {
        "order": "ordernumber ordernumberformatted orderid id",
        "bought_at": "orderdate datecreated createdvia date datepaid paiddate",
        "status": "status orderstatus",
        **PERSON,
        **MONEY,
        "product": "productname itemname name lineitemname",
        "sku": "sku itemsku productsku lineitemsku",
        "quantity": "quantity itemquantity qty lineitemquantity",
        "amount": "itemtotal linetotal lineitemtotal productsubtotal itemsubtotal",
        "items": ITEMS,
    },
    never="lineitemprice financialstatus",
)
ADVANCED: Final = preset(
    "woocommerce-order-export",
    "WooCommerce · Advanced Order Export",
    "purchases",
    "orderstatus orderdate firstnamebilling lastnamebilling emailbilling "
    "phonebilling countrycodebilling "
    "paymentmethodtitle cartdiscountamount ordersubtotalamount shippingmethodtitle ordershippingamount "
    "orderrefundamount ordertotalamount ordertotaltaxamount itemname itemcost quantityrefund",
    5,
    {
        "order": "ordernumber orderid",
        "bought_at": "orderdate paiddate completeddate",
        "status": "orderstatus",
        **PERSON,
        **MONEY,
        "product": "itemname productname",
        "sku": "sku productsku",
        "quantity": "quantity quantityrefund",
        "amount": "orderlinetotal itemtotal orderline orderlinesubtotal",
        "price": "itemcost itemprice",
        "items": "products orderitems lineitems",
    },
)
ANALYTICS: Final = preset(
    "woocommerce-analytics-orders",
    "WooCommerce · Analytics, orders",
    "purchases",
    "order nrevenueformatted netsales nrevenue customertype products itemssold coupons attribution "
    "nettoumsatz bestellung kundentyp produkte verkaufteartikel gutscheine revenunet "
    "commande typedeclient produits "
    "pedido ingresosnetos tipodecliente productos 订单 净收入 客户类型 产品 已售商品 优惠券",
    4,
    {
        "order": "order bestellung commande pedido 订单",
        "bought_at": "date datum fecha 日期",
        "status": "status statut estado 状态",
        "name": "customer kunde client cliente 客户",
        "order_total": "netsales nrevenue netrevenue nettoumsatz revenunet ingresosnetos 净收入",
        "coupon": "coupons gutscheine codespromo cupones 优惠券",
        "items": "products produkte produits productos 产品",
    },
    never="ordernumber lineitemquantity",
)
CUSTOMERS: Final = preset(
    "woocommerce-customers",
    "WooCommerce · customers",
    "customers",
    "username lastactive signup dateregistered orders totalspend aov countryregion "
    "userlogin userregistered "
    "billingfirstname billingemail shippingfirstname displayname roles userpass "
    "usernicename userurl billingpostcode",
    4,
    {
        "customer": "customerid userid id",
        "email": "email useremail billingemail",
        "phone": "billingphone phone shippingphone",
        "first_name": "firstname billingfirstname",
        "last_name": "lastname billinglastname",
        "name": "name displayname",
        "country": "billingcountry countryregion country",
        "city": "billingcity city",
        "created_on": "signup dateregistered userregistered registered",
    },
    never="ordertotal ordernumber ordertotalamount orderkey orderdate lineitems",
    guesses_rest=True,
)
PRESETS: Final[tuple[Preset, ...]] = (ORDERS, ADVANCED, ANALYTICS, CUSTOMERS)
