"""Exports of further programs, by the headers that they document, need no hand on their columns."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crm.imports import presets
from crm.models import Business, Customer, Purchase, Suppression
from tests.crm.importing import bring_text, outcomes

pytestmark = pytest.mark.django_db
HEADERS = {
    "paypal-activity": '"Date","Time","TimeZone","Name","Type","Status","Currency","Gross","Fee","Net",'
    '"From Email Address","To Email Address","Transaction ID","Shipping Address","Address Status",'
    '"Item Title","Item ID","Shipping and Handling Amount","Insurance Amount","Sales Tax","Reference Txn ID",'
    '"Invoice Number","Custom Number","Quantity","Receipt ID","Balance",'
    '"Country","Contact Phone Number","Balance Impact"',
    "etsy-orders": "Sale Date,Order ID,Buyer User ID,Full Name,First Name,Last Name,Number of Items,"
    "Payment Method,Date Shipped,Street 1,Street 2,Ship City,Ship State,Ship Zipcode,Ship Country,Currency,"
    "Order Value,Coupon Code,Coupon Details,Discount Amount,Shipping Discount,Shipping,Sales Tax,Order Total,"
    "Status,Card Processing Fees,Order Net,Adjusted Order Total,Buyer,Order Type,Payment Type,SKU",
    "etsy-items": "Sale Date,Item Name,Buyer,Quantity,Price,Coupon Code,Coupon Details,Discount Amount,"
    "Shipping Discount,Order Shipping,Order Sales Tax,Item Total,Currency,Transaction ID,Listing ID,"
    "Date Paid,Date Shipped,Ship Name,Ship Address1,Ship City,Ship Country,Order ID,Variations,"
    "Order Type,SKU",
    "gumroad-sales": "Purchase ID,Item Name,Buyer Name,Purchase Email,Buyer Email,Do not contact?,"
    "Purchase Date,Purchase Time (UTC timezone),Subtotal ($),Taxes ($),Tax Type,Shipping ($),"
    "Sale Price ($),Fees ($),"
    "Net Total ($),City,Country,Refunded?,Partial Refund ($),Fully Refunded?,Discount Code,Recurring Charge?,"
    "Product ID,Order Number,Quantity",
    "teachable-sales": "id,purchased_at,course_name,final_price,earnings_usd,coupon,user_id,sale_id",
    "klaviyo-profiles": "Email,Klaviyo ID,First Name,Last Name,Phone Number,City,Country,Source,"
    "Profile Created On,Last Active,Email Marketing Consent,Email Marketing Consent Timestamp,"
    "Email Suppressions",
    "hubspot-contacts": "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Lead Status,"
    "Marketing contact status,Create Date,Lifecycle Stage,City,Country/Region,Unsubscribed from all email",
    "stripe-activity": "balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,"
    "reporting_category,source_id,description,charge_id,payment_intent_id,customer_id,customer_email,customer_name",
}


def test_each_header_is_known_whatever_its_order():
    found = {}
    for name, header in HEADERS.items():
        columns = header.replace('"', "").split(",")
        kind = presets.known()[name].kind
        found[name] = {
            getattr(presets.recognise(some, kind), "name", None)
            for some in (columns, columns[::-1], [*columns, "Own column"])
        }

    assert found == {name: {name} for name in HEADERS}


def bring(tmp_path, name, *rows, **options):
    """A file of this header, its rows given as {header: cell}."""
    columns = HEADERS[name].replace('"', "").split(",")
    lines = [",".join(f'"{row.get(column, "")}"' for column in columns) for row in rows]
    return bring_text(tmp_path, presets.known()[name].kind, "\n".join([HEADERS[name], *lines, ""]))


def test_paypal_sales_and_refunds_are_told_from_other_movements(shop, tmp_path):
    shared = {
        "Date": "14/05/2026",
        "Time": "10:00:00",
        "TimeZone": "UTC",
        "Currency": "EUR",
        "Status": "Completed",
    }
    found = bring(
        tmp_path,
        "paypal-activity",
        shared | {"Type": "Express Checkout Payment", "Gross": "20.00", "Transaction ID": "A1",
                  "Name": "Ada Byron", "From Email Address": "ada@example.com", "Item Title": "Tea"},
        shared | {"Type": "Payment Refund", "Gross": "-5.00", "Transaction ID": "A2",
                  "Reference Txn ID": "A1"},
        shared | {"Type": "General Withdrawal", "Gross": "-100.00", "Transaction ID": "A3"},
        shared | {"Type": "General Currency Conversion", "Gross": "7.00", "Transaction ID": "A4"},
        shared | {"Type": "Website Payment", "Status": "Denied", "Gross": "9.00", "Transaction ID": "A5"},
        shared | {"Type": "General Payment", "Gross": "-30.00", "Transaction ID": "A6"},
    )  # fmt: skip

    assert (found["preset"], outcomes(found)) == ("paypal-activity", {"created": 2, "skipped": 4})
    assert found["reasons"] == {"no_sale": 3, "payment_failed": 1}
    order = Purchase.objects.get()
    assert (order.number, order.charged, order.refunded) == ("A1", 20, 5)
    assert order.customer.email == "ada@example.com"
    assert order.bought_at.isoformat() == "2026-05-14T10:00:00+00:00"


def test_etsy_orders_and_their_items_are_the_same_orders(shop, tmp_path):
    first = bring(
        tmp_path,
        "etsy-orders",
        {"Sale Date": "05/14/26", "Order ID": "31", "Buyer User ID": "adab", "First Name": "Ada",
         "Last Name": "Byron", "Ship Country": "United Kingdom", "Currency": "GBP",
         "Shipping": "3.00", "Order Total": "21.00",
         "Adjusted Order Total": "0.00"},
    )  # fmt: skip
    second = bring(
        tmp_path,
        "etsy-items",
        *(
            {"Sale Date": "05/14/26", "Item Name": name, "Buyer": "adab", "Quantity": n, "Price": price,
             "Order Shipping": "3.00", "Currency": "GBP", "Order ID": "31"}
            for name, n, price in (("Tea", "2", "5.00"), ("Mug", "1", "8.00"))
        ),
    )  # fmt: skip

    assert (first["preset"], second["preset"]) == ("etsy-orders", "etsy-items")
    assert (first["charged"], Business.current().currency) == ("21.00", "GBP")
    order = Purchase.objects.get()
    assert (order.customer.external_id, order.customer.country) == ("adab", "United Kingdom")
    assert list(order.lines.order_by("pk").values_list("product__name", "amount")) == [
        ("Tea", 10),
        ("Mug", 8),
    ]


def test_gumroad_sales_count_in_dollars_and_its_totals_are_no_sale(shop, tmp_path):
    sale = {"Item Name": "Course", "Purchase Email": "ada@example.com", "Sale Price ($)": "49.0",
            "Quantity": "1", "Purchase Time (UTC timezone)": "2026-05-14 10:00:00 UTC",
            "Partial Refund ($)": "0.0"}  # fmt: skip
    found = bring(
        tmp_path,
        "gumroad-sales",
        sale | {"Purchase ID": "p1", "Fully Refunded?": "0"},
        sale | {"Purchase ID": "p2", "Fully Refunded?": "1"},
        sale | {"Purchase ID": "p3", "Fully Refunded?": "0", "Partial Refund ($)": "9.0"},
        {"Purchase ID": "Totals", "Sale Price ($)": "147.0"},
    )

    assert (found["preset"], outcomes(found)) == ("gumroad-sales", {"created": 3, "skipped": 1})
    assert (found["charged"], found["refunded"]) == ("147.00", "58.00")
    assert Business.current().currency == "USD"


def test_teachable_and_stripe_activity(shop, tmp_path):
    course = bring(
        tmp_path,
        "teachable-sales",
        {"id": "1", "purchased_at": "2026-05-14 10:00:00", "course_name": "Brewing", "final_price": "30.00",
         "user_id": "77", "sale_id": "900"},
    )  # fmt: skip
    moved = {"created_utc": "2026-05-15 09:00:00", "currency": "eur", "charge_id": "ch_1"}
    stripe = bring(
        tmp_path,
        "stripe-activity",
        moved | {"gross": "40.00", "reporting_category": "charge", "customer_email": "bo@example.com"},
        moved | {"gross": "-15.00", "reporting_category": "refund"},
        moved | {"gross": "-25.00", "reporting_category": "payout", "charge_id": ""},
    )

    assert (course["preset"], course["charged"]) == ("teachable-sales", "30.00")
    assert (stripe["preset"], stripe["charged"], stripe["refunded"]) == ("stripe-activity", "40.00", "15.00")
    assert stripe["reasons"] == {"no_sale": 1}
    assert Purchase.objects.get(number="ch_1").refunded == Decimal(15)


def test_contacts_of_klaviyo_and_hubspot_keep_their_word_about_mails(shop, tmp_path):
    asked = {
        "Email Marketing Consent Timestamp": "2026-01-02 03:04:05",
        "Profile Created On": "2025-12-01 10:00:00",
    }
    klaviyo = bring(
        tmp_path,
        "klaviyo-profiles",
        asked | {"Email": "ada@example.com", "Klaviyo ID": "01H", "Email Marketing Consent": "SUBSCRIBED"},
        {"Email": "bo@example.com", "Klaviyo ID": "01J", "Email Marketing Consent": "NEVER_SUBSCRIBED"},
        asked | {"Email": "cy@example.com", "Klaviyo ID": "01K", "Email Marketing Consent": "UNSUBSCRIBED"},
    )
    shared = {"Lifecycle Stage": "Customer", "Create Date": "2026-01-02 10:00"}
    hubspot = bring(
        tmp_path,
        "hubspot-contacts",
        shared | {"Record ID": "151", "Email": "di@example.com", "Unsubscribed from all email": "true"},
        shared | {"Record ID": "152", "Email": "ed@example.com", "Unsubscribed from all email": "false"},
    )

    assert (klaviyo["preset"], hubspot["preset"]) == ("klaviyo-profiles", "hubspot-contacts")
    assert dict(Customer.objects.values_list("email", "email_consent")) == {
        "ada@example.com": "granted", "bo@example.com": "unknown", "cy@example.com": "withdrawn",
        "di@example.com": "withdrawn", "ed@example.com": "unknown",
    }  # fmt: skip
    assert Suppression.objects.count() == 2
    assert not Customer.objects.exclude(external_id=None).exists()
    assert "Klaviyo ID" in klaviyo["ignored"]


def test_shopify_orders_without_lines_are_whole_purchases(shop, tmp_path):
    text = "Name,Email,Financial Status,Fulfillment Status,Accepts Marketing,Currency,Total,Discount Code,"
    text += "Created at\n"
    found = bring_text(
        tmp_path, "purchases", text + "#1,ada@example.com,paid,,no,EUR,12.00,,2026-05-14 10:00:00 +0000\n"
    )

    assert (found["preset"], found["charged"], outcomes(found)) == ("shopify-orders", "12.00", {"created": 1})
