"""Subscriptions from the files of shops and payment services: whose, what for, and when they renew."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.utils import timezone

from crm import subscriptions
from crm.imports import presets, rhythms
from crm.models import Customer, Interaction, Product, Purchase, Subscription
from tests.crm.importing import bring_text, outcomes

pytestmark = pytest.mark.django_db
STRIPE = (
    "id,Customer ID,Customer Description,Customer Email,Plan,Product,Quantity,Currency,Interval,Amount,"
    "Status,Created (UTC),Start Date (UTC),Current Period Start (UTC),Current Period End (UTC),"
    "Trial Start (UTC),"
    "Trial End (UTC),Canceled At (UTC),Ended At (UTC),Cancel At Period End"
)
SHOPIFY = (
    "handle,upcoming_billing_date,customer_id,currency_code,status,cadence_interval,cadence_interval_count,"
    "customer_payment_method_id,delivery_method_type,line_variant_id,line_quantity,line_current_price,"
    "line_selling_plan_name"
)
RECHARGE = (
    "subscription_id,customer_email,product_title,sku,quantity,recurring_price,status,order_interval_unit,"
    "order_interval_frequency,next_charge_date,created_at,cancelled_at,cancellation_reason"
)
WOO = (
    "subscription_id,subscription_status,customer_id,start_date,trial_end_date,next_payment_date,"
    "last_payment_date,cancelled_date,end_date,billing_period,billing_interval,order_total,order_currency,"
    "billing_email,billing_first_name,billing_last_name,order_items"
)


def found() -> list[tuple]:
    rows = Subscription.objects.order_by("key").select_related("customer", "product")
    return [
        (one.key, one.customer.email, one.product.name, one.amount, one.interval, one.renews_on, one.state)
        for one in rows
    ]


def test_each_header_is_known_whatever_its_order_and_kind(shop, tmp_path):
    names = {}
    for name, header in (
        ("stripe", STRIPE),
        ("shopify", SHOPIFY),
        ("recharge", RECHARGE),
        ("woocommerce", WOO),
    ):
        columns = header.split(",")
        for some in (columns, columns[::-1], [*columns, "Own column"]):
            names.setdefault(name, set()).add(getattr(presets.recognise(some, "subscriptions"), "name", ""))

    assert names == {name: {f"{name}-subscriptions"} for name in names}


def test_stripe_shopify_recharge_and_woocommerce_files_come_in_as_they_are(shop, tmp_path):
    stripe = (
        f"{STRIPE}\nsub_1,cus_1,Ada,ada@tea.example,price_1,Tea box,1,usd,month,19.90,active,"
        "2025-01-31 08:00,2025-01-31 08:00,2026-01-31 08:00,2026-02-28 08:00,,,,,false\n"
        "sub_2,cus_2,Bo,bo@tea.example,price_2,Club,1,usd,year,99,canceled,2025-01-01 08:00,2025-01-01 08:00,"
        "2025-01-01 08:00,2026-01-01 08:00,,,2025-06-05 10:00,2025-06-05 10:00,false\n"
        "sub_3,cus_3,Cy,cy@tea.example,price_2,Club,1,usd,year,99,incomplete,2025-01-01 08:00,"
        "2025-01-01 08:00,2025-01-01 08:00,2026-01-01 08:00,,,,,false\n"
    )
    shopify = (
        f"{SHOPIFY}\nc1,2026-03-01,7001,USD,ACTIVE,WEEK,2,pm,SHIPPING,8101,2,4.50,Two weeks\n"
        "c1,,,,,,,,,8102,1,3.00,\n"
    )
    recharge = (
        f"{RECHARGE}\n55,dee@tea.example,Oolong,OO-1,1,12.00,ACTIVE,month,3,2026-04-05,2025-04-05,,\n"
        "56,dee@tea.example,Mate,MA-1,1,8.00,CANCELLED,month,1,,2025-04-05,2025-09-01,Too much tea\n"
    )
    woo = (
        f"{WOO}\n91,wc-on-hold,5,2025-02-03,,2026-05-03,2025-04-03,,,month,1,30.00,USD,"
        "eve@tea.example,Eve,Li,Mug\n"
    )

    answers = [
        bring_text(tmp_path, "subscriptions", text, name=f"{n}.csv")
        for n, text in enumerate((stripe, shopify, recharge, woo))
    ]

    assert [outcomes(one) for one in answers] == [
        {"created": 2, "skipped": 1},
        {"created": 2},
        {"created": 2},
        {"created": 1},
    ]
    assert found() == [
        ("55", "dee@tea.example", "Oolong", Decimal(12), "quarter", date(2026, 4, 5), "active"),
        ("56", "dee@tea.example", "Mate", Decimal(8), "month", date(2025, 4, 5), "cancelled"),
        ("91", "eve@tea.example", "Mug", Decimal(30), "month", date(2026, 5, 3), "paused"),
        ("c1", "", "8101", Decimal(9), "fortnight", date(2026, 3, 1), "active"),
        ("c1#2", "", "8102", Decimal(3), "fortnight", date(2026, 3, 1), "active"),
        ("sub_1", "ada@tea.example", "Tea box", Decimal("19.90"), "month", date(2026, 2, 28), "active"),
        ("sub_2", "bo@tea.example", "Club", Decimal(99), "year", date(2026, 1, 1), "cancelled"),
    ]
    assert Subscription.objects.get(key="56").reason == "Too much tea"
    assert Subscription.objects.get(key="sub_2").state_at.isoformat() == "2025-06-05T10:00:00+00:00"
    assert not Subscription.objects.filter(renews_itself=True).exists()


PLAIN = "email,product,amount,how often,next renewal\nada@tea.example,Box,5,monthly,2026-12-31\n"


def test_the_next_file_moves_the_day_and_states_and_the_same_one_changes_nothing(shop, tmp_path):
    options = ("--map", "how often=interval")
    first = bring_text(tmp_path, "subscriptions", PLAIN, *options)
    again = bring_text(tmp_path, "subscriptions", PLAIN, *options)
    moved = bring_text(tmp_path, "subscriptions", PLAIN.replace("2026-12-31", "2027-01-31"), *options)
    text = PLAIN.replace("renewal", "renewal,status").replace("2026-12-31", "2027-01-31,paused")
    paused = bring_text(tmp_path, "subscriptions", text, *options)

    one = Subscription.objects.get()
    kinds = list(Interaction.objects.order_by("pk").values_list("kind", flat=True))
    assert [outcomes(each) for each in (first, again, moved, paused)] == [
        {"created": 1},
        {"unchanged": 1},
        {"updated": 1},
        {"updated": 1},
    ]
    assert (one.renews_on, one.anchor_day, one.state) == (date(2027, 1, 31), 31, "paused")
    assert kinds == ["subscription_started", "subscription_paused"]
    assert not Purchase.objects.exists()


def test_undoing_takes_new_ones_away_and_gives_old_ones_their_day_back(shop, tmp_path):
    options = ("--map", "how often=interval")
    bring_text(tmp_path, "subscriptions", PLAIN, *options)
    before = list(Subscription.objects.values()), list(Interaction.objects.values())
    more = PLAIN.replace("2026-12-31", "2027-01-31") + "bo@tea.example,Club,9,yearly,2027-02-01\n"
    found = bring_text(tmp_path, "subscriptions", more, *options)

    call_command("undo_import", str(found["import_id"]), "--json")

    assert (list(Subscription.objects.values()), list(Interaction.objects.values())) == before
    assert Customer.objects.count() == Product.objects.count() == 1


def test_what_cannot_be_read_is_kept_aside_with_its_reason(shop, tmp_path):
    header = "email,product,amount,interval,status,start date,currency\n"
    rows = (
        "ada@tea.example,Box,5,now and then,active,2026-01-05,USD\n"
        "bo@tea.example,Box,5,month,dancing,2026-01-05,USD\n"
        "cy@tea.example,Box,-5,month,active,2026-01-05,USD\n"
        "dee@tea.example,,5,month,active,2026-01-05,USD\n"
        "eve@tea.example,Box,5,month,active,,USD\n"
        ",Box,5,month,active,2026-01-05,USD\n"
        "fay@tea.example,Box,5,month,active,2020-01-31,USD\n"
    )

    found = bring_text(tmp_path, "subscriptions", header + rows)

    assert found["reasons"] == {"bad_interval": 1, "bad_state": 1, "bad_number": 1, "missing": 2, "nobody": 1}
    one = Subscription.objects.get()
    assert (one.customer.email, one.started_on) == ("fay@tea.example", date(2020, 1, 31))
    assert one.renews_on >= timezone.now().date()
    assert one.renews_on < subscriptions.following(timezone.now().date(), "month", 31)


def test_a_file_of_subscriptions_brought_as_purchases_is_taken_for_what_it_is(owner_client, shop):
    from django.core.files.uploadedfile import SimpleUploadedFile

    text = f"{RECHARGE}\n55,dee@tea.example,Oolong,OO-1,1,12.00,ACTIVE,month,3,2026-04-05,2025-04-05,,\n"
    file = SimpleUploadedFile("subs.csv", text.encode())

    page = owner_client.post("/imports/new/", {"kind": "purchases", "file": file}, follow=True)

    assert "imported as subscriptions" in page.content.decode()
    assert "Recharge" in page.content.decode()


@pytest.mark.parametrize(
    ("text", "count", "wanted"),
    [
        ("monthly", None, "month"),
        ("every 2 weeks", None, "fortnight"),
        ("week", 4, "4_weeks"),
        ("30 days", None, "month"),
        ("6 个月", None, "half_year"),
        ("每年", None, "year"),
        ("MONTH", 12, "year"),
        ("Bi-weekly", None, "fortnight"),
        ("5 days", None, ""),
        ("now and then", None, ""),
    ],
)
def test_words_for_how_often_are_read(text, count, wanted):
    assert rhythms.interval(text, count) == wanted
