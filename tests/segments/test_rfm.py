from __future__ import annotations

import csv
import gzip
import json
from datetime import UTC, date, datetime
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from crm.models import Customer, Purchase, Refund
from segments import refresh, scoring
from segments.models import CustomerFeatures, ScoringRun
from segments.numerics import rfm
from tests.people import make_customer, make_purchase
from tests.reference import RETAIL


def some_buyers(count: int = 500):
    rng = np.random.default_rng(7)
    return (
        rng.integers(0, 90, count) * 1.0,
        rng.geometric(0.6, count) * 1.0,
        rng.lognormal(3, 1, count).round(2),
    )


def test_the_map_of_ten_names_covers_all_cells_once():
    table = rfm.group_table("ten")

    assert [table[4][f] for f in range(5)] == ["new", *["potential_loyalists"] * 2, "champions", "champions"]
    assert [table[0][f] for f in range(5)] == [
        "hibernating",
        "hibernating",
        "at_risk",
        "at_risk",
        "cant_lose",
    ]
    assert table[2] == ["about_to_sleep", "about_to_sleep", "need_attention", "loyal", "loyal"]


def test_a_map_with_a_hole_or_an_overlap_is_refused(monkeypatch):
    monkeypatch.setitem(rfm.MAPS, "holes", {"all but one": (1, 5, 1, 4)})
    monkeypatch.setitem(rfm.MAPS, "twice", {"everyone": (1, 5, 1, 5), "again": (2, 2, 2, 2)})

    for name in ("holes", "twice"):
        with pytest.raises(ValueError, match=r"without a name|both claim"):
            rfm.group_table(name)


def test_ten_customers_have_hand_computed_scores():
    days = np.arange(1.0, 11.0)
    orders = np.array([1, 1, 1, 1, 1, 1, 1, 2, 2, 9.0])
    money = np.arange(10.0, 110.0, 10)

    cuts = rfm.cut_points(days, orders, money)
    scores = rfm.score(days, orders, money, cuts)

    assert cuts == rfm.CutPoints((2, 4, 6, 8), (1, 1, 1, 2), (20, 40, 60, 80))
    assert scores.recency.tolist() == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    assert scores.frequency.tolist() == [1, 1, 1, 1, 1, 1, 1, 4, 4, 5]
    assert scores.monetary.tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert scores.group[0] == "new"
    assert scores.group[9] == "cant_lose"
    assert sum(map(sum, scores.grid())) == 10
    assert scores.grid()[0][3:] == [1, 1]


def test_equal_values_have_equal_scores_and_better_values_never_lower_ones():
    days, orders, money = some_buyers()

    scores = rfm.score(days, orders, money, rfm.cut_points(days, orders, money))

    for values, found, better in (
        (days, scores.recency, -1),
        (orders, scores.frequency, 1),
        (money, scores.monetary, 1),
    ):
        assert all(len(set(found[values == value])) == 1 for value in np.unique(values))
        assert (np.diff(found[np.argsort(values)]) * better >= 0).all()


def test_scores_do_not_depend_on_the_order_of_rows_nor_on_the_currency():
    days, orders, money = some_buyers()
    shuffled = np.random.default_rng(1).permutation(len(days))
    plain = rfm.score(days, orders, money, rfm.cut_points(days, orders, money))

    cents = money * 100
    again = rfm.score(
        days[shuffled],
        orders[shuffled],
        cents[shuffled],
        rfm.cut_points(days[shuffled], orders[shuffled], cents[shuffled]),
    )

    assert (plain.recency[shuffled] == again.recency).all()
    assert (plain.frequency[shuffled] == again.frequency).all()
    assert (plain.monetary[shuffled] == again.monetary).all()
    assert (plain.group[shuffled] == again.group).all()


def test_when_everybody_is_alike_everybody_scores_alike():
    alike = np.full(20, 3.0)

    scores = rfm.score(alike, alike, alike, rfm.cut_points(alike, alike, alike))

    assert {*scores.recency, *scores.frequency, *scores.monetary} <= {1, 5}
    assert len(set(scores.group)) == 1


def answer_of(*arguments: str) -> dict:
    out = StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def shop_of_ten() -> None:
    for n in range(1, 11):
        customer = make_customer()
        for _ in range(1 + n // 4):
            make_purchase(customer, 10 * n, at=datetime(2026, 6, n, 12, tzinfo=UTC))
    make_customer()


@pytest.mark.django_db
def test_the_command_scores_the_live_table_and_keeps_the_cut_points(shop):
    shop_of_ten()

    found = answer_of("rfm")

    run = ScoringRun.objects.get(kind="rfm", is_live=True)
    assert (found["scored"], found["not_scored"]) == (10, 1)
    assert sum(found["groups"].values()) == sum(map(sum, found["grid"])) == 10
    assert list(found["groups"]) == [
        "Champions", "Loyal customers", "Potential loyalists", "New customers", "Promising", "Need attention",
        "About to sleep", "At risk", "Can't lose them", "Hibernating",
    ]  # fmt: skip
    assert found["cut_points"]["monetary"] == ["20.00", "80.00", "120.00", "240.00"]
    assert run.result["scored"] == 10
    assert CustomerFeatures.objects.exclude(rfm_group="").count() == 10


@pytest.mark.django_db
def test_the_past_is_scored_aside(shop):
    shop_of_ten()
    refresh.run(None)
    before = list(CustomerFeatures.objects.order_by("pk").values())

    found = answer_of("rfm", "--as-of", "2026-06-05")

    assert (found["scored"], found["not_scored"]) == (5, 6)
    assert list(CustomerFeatures.objects.order_by("pk").values()) == before
    assert ScoringRun.objects.filter(kind="rfm").count() == 1


@pytest.mark.django_db
def test_frozen_cut_points_are_those_of_the_last_live_scoring(shop):
    with pytest.raises(CommandError, match="no earlier scoring"):
        call_command("rfm", "--frozen")
    shop_of_ten()
    first = answer_of("rfm")
    newcomer = make_customer()
    make_purchase(newcomer, 10_000, at=datetime(2026, 6, 10, 13, tzinfo=UTC))

    frozen = answer_of("rfm", "--frozen")
    then = CustomerFeatures.objects.get(customer=newcomer)
    fresh = answer_of("rfm")

    assert frozen["cut_points"] == first["cut_points"]
    assert (then.rfm_monetary, frozen["scored"]) == (5, 11)
    assert fresh["cut_points"] != first["cut_points"]


@pytest.mark.django_db
def test_an_empty_shop_scores_nobody(shop):
    found = answer_of("rfm")

    assert (found["scored"], found["not_scored"], found["cut_points"]) == (0, 0, {})
    assert scoring.live_cuts() is None


@pytest.mark.django_db
@pytest.mark.skipif(not RETAIL.exists(), reason="the online-retail data is not here")
def test_a_real_shop_has_1682_customers_each_in_one_cell(shop):
    with gzip.open(RETAIL, "rt", encoding="utf-8", errors="replace") as file:
        load(csv.DictReader(file))

    found = answer_of("rfm", "--as-of", "2011-03-01")

    assert found["scored"] == sum(map(sum, found["grid"])) == sum(found["groups"].values()) == 1682
    assert found["not_scored"] == 1749 - 1682


def load(rows) -> None:
    """Sales and loose refunds of the known customers, without the importer."""
    orders: dict[str, list] = {}
    refunds = []
    customers = {}
    for row in rows:
        if not (number := row["CustomerID"].removesuffix(".0")):
            continue
        customer = customers.setdefault(
            number, Customer(external_id=number, created_on=date(2010, 12, 1)).prepare()
        )
        at = datetime.fromisoformat(row["InvoiceDate"]).replace(tzinfo=UTC)
        quantity, price = float(row["Quantity"]), float(row["UnitPrice"])
        if quantity > 0 and price > 0:
            order = orders.setdefault(row["InvoiceNo"], [customer, at, 0.0])
            order[2] += quantity * price
        elif price > 0:
            refunds.append(
                Refund(key=f"r{len(refunds)}", customer=customer, amount=-quantity * price, refunded_at=at)
            )
    Customer.objects.bulk_create(customers.values())
    Purchase.objects.bulk_create(
        Purchase(key=f"order:{number}", customer=customer, bought_at=at, charged=round(total, 4))
        for number, (customer, at, total) in orders.items()
    )
    Refund.objects.bulk_create(refunds)
