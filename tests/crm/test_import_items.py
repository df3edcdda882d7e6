"""Several items in one cell become lines of their order."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crm.imports import intake, items, rehearsing
from crm.imports.parsing import Bad
from crm.models import Product, Purchase, PurchaseLine
from tests.crm.importing import bring_text, outcomes

WOO = (
    "id:7|name:Green: tea|product_id:3|sku:T-1|quantity:2|subtotal:10.00|total:9.00|tax:0.00; "
    "name:Mug|quantity:1|total:5.50"
)


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("Tea x2; Mug x1", [("Tea", 2), ("Mug", 1)]),
        ("2 × Tea, 1 × Mug", [("Tea", 2), ("Mug", 1)]),
        ("2× Green tea, loose, 1× Mug", [("Green tea, loose", 2), ("Mug", 1)]),
        ("Tea x2, Mug x1", [("Tea", 2), ("Mug", 1)]),
        ("Tea\nMug", [("Tea", 1), ("Mug", 1)]),
        ("Tea | Mug (3)", [("Tea", 1), ("Mug", 3)]),
        ("绿茶×2；杯子×1", [("绿茶", 2), ("杯子", 1)]),
        ("绿茶*2、杯子*1", [("绿茶", 2), ("杯子", 1)]),
        ("Tea, loose", [("Tea, loose", 1)]),
        ("Xylophone x2", [("Xylophone", 2)]),
        ("4x4 toy car; Mug", [("4x4 toy car", 1), ("Mug", 1)]),
        ("Mug 0.5 l x 3", [("Mug 0.5 l", 3)]),
        (WOO, [("Green: tea", 2), ("Mug", 1)]),
        ('[{"name": "Tea", "qty": 2}, {"title": "Mug"}]', [("Tea", 2), ("Mug", 1)]),
        ('{"items": [{"product_name": "Tea", "quantity": "2"}]}', [("Tea", 2)]),
        ('["Tea x2", "Mug"]', [("Tea", 2), ("Mug", 1)]),
    ],
)
def test_the_items_of_a_cell(cell, wanted):
    assert [(one.name, one.quantity) for one in items.parse(cell)] == wanted


def test_numbers_prices_and_totals_are_read_where_they_stand():
    tea, mug = items.parse(WOO)

    assert (tea.sku, tea.amount, mug.amount) == ("T-1", Decimal("9.00"), Decimal("5.50"))
    assert items.parse("Tea x2 @ 4.50")[0].price == Decimal("4.50")


@pytest.mark.parametrize(
    "cell", ["[1, 2]", '[{"qty": 2}]', "[[", "0 x Tea", '[{"name": "Tea", "qty": "two"}]', ";", "x" * 40_000]
)
def test_what_is_no_list_of_items_is_said_to_be_none(cell):
    with pytest.raises(Bad):
        items.parse(cell)


def test_money_that_no_item_names_is_shared_by_pieces_to_the_cent():
    found = items.lines(items.parse("Tea x2; Mug x1; Pot x1 @ 5"), Decimal(15))

    assert [line.amount for line in found] == [Decimal("6.67"), Decimal("3.33"), Decimal(5)]
    assert [line.price for line in found] == [None, None, Decimal(5)]
    assert items.lines(items.parse("Tea x2"), None) == []


HEADER = "Order number,Bought at,E-mail,Bought,Order total\n"
MAPPED = ("--map", "Bought=items")


@pytest.mark.django_db
def test_one_row_becomes_an_order_with_its_lines_and_stays_one_row(shop, tmp_path):
    text = (
        HEADER + "7,2026-05-01,ada@example.com,Tea x2; Mug x1,15.00\n8,2026-05-02,ada@example.com,Mug,5.00\n"
    )

    found = bring_text(tmp_path, "purchases", text, *MAPPED)

    assert outcomes(found) == {"created": 2}
    assert (found["rows"], found["orders"], found["charged"]) == (2, 2, "20.00")
    first = Purchase.objects.get(number="7")
    lines = first.lines.order_by("pk").values_list("product__name", "quantity", "amount")
    assert list(lines) == [("Tea", 2, 10), ("Mug", 1, 5)]
    assert Product.objects.get(name="Tea").price is None  # Shared out, so nobody knows it.
    assert outcomes(bring_text(tmp_path, "purchases", text, *MAPPED)) == {"unchanged": 2}
    other = text.replace("Mug x1", "Mug x1; Pot x1")
    assert outcomes(bring_text(tmp_path, "purchases", other, *MAPPED)) == {"updated": 1, "unchanged": 1}
    assert first.lines.count() == 3
    assert Purchase.objects.get(number="7").charged == 15


@pytest.mark.django_db
def test_rows_without_order_number_prices_within_and_refunds(shop, tmp_path):
    text = (
        "Bought at,E-mail,Bought,Amount\n"
        '2026-05-01,ada@example.com,"Tea x2 @ 4.50; Mug x1 @ 6",\n'
        "2026-05-01,ada@example.com,Tea x1; Mug x1,10\n"
        "2026-05-03,ada@example.com,Tea x1; Mug x1,-10\n"
        "2026-05-03,ada@example.com,Tea x1; Mug x1,\n"
    )

    found = bring_text(tmp_path, "purchases", text, *MAPPED)

    assert outcomes(found) == {"created": 3, "rejected": 1}
    assert found["reasons"] == {"missing": 1}
    assert (found["charged"], found["refunded"]) == ("25.00", "10.00")
    assert PurchaseLine.objects.count() == 4
    assert Product.objects.get(name="Tea").price == Decimal("4.50")


@pytest.mark.django_db
def test_woocommerce_columns_of_one_item_each_and_reports_come_in_by_themselves(shop, tmp_path):
    columns = (
        "order_number,order_date,status,order_total,order_currency,customer_email,billing_first_name,"
        "payment_method,shipping_total,tax_total,line_item_1,line_item_2\n"
    )
    row = "9,2026-05-01 10:00:00,completed,14.50,EUR,ada@example.com,Ada,cod,0,0,{0},{1}\n"
    one, two = "name:Tea|quantity:2|total:9.00", "name:Mug|quantity:1|total:5.50"

    found = bring_text(tmp_path, "purchases", columns + row.format(one, two))
    report = (
        "Date,Order #,N. Revenue (formatted),Status,Customer,Customer type,Product(s),Items sold,Coupon(s),"
        "N. Revenue,Attribution\n"
        '2026-05-02 10:00:00,10,€12.00,completed,Ada Byron,new,"2× Tea, 1× Mug",3,,12.00,Direct\n'
    )
    second = bring_text(tmp_path, "purchases", report)

    assert (found["preset"], found["charged"]) == ("woocommerce-orders", "14.50")
    assert (second["preset"], second["charged"]) == ("woocommerce-analytics-orders", "12.00")
    names = PurchaseLine.objects.order_by("pk").values_list("product__name", "quantity", "amount")
    assert list(names) == [("Tea", 2, 9), ("Mug", 1, Decimal("5.50")), ("Tea", 2, 8), ("Mug", 1, 4)]


@pytest.mark.django_db
def test_the_check_shows_what_became_of_the_first_cells(shop, owner_client):
    text = (
        "Order number,Bought at,Bought,Order total\n7,2026-05-01,Tea x2; Mug x1,15.00\n8,2026-05-01,[[,5.00\n"
    )
    batch = intake.take([text.encode()], "a.csv", "purchases", options={"told": {"Bought": "items"}})
    intake.understand(batch)

    found = rehearsing.rehearse(intake.check(batch))
    page = owner_client.get(f"/imports/{batch.pk}/check/").content.decode()

    assert found.items == [("Tea x2; Mug x1", ["2 × Tea", "1 × Mug"])]
    assert "2 × Tea" in page
    assert found.rejected == 1
