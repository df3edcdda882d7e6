"""Purchases: what a file says becomes orders, once."""

from __future__ import annotations

import csv
import gzip
import random
from datetime import date
from decimal import Decimal
from zlib import crc32

import pytest

from crm.imports import staging
from crm.models import Customer, Product, Purchase, PurchaseLine, Refund
from tests.crm.importing import bring, bring_text, outcomes, state
from tests.reference import DATA, RETAIL

pytestmark = pytest.mark.django_db
HEAD = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
needs_data = pytest.mark.skipif(not RETAIL.is_file(), reason="the reference data is not here")


def test_lines_become_orders_and_minus_becomes_refunds(shop, tmp_path):
    text = HEAD + (
        "536365,85123A,LANTERN,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"
        "536365,71053,HEART ,2,2010-12-01 08:26:00,3.39,17850.0,United Kingdom\n"
        "536366,71053,,4,2010-12-02 10:00:00,3.39,,France\n"
        "536366,POST,,1,2010-12-02 10:00:00,0,,France\n"
        "C536370,85123A,LANTERN,-1,2010-12-03 09:00:00,2.55,17850.0,United Kingdom\n"
    )

    found = bring_text(tmp_path, "purchases", text)

    assert outcomes(found) == {"created": 4, "skipped": 1}
    assert found["reasons"] == {"no_value": 1}
    assert (found["customers"], found["orders"], found["cancelled_orders"]) == (1, 2, 1)
    assert (found["charged"], found["charged_known"]) == ("35.64", "22.08")
    assert (found["refunded"], found["refunded_known"]) == ("2.55", "2.55")
    order = Purchase.objects.get(key="order:536365")
    assert (order.charged, order.customer.external_id, order.lines.count()) == (Decimal("22.08"), "17850", 2)
    assert order.customer.country == "United Kingdom"
    assert order.customer.created_on == date(2010, 12, 1)
    assert Purchase.objects.get(key="order:536366").customer is None
    refund = Refund.objects.get()
    assert (refund.number, refund.amount, refund.purchase, refund.customer) == (
        "C536370",
        Decimal("2.55"),
        None,
        order.customer,
    )


def test_the_same_file_again_changes_nothing(shop, tmp_path):
    text = HEAD + (
        "1,A,Cup,1,2024-01-01,5,7,France\n1,A,Cup,1,2024-01-01,5,7,France\n1,B,Pot,-1,2024-01-01,9,7,France\n"
        ",A,Cup,2,2024-01-02,5,7,Spain\n,A,Cup,2,2024-01-02,5,7,Spain\n"
    )
    bring_text(tmp_path, "purchases", text)
    before = state()

    again = bring_text(tmp_path, "purchases", text)

    assert outcomes(again) == {"unchanged": 5}
    assert state() == before
    assert Purchase.objects.filter(key__startswith="row:").count() == 2  # Two honest equal sales.
    assert PurchaseLine.objects.filter(purchase__key="order:1").count() == 2


def test_a_corrected_file_corrects_the_order_as_a_whole(shop, tmp_path):
    bring_text(tmp_path, "purchases", HEAD + "1,A,Cup,1,2024-01-01,5,7,\n1,B,Pot,1,2024-01-01,20,7,\n")

    found = bring_text(
        tmp_path,
        "purchases",
        HEAD + "1,A,Cup,1,2024-01-01,5,7,\n1,B,Pot,2,2024-01-01,20,7,\n1,C,Lid,1,2024-01-01,1,7,\n",
    )

    order = Purchase.objects.get()
    assert outcomes(found) == {"created": 1, "updated": 1, "unchanged": 1}
    assert order.charged == Decimal(46)
    assert sorted(order.lines.values_list("product__sku", "quantity")) == [
        ("A", Decimal(1)),
        ("B", Decimal(2)),
        ("C", Decimal(1)),
    ]


def test_a_rejected_line_does_not_take_the_stored_one_away(shop, tmp_path):
    bring_text(tmp_path, "purchases", HEAD + "1,A,Cup,1,2024-01-01,5,7,\n1,B,Pot,1,2024-01-01,20,7,\n")

    found = bring_text(
        tmp_path, "purchases", HEAD + "1,A,Cup,1,2024-01-01,5,7,\n1,B,Pot,oops,2024-01-01,20,7,\n"
    )

    assert outcomes(found) == {"unchanged": 1, "rejected": 1}
    assert Purchase.objects.get().lines.count() == 2
    assert Purchase.objects.get().charged == Decimal(25)
    with open(found["error_file"], encoding="utf-8-sig") as file:
        rows = list(csv.reader(file))
    assert [row[1] for row in rows] == ["StockCode", "A", "B"]  # The whole order, to correct and bring again.
    assert rows[1][-1] == ""
    assert rows[2][-1].startswith("Quantity: This is not a number.")


def test_returns_under_an_old_order_number_are_linked_and_leave_its_lines(shop, tmp_path):
    bring_text(tmp_path, "purchases", HEAD + "1,A,Cup,3,2024-01-01,5,7,\n")

    found = bring_text(tmp_path, "purchases", HEAD + "1,A,Cup,-1,2024-02-01,5,7,\n")

    order = Purchase.objects.get()
    assert outcomes(found) == {"created": 1}
    assert (order.charged, order.refunded, order.lines.count()) == (Decimal(15), Decimal(5), 1)
    assert Refund.objects.get().purchase == order


def test_the_latest_dated_description_wins_whatever_the_order_of_rows(shop, tmp_path):
    rows = [
        "1,A,Old cup,1,2024-01-01,5,7,France",
        "2,A,New cup,1,2024-03-01,6,7,Spain",
        "3,A,Cup of spring,1,2024-02-01,5,7,Italy",
    ]

    bring_text(tmp_path, "purchases", HEAD + "\n".join(rows) + "\n")
    bring_text(tmp_path, "purchases", HEAD + rows[0] + "\n")

    assert Product.objects.get().name == "New cup"
    assert Product.objects.get().price == Decimal(6)
    assert Customer.objects.get().country == "Spain"


def test_order_values_status_and_failed_payments(shop, tmp_path):
    text = (
        "Order ID,Email,Date,Item,Qty,Unit price,Order total,Shipping,Status,Refunded amount,Cancelled at\n"
        "A1,ada@example.com,2024-01-01,Cup,2,5,12.50,2.50,paid,2.50,\n"
        "A1,,2024-01-01,Pot,1,,,,completed,,\n"
        "A2,li@example.com,2024-01-02,Cup,1,5.00,5.00,,cancelled,,2024-01-03\n"
        "A3,wu@example.com,2024-01-02,Cup,1,5.00,5.00,,failed,,\n"
    )

    found = bring_text(tmp_path, "purchases", text)

    assert outcomes(found) == {"created": 2, "skipped": 1, "rejected": 1}
    assert found["reasons"] == {"payment_failed": 1, "missing": 1}
    assert (found["charged"], found["refunded"], found["cancelled_orders"]) == ("17.50", "2.50", 1)
    first, second = Purchase.objects.order_by("number")
    assert (first.charged, first.shipping, first.refunded) == (
        Decimal("12.5"),
        Decimal("2.5"),
        Decimal("2.5"),
    )
    assert second.status == "cancelled"


def test_money_in_other_styles(shop, tmp_path):
    text = (
        "日期;会员号;商品名称;数量;单价\n31.12.2024;00042;茶壶;1;1.234,50\n30.12.2024;00042;茶杯;2;€ 0,50\n"
    )

    found = bring_text(tmp_path, "purchases", text)

    assert found["charged"] == "1235.50"
    assert found["mapping"] == {
        "日期": "bought_at",
        "会员号": "customer",
        "商品名称": "product",
        "数量": "quantity",
        "单价": "price",
    }
    assert Customer.objects.get().external_id == "00042"


def test_a_row_that_is_a_whole_purchase_counts_at_zero(shop, tmp_path):
    found = bring_text(
        tmp_path,
        "purchases",
        " 00004 19970101  2   29.33\n 00004 19970118  1   0.00\n",
        "--no-header",
        "--delimiter=whitespace",
        "--map=1=customer",
        "--map=2=bought_at",
        "--map=3=quantity",
        "--map=4=amount",
    )

    assert outcomes(found) == {"created": 2}
    assert found["charged"] == "29.33"
    assert sorted(Purchase.objects.values_list("charged", flat=True)) == [Decimal(0), Decimal("29.33")]


def test_somebody_is_found_by_address_and_then_gets_the_number(shop, tmp_path):
    bring_text(tmp_path, "customers", "Email,First name\nada@example.com,Ada\n")

    found = bring_text(
        tmp_path,
        "purchases",
        "Order ID,Date,Customer ID,Email,Amount\n"
        "1,2024-01-01,7,ADA@example.com,5\n2,2024-01-02,,ada@example.com,6\n",
    )

    ada = Customer.objects.get()
    assert (ada.external_id, ada.first_name) == ("7", "Ada")
    assert found["customers"] == 1
    assert ada.purchases.count() == 2


@needs_data
@pytest.mark.slow
@pytest.mark.once  # Every fifth order of it runs on each database.
def test_the_retail_file_comes_out_right_shuffled(shop, tmp_path):
    found = bring("purchases", shuffled(tmp_path))

    assert (found["rows"], found["rejected"], found["skipped"]) == (105_335, 0, 540)
    assert found["customers"] == 1_749
    assert (found["charged"], found["charged_known"]) == ("2038742.59", "1589296.28")
    assert (found["refunded"], found["refunded_known"]) == ("231722.66", "123071.73")
    assert found["cancelled_orders"] == 805


@needs_data
def test_every_fifth_order_of_the_retail_file_comes_out_the_same_in_any_order(shop, tmp_path, monkeypatch):
    monkeypatch.setattr(staging, "CHUNK", 1_000)
    monkeypatch.setattr(staging, "PER_BUCKET", 1_500)
    fifth, mixed = shuffled(tmp_path, among=5, seed=None), shuffled(tmp_path, among=5)
    first = bring("purchases", fifth)
    before = state()
    again = bring("purchases", fifth)
    assert state() == before
    for model in (Refund, PurchaseLine, Purchase, Product, Customer):
        model.objects.all().delete()

    bring("purchases", mixed)

    assert first["rows"] > 18_000
    assert first["cancelled_orders"] > 100
    assert again["unchanged"] + again["skipped"] == first["rows"]
    assert state() == before


def shuffled(tmp_path, *, among=1, seed=1):
    """The retail file's lines in another order; of all orders, or of one in five."""
    with gzip.open(RETAIL, "rt", encoding="utf-8", newline="") as file:
        header, *lines = file.readlines()
    lines = [line for line in lines if crc32(line.partition(",")[0].encode()) % among == 0]
    if seed is not None:
        random.Random(seed).shuffle(lines)
    path = tmp_path / f"retail-{seed}.csv"
    path.write_text(header + "".join(lines), encoding="utf-8", newline="")
    return path


@needs_data
def test_the_cdnow_file_comes_out_right(shop):
    found = bring(
        "purchases",
        DATA / "cdnow" / "CDNOW_sample.txt",
        "--no-header",
        "--delimiter=whitespace",
        "--map=2=customer",
        "--map=3=bought_at",
        "--map=4=quantity",
        "--map=5=amount",
    )

    assert (found["rows"], found["customers"], found["charged"]) == (6_919, 2_357, "244091.94")


def test_amounts_that_no_sum_could_hold_are_refused(shop, tmp_path):
    text = (
        "Order number,Bought at,E-mail,Product,Quantity,Unit price\n"
        "1,2026-05-01,ada@example.com,Tea,100,99999999\n"
        "2,2026-05-01,ada@example.com,Tea,101,99999999\n"
        "3,2026-05-01,ada@example.com,Tea,60,99999999\n"
        "3,2026-05-01,ada@example.com,Mug,60,99999999\n"
    )

    found = bring_text(tmp_path, "purchases", text)

    assert outcomes(found) == {"created": 1, "skipped": 2, "rejected": 1}
    assert found["reasons"] == {"too_large": 3}
    assert Purchase.objects.get().charged == 9999999900
