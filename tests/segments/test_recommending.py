from __future__ import annotations

import csv
import gzip
import json
from datetime import timedelta
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm import charges
from crm.errors import Refusal
from crm.models import Product
from segments import lease, tasks
from segments.models import Membership, ProductAffinity, ProductPair, ProductReach, ScoringRun, Segment
from segments.numerics import reach, recommend, recommend_trial
from segments.recommending import affinities, suggesting
from tests.people import NOON, make_customer, make_product, make_purchase
from tests.reference import RETAIL

State = ScoringRun.State


def run(*arguments):
    out = StringIO()
    call_command(*map(str, arguments), "--json", stdout=out)
    return json.loads(out.getvalue())


def bought(*rows: str):
    """Per customer the products as letters → a table."""
    cells = [(number, ord(item) - 97) for number, row in enumerate(rows) for item in row]
    who, what = (np.array(column) for column in zip(*cells, strict=True))
    return recommend.bought(who, what, (len(rows), int(what.max()) + 1))


def suggested(customer, limit=5, **moment):
    return suggesting.for_customer(customer.pk, limit, **{"now": NOON, **moment})


def names(found):
    return [one.product.name for one in found]


def a_shop_with_taste():
    """Twelve drink tea with honey, twelve coffee with sugar; bread is bought by all."""
    for pair in (("Tea", "Honey"), ("Coffee", "Sugar")):
        for _ in range(12):
            customer = make_customer()
            for name in (*pair, "Bread"):
                make_purchase(customer, product=make_product(name))


def test_the_resemblance_is_the_weighted_cosine_shrunk_by_the_shared_buyers():
    # a and b share three customers, of two products each; c is bought alone.
    table = bought("ab", "ab", "ab", "a", "c", "c", "c", "c")

    found = recommend.neighbours(table)

    weight = 3 / np.log(3) / np.sqrt((3 / np.log(3) + 1 / np.log(2)) * (3 / np.log(3))) * 3 / 13
    assert found.product.tolist() == [0, 1]
    assert found.other.tolist() == [1, 0]
    assert found.weight == pytest.approx([weight, weight])


def test_products_that_are_avoided_together_never_resemble_each_other():
    found = recommend.neighbours(bought(*["ab"] * 2, *["a"] * 40, *["b"] * 40))

    assert len(found.product) == 0


def test_only_the_fifty_nearest_are_kept_and_blocks_change_nothing(monkeypatch):
    rng = np.random.default_rng(4)
    who, what = np.nonzero(rng.random((300, 120)) < 0.3)
    table = recommend.bought(who, what, (300, 120))

    whole = recommend.neighbours(table)
    monkeypatch.setattr(recommend, "CELLS", 7 * 120)
    blocks = recommend.neighbours(table)

    assert np.bincount(whole.product).max() <= recommend.KEEP
    assert whole.other.tolist() == blocks.other.tolist()
    assert whole.weight == pytest.approx(blocks.weight)


def test_recommended_is_what_is_new_and_the_reason_is_what_speaks_for_it_most():
    table = bought(*["abc"] * 6, *["ac"] * 4, "ab", "d", *["e"] * 9)
    alike = recommend.neighbours(table).table(5)

    found = recommend.recommend(table[[10, 11]], alike, recommend.buyers(table), limit=3)

    assert found.items.tolist() == [[2, 4, 3], [0, 2, 4]]  # Then by popularity, a and c being level.
    assert found.because[0].tolist() == [0, -1, -1]
    assert (found.because[1] == -1).all()


def test_the_trial_hides_the_last_order_and_asks_both_methods_the_same():
    # Everybody's last order holds what their neighbours have; popularity names e to everyone in vain.
    rows = [(0, "a"), (0, "b"), (1, "a"), (1, "b"), (2, "a"), (2, "b"), *((n, "e") for n in range(3, 12))]
    rows += [(12, "a"), (12, "b")]
    customers = np.array([who for who, _item in rows])
    items = np.array([ord(item) - 97 for _who, item in rows])
    moments = np.arange(len(rows))

    found = recommend_trial.evaluate(customers, items, np.arange(len(rows)), moments)

    assert found.customers == 4  # Those with an earlier order and something new in the last.
    assert found.products == 3
    assert 0 <= found.coverage <= 1
    assert found.gain[1] <= found.gain[0] <= found.gain[2]


def test_in_random_purchases_nothing_is_found_that_popularity_does_not_find():
    rng = np.random.default_rng(6)
    customers, items = rng.integers(0, 400, 6000), (80 * rng.random(6000) ** 2).astype(int)
    orders = customers * 5 + rng.integers(0, 5, 6000)

    found = recommend_trial.evaluate(customers, items, orders, orders)

    assert not found.is_better


def test_the_usual_gap_is_the_middle_of_all_gaps():
    day = 86_400
    customers = np.array([0] * 4 + [1] * 4 + [2])
    moments = np.array([0, 10, 20, 40, 0, 10, 30, 100, 5]) * day

    found = reach.reach(customers, np.zeros(9, dtype=int), moments, 2)

    assert (found.buyers.tolist(), found.again.tolist()) == ([3, 0], [2, 0])
    assert found.gap_days[0] == 15  # Of 10, 10, 10, 20, 20, 70.
    assert np.isnan(found.gap_days[1])


@pytest.mark.skipif(not RETAIL.exists(), reason="the online shop's lines are not on this machine")
def test_a_real_shops_last_orders_are_foretold_better_than_by_popularity():
    with gzip.open(RETAIL, "rt", encoding="latin-1") as file:
        rows = [
            (row["CustomerID"], row["StockCode"], row["InvoiceNo"], row["InvoiceDate"])
            for row in csv.DictReader(file)
            if row["CustomerID"] and float(row["Quantity"]) > 0 and float(row["UnitPrice"]) > 0
            and not charges.is_named_so(row["Description"]) and row["InvoiceNo"][0] != "C"
        ]  # fmt: skip
    customers, items, orders, moments = (
        np.unique(column, return_inverse=True)[1] for column in zip(*rows, strict=True)
    )

    found = recommend_trial.evaluate(customers, items, orders, moments)

    assert found.customers == 606
    assert found.hit_rate >= 1.5 * found.popularity_hit_rate
    assert found.popularity_hit_rate == pytest.approx(0.225, abs=0.003)
    assert found.coverage >= 0.12
    assert found.is_better


@pytest.mark.django_db
def test_a_script_is_told_what_suits_somebody_and_why(shop):
    a_shop_with_taste()
    make_purchase(make_customer(email="new@example.com"), product=make_product("Tea"))

    found = run("recommend", "new@example.com", "--limit", 2)

    assert [one["product"] for one in found["items"]] == ["Honey", "Bread"]
    assert found["items"][0]["because"] == "because they bought Tea"
    assert found["items"][1]["because"] == "many customers buy it"
    with pytest.raises(CommandError) as refusal:
        run("recommend", "nobody@example.com")
    assert refusal.value.returncode == 1


@pytest.mark.django_db
def test_an_empty_shop_recommends_nothing_and_does_not_fail(shop):
    customer = make_customer()

    affinities.calculate()

    assert suggested(customer) == []
    assert run("evaluate_recommendations")["customers"] == 0


@pytest.mark.django_db
def test_what_is_out_of_stock_or_no_product_is_never_recommended(shop):
    a_shop_with_taste()
    customer = make_customer()
    make_purchase(customer, product=make_product("Tea"))
    affinities.calculate()

    Product.objects.filter(name="Honey").update(is_in_stock=False)
    Product.objects.filter(name="Bread").update(nature="charge")

    assert names(suggested(customer)) == ["Coffee", "Sugar"]


@pytest.mark.django_db
def test_what_is_used_up_comes_back_after_its_usual_time_and_nothing_else(shop):
    customer = make_customer()
    for name, nature in (("Tea", "again"), ("Cup", "once"), ("Book", "")):
        product = make_product(name, nature=nature)
        for _ in range(6):
            other = make_customer()
            make_purchase(other, at=NOON - timedelta(days=60), product=product)
            make_purchase(other, at=NOON - timedelta(days=30), product=product)
        make_purchase(customer, at=NOON, product=product)
    affinities.calculate()

    early = suggested(customer, now=NOON + timedelta(days=29))
    late = suggested(customer, now=NOON + timedelta(days=31))

    assert ProductReach.objects.get(product__name="Tea").gap_days == 30
    assert names(early) == []
    assert [(one.product.name, one.because) for one in late] == [
        ("Tea", "bought 31 days ago and probably used up by now")
    ]


@pytest.mark.django_db
def test_who_bought_nothing_hears_what_is_popular_in_their_segment(shop):
    a_shop_with_taste()
    newcomer = make_customer()
    drinkers = Segment.objects.create(slug="tea", name="Tea lovers", kind="static", member_count=13)
    for purchase in make_product("Tea").lines.select_related("purchase"):
        Membership.objects.create(
            segment=drinkers, customer_id=purchase.purchase.customer_id, entered_at=NOON
        )
    Membership.objects.create(segment=drinkers, customer=newcomer, entered_at=NOON)
    affinities.calculate()

    found = suggested(newcomer, 3)

    assert set(names(found)[:2]) == {"Tea", "Honey"}
    assert [one.because for one in found] == ["popular in “Tea lovers”"] * 2 + ["many customers buy it"]


@pytest.mark.django_db
def test_a_mailing_asks_for_many_with_few_questions(shop):
    a_shop_with_taste()
    affinities.calculate()
    everyone = [make_purchase(make_customer(), product=make_product("Tea")).customer_id for _ in range(30)]

    with CaptureQueriesContext(
        connection,
    ) as asked:
        found = dict(suggesting.for_customers(everyone, 2, now=NOON))

    assert set(found) == set(everyone)
    assert all(names(one) == ["Honey", "Bread"] for one in found.values())
    assert len(asked) <= 8


@pytest.mark.django_db
def test_stored_pairs_are_only_those_that_go_together(shop):
    for items in [("Tea", "Milk")] * 7 + [("Bread",)] * 20:
        purchase = make_purchase(make_customer(), product=make_product(items[0]))
        for name in items[1:]:
            purchase.lines.create(product=make_product(name), fingerprint=name)

    affinities.calculate()

    pair = ProductPair.objects.get()
    assert {pair.a.name, pair.b.name} == {"Tea", "Milk"}
    assert (pair.count, round(pair.lift, 3)) == (7, round(27 / 7, 3))


@pytest.mark.django_db
def test_a_calculation_that_breaks_leaves_the_old_result(shop, monkeypatch):
    a_shop_with_taste()
    affinities.calculate()
    before = ProductAffinity.objects.count()

    waiting = affinities.request()
    monkeypatch.setattr(affinities, "_forget", lambda run: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        tasks.run_scoring(waiting.pk)

    assert (before > 0, ProductAffinity.objects.count()) == (True, before)
    assert ScoringRun.objects.get(pk=waiting.pk).state == State.FAILED
    assert affinities.status().failed.pk == waiting.pk


@pytest.mark.django_db
def test_only_one_calculation_runs_and_requests_wait_as_one(shop):
    first = affinities.request()
    second = affinities.request()
    lease.claim(first.pk)

    with pytest.raises(Refusal, match="being calculated already"):
        affinities.calculate()

    assert first == second
    tasks.run_scoring(affinities.request().pk)
    assert ScoringRun.objects.filter(kind="recommend", state=State.QUEUED).count() == 1


@pytest.mark.django_db
def test_the_night_asks_for_recommendations_too(shop):
    make_customer()

    tasks.refresh_if_due(timezone.now().replace(hour=23))

    assert set(ScoringRun.objects.values_list("kind", flat=True)) == {"refresh", "recommend"}


@pytest.mark.parametrize(
    ("name", "is_charge"),
    [
        ("POSTAGE", True), ("Dotcom Postage", True), ("Bank Charges", True), ("AMAZON FEE", True),
        ("Shipping & handling", True), ("Versandkosten", True), ("Discount", True), ("运费", True),
        ("CARRIAGE", True), ("Manual", True),
        ("Postage stamp earrings", False), ("Gift bag", False), ("Delivery van, toy", False),
        ("Manual coffee grinder", False), ("Fee Fi Fo game", False), ("运费险说明书", False),
    ],
)  # fmt: skip
def test_postage_and_fees_are_known_by_their_whole_name(name, is_charge):
    assert charges.is_named_so(name) is is_charge


@pytest.mark.django_db
def test_the_shop_has_the_last_word_on_what_is_a_product(shop):
    manual, club = make_product("Manual"), make_product("Tea club")

    Product.objects.filter(pk=manual.pk).update(nature="once")
    Product.objects.filter(pk=club.pk).update(nature="charge")

    assert charges.numbers() == {club.pk}
