"""The fields that columns of customers and purchases may mean, with the headers that mean them."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.imports.kinds import Field
from crm.imports.synonyms import known


def _f(name: str, kind: str, label: object, synonyms: str) -> Field:
    return Field(name, kind, label, known(name, synonyms))  # type: ignore[arg-type]


IDENTITY: Final = (
    _f(
        "customer",
        "id",
        _("Customer number"),
        "customerid customerno customernumber customercode custid clientid memberid memberno "
        "membershipno userid buyerid accountid shopperid customerref customer 客户编号 客户号 "
        "客户id 会员编号 会员号 会员id 会员卡号 会员卡 用户id 用户编号 买家id 买家会员名 "
        "顾客编号 客户 会员",
    ),
    _f(
        "email",
        "email",
        _("E-mail"),
        "email emailaddress customeremail billingemail buyeremail contactemail useremail mail "
        "emailadresse adresseemail courriel correo correoelectrónico indirizzoemail "
        "eメール メールアドレス 이메일 "
        "邮箱 电子邮件 电子邮箱 邮箱地址 客户邮箱",
    ),
    _f(
        "phone",
        "phone",
        _("Phone"),
        "phone phonenumber mobile mobilephone mobilenumber cellphone cell telephone tel "
        "customerphone billingphone contactphonenumber 手机 手机号 手机号码 电话 联系电话 "
        "电话号码 联系手机 联系方式",
    ),
)
PERSON: Final = (
    _f(
        "first_name",
        "text",
        _("First name"),
        "firstname givenname forename billingfirstname customerfirstname 名 名字",
    ),
    _f(
        "last_name",
        "text",
        _("Last name"),
        "lastname surname familyname billinglastname customerlastname 姓 姓氏",
    ),
    _f(
        "name",
        "text",
        _("Full name"),
        "fullname customername billingname clientname buyername membername 姓名 客户姓名 "
        "客户名称 会员姓名 收货人 收货人姓名 顾客姓名",
    ),
    _f(
        "country",
        "text",
        _("Country"),
        "country countryname countrycode customercountry billingcountry countryregion "
        "defaultaddresscountrycode shippingcountry 国家 国家地区",
    ),
    _f(
        "city",
        "text",
        _("City"),
        "city town customercity billingcity defaultaddresscity suburb 城市 所在城市 市",
    ),
    _f(
        "birth_date", "day", _("Date of birth"), "birthdate dateofbirth birthday dob 生日 出生日期 出生年月日"
    ),
    _f("gender", "text", _("Gender"), "gender sex genre 性别"),
    _f("language", "text", _("Language"), "language locale lang languages 语言"),
    _f(
        "source",
        "text",
        _("Source"),
        "source origin referrer leadsource acquisitionsource 来源 客户来源 来源渠道",
    ),
    _f(
        "created_on",
        "day",
        _("Customer since"),
        "createdon customersince membersince signupdate registrationdate registeredat "
        "joindate joined dtcustomer createdat created 注册日期 注册时间 "
        "入会日期 入会时间 创建时间 建档日期",
    ),
    _f(
        "consent_email",
        "yes_no",
        _("Consent to e-mail"),
        "acceptsemailmarketing acceptsmarketing emailconsent consentemail marketingconsent "
        "newsletter subscribed optin emailoptin 接受营销 接受邮件 邮件订阅 是否订阅 订阅",
    ),
    _f("tags", "words", _("Tags"), "tags tag labels 标签 客户标签 会员标签"),
)
ORDER: Final = (
    _f(
        "order",
        "id",
        _("Order number"),
        "orderid orderno ordernumber invoiceno invoicenumber invoiceid invoice transactionid "
        "transactionno receiptno receiptnumber receiptid billno salesorder ordername order "
        "订单号 订单编号 订单id 发票号 单号 交易号 交易编号 小票号 流水号 订单",
    ),
    _f(
        "bought_at",
        "moment",
        _("Bought at"),
        "boughtat orderedat orderdate ordertime orderdatetime invoicedate purchasedate "
        "purchasedat dateofpurchase transactiondate saledate salesdate datetime timestamp "
        "createdat createddate created date paidat createddateutc createdutc day 下单时间 "
        "订单时间 订单日期 订单创建时间 购买日期 购买时间 交易时间 交易日期 销售日期 消费时间 "
        "消费日期 付款时间 日期 时间",
    ),
    _f(
        "product",
        "text",
        _("Product"),
        "product productname item itemname lineitemname description productdescription "
        "itemdescription article articlename producttitle 商品名称 商品名 商品 产品名称 产品 "
        "品名 宝贝标题 商品标题",
    ),
    _f(
        "sku",
        "id",
        _("Article number"),
        "sku lineitemsku stockcode productid productcode itemid itemcode itemno articleno "
        "articlenumber articleid barcode upc ean 商品编码 商品编号 商品id 货号 产品编号 "
        "产品编码 条码 商家编码",
    ),
    _f(
        "category",
        "text",
        _("Category"),
        "category productcategory categoryname department productgroup producttype 商品类别 "
        "商品分类 类别 分类 品类",
    ),
    _f(
        "quantity",
        "decimal",
        pgettext_lazy("of a purchase", "Quantity"),
        "quantity qty lineitemquantity units unitssold numberofitems count pieces 数量 "
        "购买数量 商品数量 件数",
    ),
    _f(
        "price",
        "decimal",
        _("Price of one"),
        "unitprice price lineitemprice itemprice priceperunit sellingprice saleprice 单价 商品单价 价格 售价",
    ),
    _f(
        "amount",
        "decimal",
        _("Amount"),
        "amount linetotal itemtotal lineamount totalprice netamount grossamount totalamount "
        "total netsales sales revenue spend spent dollars value subtotal sum 金额 小计 总价 "
        "实付金额 实付 总金额 销售额 消费金额 合计",
    ),
    _f(
        "discount",
        "decimal",
        _("Discount"),
        "discount discountamount discounttotal discounts 优惠金额 折扣金额 优惠 折扣",
    ),
    _f(
        "shipping",
        "decimal",
        _("Shipping"),
        "shipping shippingtotal shippingcost shippingamount freight 运费 邮费",
    ),
    _f("tax", "decimal", _("Tax"), "tax taxes taxtotal taxamount vat 税额 税 税费"),
    _f(
        "order_total",
        "decimal",
        _("Order total"),
        "ordertotal grandtotal orderamount ordervalue 订单总额 订单金额 订单总价 订单总金额 应付总额",
    ),
    _f(
        "refunded",
        "decimal",
        _("Refunded"),
        "refundedamount amountrefunded refunded refundamount refund refundtotal 退款金额 退款 已退款",
    ),
    _f("currency", "text", _("Currency"), "currency currencycode ordercurrency 币种 货币"),
    _f(
        "channel",
        "text",
        _("Channel"),
        "channel saleschannel orderchannel platform store shop 销售渠道 渠道 平台 门店 店铺",
    ),
    _f(
        "coupon",
        "text",
        _("Coupon"),
        "coupon couponcode discountcode promocode voucher 优惠券 优惠码 优惠券码",
    ),
    _f(
        "status",
        "text",
        _("Status"),
        "orderstatus financialstatus paymentstatus status 订单状态 付款状态 支付状态 状态",
    ),
    _f(
        "cancelled_at",
        "moment",
        _("Cancelled at"),
        "cancelledat canceledat cancelleddate canceldate 取消时间",
    ),
)
# What some programs say beside the order itself.
PARTICULAR: Final = (
    _f("time_of_day", "clock", _("Time of day"), ""),
    _f("time_zone", "zone", _("Time zone"), ""),
    _f("refunded_at", "moment", _("Refunded at"), "refundedat refunddate 退款时间"),
    _f("captured", "yes_no", _("Payment collected"), ""),
    _f("movement", "text", _("Kind of movement of the account"), ""),
    _f("refund_of", "id", _("Payment that is given back"), ""),
    _f("all_back", "yes_no", _("Refunded in full"), "fullyrefunded"),
    _f("event_type", "text", _("Payment or refund"), "eventtype"),
    _f(
        "items",
        "items",
        _("Several items in one cell"),
        "lineitems orderitems itemsordered ordereditems productsordered orderedproducts productspurchased "
        "purchaseditems itemspurchased basket 商品清单 商品明细 订单商品 购买商品",
    ),
    _f("line_discount", "decimal", _("Discount of the line"), "lineitemdiscount linediscount"),
    _f("tax_of_line", "decimal", _("Tax of the line"), "lineitemtax linetax itemtax"),
    _f("partial_refunds", "decimal", _("Partial refunds"), "partialrefunds"),
    _f("converted_amount", "decimal", _("Converted amount"), "convertedamount"),
    _f("converted_currency", "text", _("Converted currency"), "convertedcurrency"),
    _f("disputed", "decimal", _("Disputed amount"), "disputedamount"),
    _f("dispute_status", "text", _("Outcome of the dispute"), "disputestatus"),
)
# What mailing programs say about whom they may write to.
PERMISSION: Final = (
    _f("mail_status", "text", _("Status in the mailing list"), "emailsubscriptionstatus subscriptionstatus"),
    _f("opted_in_at", "moment", _("Agreed at"), "optintime confirmtime optindate subscribedat 订阅时间"),
    _f(
        "unsubscribed",
        "yes_no",
        _("Wants no mail"),
        "unsubscribed unsubscribedfromallemail optedout emailoptout hasoptedoutofemail 已退订",
    ),
    _f(
        "stopped_at", "moment", _("Unsubscribed or bounced at"), "unsubtime unsubscribedat cleantime 退订时间"
    ),
)
# What renews again and again.
RENEWAL: Final = (
    _f(
        "subscription",
        "id",
        _("Subscription number"),
        "subscriptionid subscriptionno subscriptionnumber subscription contractid 订阅编号 订阅号 合同编号",
    ),
    _f(
        "interval",
        "text",
        _("How often"),
        "interval billinginterval billingperiod period frequency cadence renews every cycle "
        "周期 频率 续费周期",
    ),
    _f("interval_count", "integer", _("How many of them"), "intervalcount frequencycount 周期数"),
    _f("state", "text", _("State"), "status subscriptionstatus state 状态 订阅状态"),
    _f(
        "started_on",
        "day",
        _("Started on"),
        "startedon startdate started start createdat created begin begindate 开始日期 开始时间 订阅日期",
    ),
    _f(
        "renews_on",
        "day",
        _("Next renewal"),
        "renewson nextrenewal renewaldate nextbillingdate nextpayment nextpaymentdate nextcharge "
        "nextchargedate "
        "nextdelivery nextorderdate currentperiodend "
        "下次续费 续费日期 下次扣款 下次付款 到期续费日",
    ),
    _f(
        "ends_on",
        "day",
        _("Last day"),
        "endson enddate ends expirydate expires expireson 结束日期 到期日期 到期日",
    ),
    _f(
        "stopped_on",
        "moment",
        _("Cancelled at"),
        "cancelledat canceledat cancelleddate canceleddate cancelledon canceledon endedat 取消时间 取消日期",
    ),
    _f("reason", "text", _("Reason"), "reason cancellationreason cancelreason 原因 取消原因"),
)
# What somebody did, as websites and other programs keep it.
EVENT: Final = (
    _f(
        "event",
        "text",
        _("Event"),
        "event eventname eventtype action activity activitytype kind 事件 事件名称 行为 动作",
    ),
    _f(
        "at",
        "moment",
        pgettext_lazy("of an event", "Moment"),
        "at eventat eventtime eventdate occurredat happenedat timestamp datetime createdat time date "
        "发生时间 事件时间 时间 日期",
    ),
    _f("properties", "text", _("Properties, as JSON"), "properties attributes params payload 属性"),
    _f("subject", "text", _("What it was about"), "subject page url product 主题 页面 对象"),
    _f("number", "decimal", _("Figure"), "number value amount 数值"),
)
PAID: Final = ("product", "sku", "price", "quantity", "amount", "currency")
OWN: Final = Field("custom.", "text", _("Own field"))
CUSTOMER_FIELDS: Final = (*IDENTITY, *PERSON, *PERMISSION, OWN)
SUBSCRIPTION_FIELDS: Final = (
    *RENEWAL,
    *(one for one in ORDER if one.name in PAID),
    *IDENTITY,
    *PERSON,
    OWN,
)
EVENT_FIELDS: Final = (*EVENT, *IDENTITY)
PURCHASE_FIELDS: Final = (*ORDER, *IDENTITY, *PERSON, *PARTICULAR, OWN)
# Headers that are clear only in a list of customers.
ALSO_CUSTOMERS: Final = {
    "id": "customer",
    "name": "name",
    "客户名": "name",
    "number": "customer",
    "date": "created_on",
}
