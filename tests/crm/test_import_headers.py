"""Headers of well-known files and of other languages mean something at once."""

from __future__ import annotations

import pytest

from crm.imports import columns
from crm.models import CustomField
from tests.crm.importing import bring_text, outcomes


def meant(*headers: str) -> list[str | None]:
    """What each column of a file of purchases is taken for."""
    found = columns.guess("purchases", headers)
    return [found.get(header) for header in headers]


@pytest.mark.parametrize(
    "header", ["Member_number", "customer_unique_id", "household_key", "cust", "cust_id", "买家昵称"]
)
def test_a_header_of_a_known_file_names_the_customer(db, header):
    assert meant(header) == ["customer"]


@pytest.mark.parametrize(
    "header",
    [
        *("trans_date", "order_purchase_timestamp", "t_dat", "TRANSACTION_DT", "event_time", "visit_date"),
        *("付款日期", "消费产生的时间"),
    ],
)
def test_a_header_of_a_known_file_says_when_it_was_bought(db, header):
    assert meant(header) == ["bought_at"]


@pytest.mark.parametrize(
    "header",
    [
        *("tran_amount", "transaction_amount", "TransactionAmount (INR)", "purchase_amount", "amount_spent"),
        *("Purchase Amount (USD)", "Total paid", "payment_value", "SALES_VALUE", "TransactionValue"),
    ],
)
def test_a_header_of_a_known_file_holds_the_money(db, header):
    assert meant(header) == ["amount"]


def test_headers_of_known_files_name_the_order_and_the_product(db):
    headers = ("BASKET_ID", "COMMODITY_DESC", "article_id")

    assert meant(*headers) == ["order", "product", "sku"]
    assert meant("itemDescription") == ["product"]


@pytest.mark.parametrize(
    "headers",
    [
        ("Kundennummer", "Bestellnummer", "Bestelldatum", "Artikel", "Menge", "Preis", "Betrag"),
        ("Client", "N° de commande", "Date de commande", "Produit", "Quantité", "Prix unitaire", "Montant"),
        ("Cliente", "Número de pedido", "Fecha de compra", "Producto", "Cantidad", "Precio", "Importe"),
    ],
)
def test_german_french_and_spanish_headers_of_purchases_are_known(db, headers):
    assert meant(*headers) == ["customer", "order", "bought_at", "product", "quantity", "price", "amount"]


def test_a_number_of_the_buyer_counts_before_one_of_each_order(db):
    assert meant("customer_id", "customer_unique_id") == [None, "customer"]


def test_id_is_the_customer_only_beside_a_day_and_money(db):
    assert meant("Id", "Date", "Amount") == ["customer", "bought_at", "amount"]
    assert meant("Id", "Date") == [None, "bought_at"]
    assert meant("Id", "Email", "Date", "Amount") == [None, "email", "bought_at", "amount"]


def test_an_own_field_with_a_currency_in_its_name_is_still_found(db):
    CustomField.objects.create(key="deposit", label="Deposit (USD)", kind="number")

    assert meant("Deposit (USD)") == ["custom.deposit"]


def test_a_german_file_comes_in_without_help(shop, tmp_path):
    found = bring_text(
        tmp_path,
        "purchases",
        "Kundennummer;Bestellnummer;Bestelldatum;Artikel;Menge;Einzelpreis\n7;A1;31.12.2024;Tasse;2;4,50\n",
    )

    assert outcomes(found) == {"created": 1}
    assert (found["customers"], found["charged"]) == (1, "9.00")


def test_of_a_file_of_visits_only_purchases_count(shop, tmp_path):
    found = bring_text(
        tmp_path,
        "purchases",
        "event_time,event_type,product_id,price,user_id\n"
        "2019-11-01 00:00:00 UTC,view,A,10,7\n"
        "2019-11-01 00:01:00 UTC,cart,A,10,7\n"
        "2019-11-01 00:02:00 UTC,purchase,A,10,7\n",
    )

    assert outcomes(found) == {"created": 1, "skipped": 2}
    assert (found["reasons"], found["charged"]) == ({"only_looked": 2}, "10.00")
