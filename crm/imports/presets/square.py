"""Square: transactions, items, customers. Day, time and zone stand apart; refunds are rows of their own."""

from __future__ import annotations

from typing import Final

from crm.imports.presets import Preset, preset

WHEN: Final = {
    "bought_at": "date fecha 日付",
    "time_of_day": "time heure hora 時間 時刻",
    "time_zone": "timezone fuseauhoraire zonahoraria タイムゾーン",
}
TRANSACTIONS: Final = preset(
    "square-transactions",
    "Square · transactions",
    "purchases",
    "time timezone grosssales netsales giftcardsales partialrefunds totalcollected cardentrymethods "
    "squaregiftcard othertender othertendertype nettotal transactionid paymentid "
    "cardbrand pansuffix eventtype "
    "ventesbrutes ventesnettes totalperçu iddetransaction fuseauhoraire typedévénement "
    "ventasbrutas ventasnetas totalcobrado iddetransacción zonahoraria tipodeevento",
    6,
    {
        **WHEN,
        "order": "transactionid iddetransaction iddetransacción",
        "order_total": "totalcollected totalperçu totalcobrado netsales",
        "discount": "discounts réductions remises descuentos",
        "tax": "tax taxes taxe impuesto impuestos",
        "partial_refunds": "partialrefunds remboursementspartiels reembolsosparciales",
        "event_type": "eventtype typedévénement tipodeevento",
        "status": "transactionstatus paymentstatus",
        "channel": "source",
        "customer": "customerid idclient iddecliente",
        "name": "customername nomduclient nombredelcliente",
    },
    never="item qty pricepointname lineitemquantity",
)
ITEMS: Final = preset(
    "square-items",
    "Square · items sold",
    "purchases",
    "time timezone category item qty pricepointname modifiersapplied grosssales netsales transactionid "
    "paymentid eventtype diningoption itemizationtype",
    6,
    {
        **WHEN,
        "order": "transactionid",
        "product": "item",
        "sku": "sku",
        "category": "category",
        "quantity": "qty",
        "amount": "netsales",
        "line_discount": "discounts",
        "tax_of_line": "tax",
        "event_type": "eventtype",
        "channel": "channel source",
        "customer": "customerid",
        "name": "customername",
    },
    never="totalcollected lineitemquantity",
)
CUSTOMERS: Final = preset(
    "square-customers",
    "Square · customers",
    "customers",
    "referenceid squarecustomerid creationsource firstvisit lastvisit "
    "transactioncount lifetimespend memo "
    "emailsubscriptionstatus instantprofile nickname streetaddress1",
    3,
    {
        "customer": "squarecustomerid customerid",
        "email": "emailaddress email",
        "phone": "phonenumber phone",
        "first_name": "firstname givenname",
        "last_name": "lastname surname familyname",
        "country": "country",
        "city": "city",
        "birth_date": "birthday",
        "created_on": "firstvisit",
        "mail_status": "emailsubscriptionstatus",
    },
    never="lineitemquantity transactionid",
    guesses_rest=True,
)
PRESETS: Final[tuple[Preset, ...]] = (TRANSACTIONS, ITEMS, CUSTOMERS)
