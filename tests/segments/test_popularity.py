"""How much best-sellers count beside taste: chosen on the past, used for suggestions, and told."""

from __future__ import annotations

import json
from io import StringIO

import numpy as np
import pytest
from django.core.management import call_command

from crm.models import Product
from segments.models import ScoringRun
from segments.numerics import pairs, recommend, recommend_trial
from segments.recommending import affinities, report, suggesting
from tests.people import NOON, make_customer, make_product, make_purchase

PEOPLE = 120


def lines(*orders):
    """Per customer their orders, each the codes of its products → what the trial takes."""
    rows = [
        (who, item, number * PEOPLE + who, number)
        for number, baskets in enumerate(orders)
        for who, basket in enumerate(baskets)
        for item in basket
    ]
    return [np.array(column) for column in zip(*rows, strict=True)]


def staples(rng):
    """What everybody needs sooner or later: products 0 to 14, the first most."""
    weight = 1 / np.arange(1, 16)
    return [rng.choice(15, 2, replace=False, p=weight / weight.sum()) for _ in range(PEOPLE)]


def kits(rng):
    """Three of the four products of a kit (20 to 79), bought at once and never completed later."""
    return [20 + 4 * (who % 15) + rng.choice(4, 3, replace=False) for who in range(PEOPLE)]


def taste(rng):
    """Two of the eight products (from 20 on) of one of ten tastes."""
    return [20 + 8 * (who % 10) + rng.choice(8, 2, replace=False) for who in range(PEOPLE)]


def test_where_taste_is_pure_popularity_best_sellers_count():
    rng = np.random.default_rng(1)

    found = recommend_trial.evaluate(*lines(kits(rng), staples(rng), staples(rng), staples(rng)))

    assert found.popularity > 0
    assert found.hit_rate > 0.95 * found.popularity_hit_rate
    assert not found.is_worse


def test_where_people_have_tastes_best_sellers_do_not_count():
    rng = np.random.default_rng(2)
    bought = lines(taste(rng), taste(rng), taste(rng), staples(rng), taste(rng))

    found = recommend_trial.evaluate(*bought)

    assert found.popularity == 0
    assert found.is_better


def test_what_the_trial_hides_is_not_seen_by_the_choice(monkeypatch):
    rng = np.random.default_rng(1)
    past = (kits(rng), staples(rng), staples(rng))
    seen, choose = [], recommend_trial.choose
    monkeypatch.setattr(
        recommend_trial, "choose", lambda *given, **more: seen.append(given) or choose(*given, **more)
    )

    chosen = {
        recommend_trial.evaluate(*lines(*past, last)).popularity
        for last in (staples(rng), taste(rng), [(90 + who % 3,) for who in range(PEOPLE)])
    }

    assert chosen == {choose(*lines(*past))}
    for columns in seen:
        assert [column.tolist() for column in columns] == [column.tolist() for column in lines(*past)]


def test_few_customers_choose_nothing():
    rng = np.random.default_rng(1)
    customers, *others = lines(kits(rng), staples(rng), staples(rng), staples(rng))
    few = customers < recommend_trial.FEW - 1

    assert recommend_trial.evaluate(customers[few], *(column[few] for column in others)).popularity == 0


def test_a_share_of_popularity_mixes_both_and_each_says_what_speaks_for_it():
    # To the owner of a: b resembles it and sells little, c is half and half, d only sells.
    owned = recommend.bought(np.array([0]), np.array([0]), (1, 4))
    alike = recommend.Neighbours(np.array([0, 0]), np.array([1, 2]), np.array([0.4, 0.2])).table(4)
    popular = np.array([5.0, 10.0, 55.0, 99.0])

    def answer(share):
        return recommend.recommend(owned, alike, popular, limit=3, popularity=share)

    plain, mixed, sold = answer(0.0), answer(0.5), answer(1.0)

    assert (plain.items.tolist(), plain.because.tolist()) == ([[1, 2, 3]], [[0, 0, -1]])
    assert plain.scores[0] == pytest.approx([0.4, 0.2, 0])
    assert (mixed.items.tolist(), mixed.because.tolist()) == ([[1, 2, 3]], [[0, -1, -1]])
    assert mixed.scores[0] == pytest.approx([(0.4 + 0.4 * 0.1) / 2, (0.2 + 0.4 * 0.55) / 2, 0.4 * 0.99 / 2])
    assert (sold.items.tolist(), sold.because.tolist()) == ([[3, 2, 1]], [[-1, -1, -1]])


def a_shop_of_tea_and_bread(share):
    """Twelve drink tea with honey; bread is bought by forty. The last calculation chose this share."""
    for names, times in ((("Tea", "Honey", "Cup"), 12), (("Bread",), 40)):
        for _ in range(times):
            customer = make_customer()
            for name in names:
                make_purchase(customer, product=make_product(name))
    affinities.calculate()
    run = ScoringRun.objects.get()
    assert run.result["trial"]["popularity"] == 0
    run.result["trial"]["popularity"] = share
    run.save()
    return make_purchase(make_customer(), product=make_product("Tea")).customer


def told(customer):
    found = suggesting.for_customer(customer.pk, now=NOON)
    return [(one.product.name, one.because) for one in found]


@pytest.mark.django_db
def test_suggestions_count_best_sellers_as_the_last_calculation_chose(shop):
    customer = a_shop_of_tea_and_bread(2 / 3)

    mixed = told(customer)
    ScoringRun.objects.update(result={"trial": {}})  # As calculated before there was a choice.

    assert mixed[0] == ("Bread", "many customers buy it")
    assert set(mixed[1:]) == {
        ("Honey", "because they bought Tea"),
        ("Cup", "because they bought Tea"),
    }
    assert [name for name, _because in told(customer)][2] == "Bread"


@pytest.mark.django_db
def test_best_sellers_out_of_stock_or_owned_are_never_suggested(shop):
    customer = a_shop_of_tea_and_bread(1.0)
    owner = make_purchase(make_customer(), product=make_product("Bread")).customer

    assert told(customer)[0][0] == "Bread"
    assert "Bread" not in dict(told(owner))
    Product.objects.filter(name="Bread").update(is_in_stock=False)

    assert {name for name, _because in told(customer)} == {"Honey", "Cup"}


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.0, "to somebody."),
        (
            0.5,
            "Popularity counts for 50% of the ranking, since that hit more often on the orders before.",
        ),
        (1.0, "best-sellers to hit most often, so these are what is recommended."),
    ],
)
def test_the_page_says_how_much_best_sellers_count(share, said):
    trial = {
        "customers": 90, "hit_rate": 0.3, "popularity_hit_rate": 0.5, "coverage": 0.2,
        "gain": [-0.2, -0.3, -0.1], "popularity": share,
    }  # fmt: skip

    found = report.verdict({"trial": trial})

    assert found.tone == "bad"
    assert found.text.endswith(said)


@pytest.mark.django_db
def test_where_nobody_can_be_judged_rates_are_nought_of_nobody(shop):
    make_purchase(make_customer(), product=make_product("Tea"))
    out = StringIO()

    call_command("evaluate_recommendations", "--json", stdout=out)

    found = json.loads(out.getvalue())
    assert (found["customers"], found["products"], found["popularity"]) == (0, 1, 0)
    assert (found["hit_rate"], found["popularity_hit_rate"], found["coverage"]) == (0, 0, 0)


@pytest.mark.filterwarnings("error")
def test_one_basket_has_no_conviction_and_no_warning():
    found = pairs.find(np.zeros(2, dtype=int), np.arange(2), min_count=1)

    assert found.conviction.tolist() == [np.inf]
