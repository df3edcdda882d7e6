"""Headers of well-known files and of other languages, beside the usual ones of `crm.imports.fields`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from crm.imports.headers import plain

# Field → headers without case, blanks and signs; those that tell the most come first.
MORE: Final = {
    "customer": "membernumber householdkey cust 买家昵称 "
    "kundennummer kundennr kundenid kunde "
    "numéroclient numeroclient numérodeclient numerodeclient idclient codeclient client "
    "númerodecliente numerodecliente idcliente códigocliente cliente",
    "order": "basketid bestellnummer bestellnr bestellid auftragsnummer auftragsnr rechnungsnummer "
    "rechnungsnr belegnummer bestellung "
    "numérodecommande numerodecommande ndecommande nodecommande idcommande numérodefacture commande "
    "númerodepedido numerodepedido ndepedido nodepedido idpedido númerodefactura pedido",
    "bought_at": "transdate orderpurchasetimestamp tdat transactiondt eventtime visitdate "
    "付款日期 消费产生的时间 "
    "bestelldatum kaufdatum auftragsdatum rechnungsdatum datum "
    "datedecommande datedelacommande datecommande datedachat dateachat "
    "fechadecompra fechacompra fechadepedido fechadelpedido fechapedido fecha",
    "product": "commoditydesc artikelname artikelbezeichnung artikel produktname produkt "
    "nomduproduit nomproduit produit nombredelproducto nombreproducto producto artículo articulo",
    "sku": "artikelnummer artikelnr codearticle codeproduit códigoproducto códigodeproducto",
    "quantity": "menge anzahl stückzahl quantité quantite qté cantidad",
    "price": "einzelpreis stückpreis preis prixunitaire prix preciounitario precio",
    "amount": "tranamount transactionamount transactionvalue purchaseamount amountspent totalpaid "
    "paymentvalue salesvalue "
    "gesamtbetrag betrag gesamtsumme summe montanttotal montant importetotal importe montototal monto",
}
# The one header that says less than another of the same file (Olist numbers a buyer anew for each order).
FIRST: Final = {"customer": "customeruniqueid"}
CURRENCIES: Final = "USD EUR GBP CNY RMB JPY INR CAD AUD CHF HKD TWD SGD KRW BRL MXN SEK NOK DKK PLN NZD"
_CURRENCY: Final = re.compile(
    rf"\s*[(\[（](?:{'|'.join(CURRENCIES.split())}|(?:US)?[$€£¥₹元])[)\]）]\s*$", re.IGNORECASE
)


def known(field: str, usual: str) -> tuple[str, ...]:
    """All headers that mean the field, the surest first."""
    return (*FIRST.get(field, "").split(), *usual.split(), *MORE.get(field, "").split())


def compared(columns: Iterable[str]) -> dict[str, str]:
    """Column → header as it is compared: without case, signs and a currency in brackets behind it."""
    return {column: plain(_CURRENCY.sub("", column)) for column in columns}


def also_customer(headers: Mapping[str, str], found: Mapping[str, str]) -> dict[str, str]:
    """A column “Id” beside a day and money is the customer, where nothing else names somebody."""
    fields = set(found.values())
    if "bought_at" not in fields or not fields & {"amount", "price", "order_total"}:
        return {}
    if fields & {"customer", "email", "phone", "name"}:
        return {}
    column = next((one for one in headers if headers[one] == "id" and one not in found), None)
    return {column: "customer"} if column else {}
