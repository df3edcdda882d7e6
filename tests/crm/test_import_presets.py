"""Exports of usual programs come in without a hand on their columns, and their sums are right."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pandas
import pytest
from django.core.management import CommandError

from crm.imports import presets
from crm.models import Business, Consent, Customer, Purchase, Rate, Refund, Suppression
from tests.crm.importing import bring, bring_text, outcomes
from tests.reference import DATA

pytestmark = pytest.mark.django_db
EXPORTS = DATA / "platform-exports"
needs_data = pytest.mark.skipif(not EXPORTS.is_dir(), reason="the reference data is not here")
STRIPE = (
    "id,Created date (UTC),Amount,Amount Refunded,Currency,Captured,Converted Amount,Converted Curre"
    "ncy,Status,Customer Email,Customer ID\n"
)
SQUARE = (
    "Date,Time,Time Zone,Gross Sales,Discounts,Net Sales,Gift Card Sales,Tax,Tip,Partial Refunds,Tot"
    "al Collected,Source,Card,Transaction ID,Payment ID,Event Type,Customer ID,Customer Name\n"
)
SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discou"
    "nt Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Cancelled at,R"
    "efunded Amount,Billing Name,Billing Country,Billing Phone,Phone\n"
)
MAILCHIMP = "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,LEID,EUID"


def table(name: str) -> pandas.DataFrame:
    return pandas.read_csv(EXPORTS / name, dtype=str, keep_default_na=False)


def money(column: pandas.Series) -> Decimal:
    return sum((Decimal(cell.replace("$", "").replace(",", "")) for cell in column if cell), Decimal(0))


@needs_data
def test_the_shopify_orders_of_2022_come_out_to_the_cent(shop):
    file = table("shopify_orders_2022_usd.csv")
    heads = file[file["Total"] != ""]

    found = bring("purchases", EXPORTS / "shopify_orders_2022_usd.csv")

    assert found["preset"] == "shopify-orders"
    assert (found["rows"], found["orders"], found["cancelled_orders"]) == (811, 409, 20)
    assert (found["charged"], found["refunded"]) == ("74498.44", "11336.30")
    assert (money(heads["Total"]), money(heads["Refunded Amount"])) == (
        Decimal("74498.44"),
        Decimal("11336.30"),
    )
    assert outcomes(found) == {"created": 811}
    assert Customer.objects.exclude(email="").count() == 296
    assert Business.current().currency == "USD"  # A shop without sales counts in its first file's currency.
    assert (
        Purchase.objects.filter(customer__email="").count() + Purchase.objects.filter(customer=None).count()
        <= 19
    )
    assert Purchase.objects.filter(customer=None).count() == 1  # Neither e-mail nor phone.
    order = Purchase.objects.get(number="#1411")
    assert (order.shipping, order.tax, order.discount, order.coupon, order.channel) == (
        Decimal(30),
        Decimal("20.02"),
        Decimal("63.60"),
        "CODE 1",
        "web",
    )
    assert order.bought_at.isoformat() == "2022-01-11T09:32:30+00:00"
    assert sum(Purchase.objects.values_list("refunded", flat=True)) == Decimal("11336.30")
    assert outcomes(bring("purchases", EXPORTS / "shopify_orders_2022_usd.csv")) == {"unchanged": 811}


@needs_data
def test_orders_without_any_address_are_matched_by_phone(shop):
    file = table("shopify_orders_2026_bdt.csv")

    found = bring("purchases", EXPORTS / "shopify_orders_2026_bdt.csv")

    assert (found["orders"], found["charged"], found["cancelled_orders"]) == (50, "89360.00", 12)
    assert found["charged"] == found["charged_known"]
    assert Purchase.objects.exclude(customer=None).count() == 50
    assert found["customers"] == file["Phone"].nunique()
    assert Customer.objects.filter(phone__startswith="+880").count() == found["customers"]


@needs_data
@pytest.mark.parametrize(
    ("name", "preset", "total", "orders"),
    [
        ("stripe_payments_2024_21col.csv", "stripe-payments", "Amount", 6),
        ("square_transactions.csv", "square-transactions", "Total Collected", 2),
        ("square_items.csv", "square-items", "Net Sales", 1),
        ("woocommerce_orders_fixture.csv", "woocommerce-orders", "order_total", 50),
    ],
)
def test_each_sample_needs_no_hand(shop, name, preset, total, orders):
    wanted = money(table(name)[total])

    found = bring("purchases", EXPORTS / name)

    assert (found["preset"], found["orders"], Decimal(found["charged"])) == (preset, orders, wanted)
    assert found["created"] == found["rows"]


@needs_data
def test_a_mailchimp_list_brings_evidence_of_consent(shop):
    found = bring("customers", EXPORTS / "mailchimp_subscribed_2015.csv")

    evidence = Consent.objects.get()
    assert (found["preset"], found["created"]) == ("mailchimp-subscribed", 1)
    assert (evidence.action, evidence.at.isoformat()) == ("granted", "2015-03-16T14:40:47+00:00")
    assert evidence.customer.email_consent == "granted"


def headers() -> list[tuple[str, list[str]]]:
    if not EXPORTS.is_dir():
        return []
    lines = (EXPORTS / "header_rows.txt").read_text(encoding="utf-8").splitlines()
    return [
        (line[3:].split("[")[0].strip(), next(csv.reader([lines[number + 1]])))
        for number, line in enumerate(lines)
        if line.startswith("## ")
    ]


@needs_data
@pytest.mark.parametrize(("title", "columns"), headers())
def test_each_known_header_is_recognised_whatever_its_order_and_extras(title, columns):
    platform = next(
        word for word in ("shopify", "stripe", "square", "woocommerce", "mailchimp") if word in title.lower()
    )
    kind = next(
        (word for word in ("customers", "orders", "payments", "items", "transactions") if word in title), ""
    )

    for variant in (columns, columns[::-1], [*columns, "Own column"], columns[: len(columns) * 4 // 5]):
        found = presets.recognise(variant, "purchases")

        assert found is not None
        assert found.name.startswith(platform)
        assert kind in found.name


def test_a_file_of_no_program_is_no_preset():
    assert presets.recognise(["Invoice", "Date", "Amount", "Customer"], "purchases") is None
    assert presets.recognise(["Name", "Email", "Phone", "City"], "customers") is None


def test_payments_that_failed_or_were_never_collected_sold_nothing(shop, tmp_path):
    text = STRIPE + (
        "ch_1,2024-02-04 23:30:00,40.00,0.00,eur,true,40.00,eur,Paid,A@x.example,cus_1\n"
        "ch_2,2024-02-04 16:17:09,40.00,0.00,eur,false,40.00,eur,Failed,a@x.example,cus_1\n"
        "ch_3,2024-02-04 16:17:09,50.00,12.50,eur,true,50.00,eur,Refunded,,cus_1\n"
        "ch_4,2024-02-04 16:17:09,100.00,0.00,usd,true,90.00,eur,Paid,b@x.example,\n"
    )

    found = bring_text(tmp_path, "purchases", text)

    assert (found["orders"], found["skipped"], found["charged"], found["refunded"]) == (
        3,
        1,
        "180.00",
        "12.50",
    )
    foreign = Purchase.objects.get(number="ch_4")
    assert (foreign.own_charged, foreign.currency, foreign.rate, foreign.charged) == (
        100,
        "USD",
        Decimal("0.9"),
        90,
    )
    assert Purchase.objects.get(number="ch_1").bought_at.isoformat() == "2024-02-04T23:30:00+00:00"
    assert Customer.objects.filter(email="a@x.example").count() == 1


def test_square_refunds_brackets_and_time_zones(shop, tmp_path):
    text = SQUARE + (
        '11/15/2017,21:18:15,Pacific Time (US & Canada),"$1,234.00",($34.00),"$1,'
        '200.00",$0.00,$96.00,$4.00,$0.00,"$1,300.00",PoS,$0.00,T1,P1,Payment,C1,Ada\n'
        "11/16/2017,09:00:00,Eastern Time (US & Canada),($10.00),$0.00,($10.00),"
        "$0.00,$0.00,$0.00,$0.00,($10.00),PoS,$0.00,T2,P2,Refund,C1,Ada\n"
        "11/17/2017,09:00:00,Eastern Time (US & Canada),$20.00,$0.00,$20.00,$0.00,"
        "$0.00,$0.00,($5.00),$15.00,PoS,$0.00,T3,P3,Payment,C1,Ada\n"
    )

    found = bring_text(tmp_path, "purchases", text)

    assert (found["orders"], found["charged"], found["refunded"]) == (2, "1320.00", "15.00")
    sale = Purchase.objects.get(number="T1")
    assert sale.bought_at.isoformat() == "2017-11-16T05:18:15+00:00"
    assert (sale.discount, sale.tax) == (34, 96)
    assert Refund.objects.get(number="T2").refunded_at.isoformat() == "2017-11-16T14:00:00+00:00"


def test_an_expired_order_is_left_out_whole_and_a_gift_line_does_not_hide_the_total(shop, tmp_path):
    text = SHOPIFY + (
        "#1,a@x.example,paid,,EUR,10,2,1,13.00,,0,2022-01-01 10:00:00 -0500,1,Sticker,0.00,S,,0.00,Ada,DE,,\n"
        "#1,a@x.example,,,,,,,,,,2022-01-01 10:00:00 -0500,1,Cup,10.00,C,,,,,,\n"
        "#2,b@x.example,expired,,EUR,5,0,0,5.00,,0,2022-01-02 10:00:00 -0500,1,Cup,5.00,C,,0.00,Bo,DE,,\n"
        "#2,b@x.example,,,,,,,,,,2022-01-02 10:00:00 -0500,1,Lid,5.00,L,,,,,,\n"
        "#3,,paid,,EUR,5,0,0,5.00,,0,2022-01-02 10:00:00 -0500,1,Cup,5.00,C,,0.00,Cy,DE,12,030 901820\n"
    )

    found = bring_text(tmp_path, "purchases", text)

    assert (found["orders"], found["charged"], found["reasons"]) == (2, "18.00", {"payment_failed": 2})
    assert outcomes(found) == {"created": 3, "skipped": 2}
    assert Purchase.objects.get(number="#1").lines.count() == 2
    assert Purchase.objects.get(number="#3").customer.phone == "+4930901820"


@pytest.mark.parametrize(
    ("columns", "reason"),
    [("UNSUB_TIME,UNSUB_REASON", "unsubscribed"), ("CLEAN_TIME,CLEAN_CAMPAIGN_TITLE", "bounced")],
)
def test_unsubscribed_and_cleaned_people_get_no_mail(shop, tmp_path, columns, reason):
    Customer.objects.create(email="ada@x.example", email_consent="granted")
    text = f"{MAILCHIMP},{columns}\nADA@x.example,Ada,2,,2015-03-16 14:40:47,1,2,2016-01-02 03:04:05,x\n"

    found = bring_text(tmp_path, "customers", text)

    ada = Customer.objects.get()
    assert (found["preset"], found["updated"]) == (
        f"mailchimp-{'unsubscribed' if reason == 'unsubscribed' else 'cleaned'}",
        1,
    )
    assert (Suppression.objects.get().reason, ada.suppressed_at.isoformat()) == (
        reason,
        "2016-01-02T03:04:05+00:00",
    )
    assert not Customer.objects.contactable().exists()
    assert outcomes(bring_text(tmp_path, "customers", text)) == {"unchanged": 1}


def test_a_plain_list_of_addresses_is_kept_from_mail_and_makes_no_customers(shop, tmp_path):
    Customer.objects.create(email="ada@x.example", email_consent="granted")

    found = bring_text(
        tmp_path, "customers", "email\nada@x.example\nnobody@x.example\n", "--suppress", "bounced"
    )

    assert outcomes(found) == {"created": 2}
    assert Customer.objects.count() == 1
    assert Suppression.objects.filter(reason="bounced").count() == 2
    assert not Customer.objects.contactable().exists()


LINES = "order,bought_at,amount,currency,email\n"


def test_a_foreign_currency_asks_for_its_rate_and_keeps_its_own_amount(shop, tmp_path):
    bring_text(tmp_path, "purchases", LINES + "1,2024-01-01,10,EUR,a@x.example\n")
    foreign = LINES + "2,2024-01-05,100,USD,a@x.example\n3,2024-03-05,100,USD,a@x.example\n"

    with pytest.raises(CommandError, match=r"1 USD worth in EUR.*--rate"):
        bring_text(tmp_path, "purchases", foreign)
    assert Purchase.objects.count() == 1
    Rate.objects.create(currency="USD", valid_from="2024-01-01", rate="0.9")
    Rate.objects.create(currency="USD", valid_from="2024-02-01", rate="0.8")
    found = bring_text(tmp_path, "purchases", foreign)

    assert found["charged"] == "170.00"
    stored = Purchase.objects.order_by("number").values_list("charged", "own_charged", "rate")[1:]
    assert list(stored) == [(90, 100, Decimal("0.9")), (80, 100, Decimal("0.8"))]
    assert outcomes(bring_text(tmp_path, "purchases", foreign, "--rate", "USD=0.5")) == {"unchanged": 2}


def test_the_file_in_one_foreign_currency_takes_the_rate_it_is_told(shop, tmp_path):
    bring_text(tmp_path, "purchases", LINES + "1,2024-01-01,10,EUR,a@x.example\n")

    found = bring_text(tmp_path, "purchases", LINES + "2,2024-01-05,100,GBP,\n", "--rate", "GBP=1.2")

    assert (found["charged"], Business.current().currency) == ("120.00", "EUR")


def test_a_reversed_line_of_a_foreign_order_is_refunded_in_the_shops_currency(shop, tmp_path):
    Purchase.objects.create(key="till:1", bought_at="2024-01-01T00:00Z", charged=1)
    head = "order,bought_at,sku,quantity,price,currency,order_total,refunded\n"

    bring_text(tmp_path, "purchases", head + "7,2024-01-01,A,2,10,USD,20,5\n", "--rate", "USD=0.5")

    order = Purchase.objects.get(number="7")
    assert (order.charged, order.refunded, order.own_charged) == (10, Decimal("2.5"), 20)
    assert (order.lines.get().amount, Refund.objects.get().amount) == (10, Decimal("2.5"))


def test_a_list_of_customers_is_not_taken_for_purchases(shop, tmp_path):
    header = "First Name,Last Name,Email,Accepts Email Marketing,Total Spent,Total Orders,Tax Exempt,Tags\n"

    with pytest.raises(CommandError, match="list of customers"):
        bring_text(tmp_path, "purchases", header + "Ada,B,a@x.example,yes,5,1,no,\n")

    assert bring_text(tmp_path, "customers", header + "Ada,B,a@x.example,yes,5,1,no,vip\n")["created"] == 1


def test_headers_of_a_woocommerce_report_in_other_languages(shop, tmp_path):
    out = io.StringIO()
    csv.writer(out).writerow(
        ["日期", "订单", "净收入", "状态", "客户", "客户类型", "产品", "已售商品", "优惠券"]
    )
    csv.writer(out).writerow(
        ["2024-05-06 10:00:00", "17", "12.50", "completed", "王小明", "new", "茶", "1", ""]
    )

    found = bring_text(tmp_path, "purchases", out.getvalue())

    assert (found["preset"], found["orders"], found["charged"]) == (
        "woocommerce-analytics-orders",
        1,
        "12.50",
    )
