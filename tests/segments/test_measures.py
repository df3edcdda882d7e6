from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from crm import ledger, subscriptions
from crm.models import Business, Case, Interaction, Purchase, Subscription
from segments import features
from segments.measures import card, channels, counting, kept
from segments.measures.channels import Channel
from segments.models import CustomerFeatures, ServingCosts, Spending
from tests.people import make_customer, make_product, make_purchase, make_refund

pytestmark = pytest.mark.django_db
DAY = date(2026, 6, 30)


def at(month: int, day: int, year: int = 2026) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


def counted(shop: Business, length: int = 365) -> dict:
    return counting.count(shop, DAY, length=length)


def test_retention_knows_only_customers_of_the_beginning(shop, monkeypatch):
    monkeypatch.setattr(counting.stages, "LOST_DAYS", 100)
    stays, left, new, lost_before = (make_customer() for _ in range(4))
    for one in (stays, left):
        make_purchase(one, at=at(6, 1, 2025))
    make_purchase(stays, at=at(6, 30) - timedelta(days=100))  # The last day that counts.
    make_purchase(left, at=at(6, 30) - timedelta(days=101))
    make_purchase(new, at=at(6, 1))
    make_purchase(lost_before, at=at(1, 1, 2025))
    make_purchase(lost_before, at=at(6, 1))  # Came back, but was no customer at the beginning.

    found = counted(shop)

    assert found["kept"] == {"began": 2, "stayed": 1}


def test_repeat_rate_asks_only_who_had_the_time(shop):
    soon, late, once, young = (make_customer() for _ in range(4))
    for one, days in ((soon, (0, 90)), (late, (0, 91)), (once, (0,))):
        for after in days:
            make_purchase(one, at=at(3, 1) + timedelta(days=after))
    make_purchase(young, at=at(4, 2))  # 89 days ago: no verdict yet.
    make_refund(make_purchase(once, 5, at=at(3, 2)), 5, at=at(3, 3))

    assert counted(shop)["again"] == {"ripe": 3, "again": 1}


def test_orders_frequency_and_categories(shop):
    ada, ben = make_customer(), make_customer()
    make_purchase(ada, 10, at=at(5, 1))
    make_purchase(ada, 30, at=at(5, 2), product=make_product("Cup", category="Cups"))
    make_refund(make_purchase(ben, 20, at=at(5, 3)), 4, at=at(5, 4))
    make_purchase(ben, 20, at=at(5, 5), product=make_product("Thing", category=""))
    make_purchase(None, 100, at=at(5, 6))

    found = counted(shop)

    assert found["orders"] == {"orders": 4, "buyers": 2, "charged": 80.0, "squares": 1800.0, "revenue": 176.0}
    assert found["crossing"] == {"buyers": 2, "crossing": 1}


def test_cost_value_and_payback_by_channel_as_computed_by_hand(shop):
    Business.objects.update(margin_percent=50)
    shop = Business.current()
    for number in range(20):
        one = make_customer(source="Web")
        make_purchase(one, 40, at=at(2, 1))  # Margin 20 in the first 30 days …
        make_purchase(one, 20 + number % 2 * 20, at=at(3, 15))  # … and 15 on average in the second.
    for _ in range(3):
        make_purchase(make_customer(source="fair"), 60, at=at(2, 10), channel="market")
    make_purchase(make_customer(), 60, at=at(2, 10), channel="market")
    features.rebuild(DAY, business=shop)
    CustomerFeatures.objects.update(clv=10)
    for month, channel, amount in ((2, "web", 600), (3, "WEB", 0), (2, "market", 9)):
        Spending.objects.create(month=date(2026, month, 1), channel=channel, amount=amount)

    rows, total = channels.build(counted(shop), shop, DAY)

    web, fair, market = rows
    assert (web.name, web.new, web.cac, web.ltv, web.ratio, web.payback) == ("Web", 20, 30, 45, 1.5, 2)
    low, high = web.ltv_range  # Half 40, half 50: standard deviation 5.13, standard error 1.147.
    assert (round(low, 2), round(high, 2)) == (42.75, 47.25)
    assert (fair.name, fair.all_new, fair.cac) == ("fair", 3, None)
    assert (market.new, market.cac, market.ltv, market.is_few) == (1, 9, None, True)
    assert (total.new, total.spent) == (24, 609)


def test_payback_that_has_not_come_yet_and_costs_of_the_profile(shop):
    dear = Channel("x", 0.5, typed=100, steps=[(30, 3000.0), (25, 500.0), (3, 9000.0)])

    assert dear.is_typed
    assert dear.cac == 100
    assert dear.payback == 0  # 50 + 10; the third month rests on too few.
    dear.typed = 60
    assert dear.payback == 2


def test_profit_counts_refunds_cases_and_returns(shop):
    Business.objects.update(margin_percent=50)
    ServingCosts.objects.create(pk=1, case_cost=8, return_cost=3)
    good, costly = make_customer(), make_customer(last_name="Costly")
    make_purchase(good, 100, at=at(5, 1))
    make_refund(make_purchase(costly, 30, at=at(5, 1)), 10, at=at(5, 9))
    Case.objects.create(subject="Broken", customer=costly, opened_at=at(5, 3))

    served = counting.count(Business.current(), DAY, length=365)["served"]

    assert (served["people"], served["profit"], served["costly"]) == (2, 49.0, 1)  # 50, and 10 − 3 − 8.
    assert served["worst"] == [[costly.pk, -1.0]]


def test_recurring_revenue_with_growth_downgrade_and_leaving(shop):
    def runs(customer, amount, product="Box", started=date(2025, 1, 1), **fields):
        one = Subscription(
            customer=customer, product=make_product(product), amount=amount, started_on=started
        )
        one.renews_on = date(2026, 7, 1)
        for name, value in fields.items():
            setattr(one, name, value)
        return subscriptions.start(one, at=datetime.combine(started, datetime.min.time(), UTC))

    grows, shrinks, leaves, new = (make_customer() for _ in range(4))
    runs(grows, 10)
    runs(grows, 30, "Tea", started=date(2026, 1, 1))
    smaller = runs(shrinks, 12)
    old = Purchase(
        key=f"renewal:{smaller.pk}:2025-06-01", customer=shrinks, charged=20, bought_at=at(6, 1, 2025)
    )
    new_price = Purchase(
        key=f"renewal:{smaller.pk}:2026-06-01", customer=shrinks, charged=12, bought_at=at(6, 1)
    )
    Purchase.objects.bulk_create([old, new_price])
    yearly = runs(leaves, 120, interval="year")
    runs(new, 99, started=date(2026, 5, 1))
    subscriptions.cancel(yearly, at=at(3, 1))

    found = counted(shop)["recurring"]

    assert found == {"customers": 3, "began": 40.0, "kept": 22.0, "now": 52.0}  # 10 + 20 + 10 a month then.


def test_small_numbers_are_too_few_and_larger_ones_carry_wilsons_interval(shop):
    few, enough = card.share("retention", 9, 19), card.share("retention", 10, 20)

    assert few.text == ""
    assert enough.text == "50.0%"
    assert enough.hint.startswith("between 29.9% and 70.1%")


def test_pages_show_figures_with_their_definitions_and_ask_for_costs(staff_client, shop):
    shop.analyse_as_of, shop.analyse_on = "fixed", DAY
    shop.save()
    empty = staff_client.get("/segments/measures/").text
    for _ in range(21):
        make_purchase(make_customer(source="web"), 30, at=at(5, 20))
    ledger.record(
        [
            Interaction(customer=None, kind="view", at=at(5, 1), source="t", key="1"),
        ]
    )

    page = staff_client.get("/segments/measures/").text

    assert "Nothing to measure yet" in empty
    assert 'href="/segments/measures/words/#retention"' in page
    assert "Enter spending" in page
    assert "21 orders of 21 buyers" in page
    assert staff_client.get("/segments/measures/?days=90").context["card"].length == 90
    assert staff_client.get("/segments/measures/?days=7").context["card"].length == 365


def test_who_sees_only_their_own_customers_reads_no_other_name(client, clerk, shop):
    Business.objects.update(analyse_as_of="fixed", analyse_on=DAY)
    ServingCosts.objects.create(pk=1, case_cost=90)
    for name, keeper in (("Mine", clerk), ("Theirs", None)):
        customer = make_customer(last_name=name, owner=keeper)
        make_purchase(customer, 10, at=at(5, 1))
        Case.objects.create(subject="Broken", customer=customer, opened_at=at(5, 3))
    clerk.scope = "own"
    clerk.save()
    client.force_login(clerk, backend="django.contrib.auth.backends.ModelBackend")

    page = client.get("/segments/measures/").text

    assert "Ada Mine" in page
    assert "Theirs" not in page


def test_spending_is_entered_pasted_replaced_and_refused_at_its_field(staff_client, shop):
    url, wrong = (
        "/segments/measures/spending/",
        {"act": "one", "month": "2099-01", "channel": "web", "amount": "-1"},
    )
    refused = staff_client.post(url, wrong)
    staff_client.post(url, {"act": "one", "month": "2026-05", "channel": "Web", "amount": "1,200.50"})
    pasted = "2026-05\tweb\t90,50\n2026-04; Fair ; 10\n"
    staff_client.post(url, {"act": "paste", "lines": pasted})
    half = staff_client.post(url, {"act": "paste", "lines": "2026-03; web; 1\n2026-03; web"})
    staff_client.post(url, {"act": "serving", "case_cost": "4.20", "return_cost": "1"})
    negative = staff_client.post(url, {"act": "serving", "case_cost": "-4", "return_cost": "1"})

    assert refused.status_code == half.status_code == negative.status_code == 422
    assert "is not a month until now" in refused.text
    assert "is not an amount of zero or more" in refused.text
    assert 'value="2099-01"' in refused.text
    assert "Line 2:" in half.text
    assert list(Spending.objects.values_list("month", "channel", "amount")) == [
        (date(2026, 5, 1), "Web", Decimal("90.50")),
        (date(2026, 4, 1), "Fair", Decimal("10.00")),
    ]
    assert ServingCosts.current().case_cost == Decimal("4.20")
    staff_client.post(f"{url}{Spending.objects.get(channel='Fair').pk}/delete/")
    assert Spending.objects.count() == 1


def test_new_costs_show_at_once(staff_client, shop):
    make_purchase(make_customer(), 30, at=at(5, 20))
    before = kept.figures("measures.365", shop, DAY).data["served"]["case_cost"]

    staff_client.post(
        "/segments/measures/spending/", {"act": "serving", "case_cost": "5", "return_cost": "0"}
    )

    assert (before, kept.figures("measures.365", shop, DAY).data["served"]["case_cost"]) == (0.0, 5.0)


def test_without_spending_the_value_of_new_customers_is_told_and_the_cost_asked_for(staff_client, shop):
    for n in range(channels.FEW):
        customer = make_customer()
        make_purchase(customer, 30, at=at(5, 1 + n))
        CustomerFeatures.objects.update_or_create(
            customer=customer, defaults={"as_of": DAY, "revenue": 30, "clv": 5}
        )

    _found, total = channels.build(counted(shop), shop, DAY)

    assert total.ltv == pytest.approx(30 * float(shop.margin_percent) / 100 + 5)
    assert (total.cac, total.ratio) == (None, None)
