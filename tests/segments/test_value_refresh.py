from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.db.models import F, Sum

from crm.models import Business, Customer
from segments import audience, features, refresh
from segments.models import CustomerFeatures, ScoringRun, Segment
from segments.numerics.value import forecast
from segments.value import check as value_check
from segments.value import estimating, valuing
from tests.people import make_customer, make_purchase
from tests.segments.test_value_command import START, sell

pytestmark = pytest.mark.django_db
VALUES = ("clv", "alive_chance", "expected_orders", "next_from", "next_until")


def unlike(customers=120, seed=1):
    """Days of purchases of customers who differ in how often they buy and in how soon they leave."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(customers):
        days, rate, leaves = [int(rng.integers(0, 60))], rng.gamma(1.2, 1 / 20), rng.beta(0.7, 2)
        while rng.random() > leaves and days[-1] < 150:
            days.append(days[-1] + 1 + int(rng.exponential(1 / rate)))
        found.append([day for day in days if day < 150])
    return found


def valued():
    return CustomerFeatures.objects.filter(clv__isnull=False)


def live():
    return ScoringRun.objects.get(kind="value", is_live=True)


def codes(run):
    return [one["code"] for one in run.result["notes"]]


def test_a_refresh_writes_what_the_model_says_of_each_customer(shop):
    people = sell(unlike())
    lead = make_customer()

    refresh.run(None)

    made = estimating.estimate(estimating.Wish.of(shop), shop, shop.today())
    found = made.worth()
    tenth = forecast.next_purchase(made.params, made.histories, 0.1) * 7  # Too few gaps to learn from.
    assert (made.identified, len(found.clv)) == (True, len(people))
    for at, pk in enumerate(made.people.ids):
        row = CustomerFeatures.objects.get(pk=pk) if at < 40 else None
        if row is None:
            break
        assert float(row.clv) == pytest.approx(found.clv[at], abs=1e-4)
        assert row.expected_orders == pytest.approx(found.expected[at])
        if made.people.repeats[at] == 0:
            assert (row.alive_chance, row.next_from, row.next_until) == (None, None, None)
            continue
        assert row.alive_chance == pytest.approx(found.alive[at])
        assert (row.next_from is not None) == (row.alive_chance > 0.5)
        if row.next_from:
            assert row.next_from == made.people.until + timedelta(days=max(1, int(np.ceil(tenth[at]))))
            assert row.next_until >= row.next_from
    assert [getattr(CustomerFeatures.objects.get(pk=lead.pk), name) for name in VALUES] == [None] * 5


def test_the_valuation_is_kept_with_its_terms_and_its_check(shop):
    sell(unlike())

    refresh.run(None)
    refresh.run(None)

    run = live()
    check = run.result["check"]
    days = [date.fromisoformat(row[0]) for row in check["tracking"]]
    assert ScoringRun.objects.filter(kind="value").count() == 2
    assert run.parameters == {"model": "bgnbd", "horizon": 52, "margin": 0.5, "discount": 0.1}
    assert Decimal(run.result["clv_total"]) == pytest.approx(valued().aggregate(s=Sum("clv"))["s"], abs=1)
    assert sum(one["customers"] for one in run.result["tenths"]) == 120
    assert sum(one["value"] for one in run.result["tenths"]) == pytest.approx(float(run.result["clv_total"]))
    assert check["from"] > run.result["first_sale"]
    assert check["to"] == run.result["calibrated_until"] == days[-1].isoformat()
    assert days == sorted(set(days))
    assert sum(row[1] for row in check["by_expected"]) == check["customers"]
    # Repeat purchases in the checked time, by the curve and by the count of the check.
    before = [row for row in check["tracking"] if row[0] < check["from"]][-1]
    rise = check["tracking"][-1][1] - before[1]
    assert check["actual"] <= rise <= check["actual"] + 7 * 20


def test_a_frozen_past_knows_nothing_of_what_came_later(shop):
    sell(unlike())
    business = Business.current()
    until = date(2026, 4, 1)
    made = estimating.estimate(estimating.Wish(until=until), business, until)
    expected = float(made.worth().clv.sum())

    with features.aside(until, business=business):
        there = float(valued().aggregate(s=Sum("clv"))["s"])

    assert there == pytest.approx(expected, rel=1e-4)
    assert not valued().exists()
    assert not ScoringRun.objects.filter(kind="value").exists()


def test_analysis_of_a_past_day_values_by_that_day(shop):
    sell(unlike())

    refresh.run(None, as_of=date(2026, 3, 1))

    assert live().result["calibrated_until"] == "2026-03-01"
    assert "future" not in codes(live())
    assert live().result["check"] is None
    assert "unchecked" in codes(live())


def test_too_few_returning_customers_get_the_simple_average(shop):
    sell([[0], [5], [9, 30]])

    refresh.run(None)

    assert valued().count() == 3
    assert {row.alive_chance for row in valued()} == {None}
    assert len({round(row.expected_orders, 6) for row in valued()}) == 1
    assert "few" in codes(live())
    assert (live().result["model"], live().result["identified"]) == ("average", False)


def test_where_nobody_leaves_no_chance_is_given(shop):
    rng = np.random.default_rng(2)
    sell([np.flatnonzero(rng.random(100) < rng.gamma(0.7, 1 / 50)).tolist() or [5] for _ in range(200)])

    refresh.run(None)

    assert "no_dropout" in codes(live())
    assert valued().count() == 200
    assert {(row.alive_chance, row.next_from) for row in valued()} == {(None, None)}


@pytest.mark.parametrize(
    ("bought_at", "code"), [(None, "nothing"), (datetime(2150, 1, 1, tzinfo=UTC), "later")]
)
def test_nothing_to_learn_from_is_a_note_and_no_failure(shop, bought_at, code):
    person = make_customer()
    if bought_at:
        make_purchase(person, at=bought_at)

    found = refresh.run(None)

    assert [one["rows"] for one in found["steps"] if one["name"] == "value"] == [0]
    assert codes(live()) == [code]
    assert not valued().exists()


def test_other_scores_stay_when_only_the_value_is_asked_for_and_the_other_way_round(shop):
    sell(unlike(60))
    refresh.run(None)
    before = list(CustomerFeatures.objects.order_by("pk").values())

    refresh.run(None, only=["value"])
    refresh.run(None, only=["features", "rfm"])

    assert list(CustomerFeatures.objects.order_by("pk").values()) == before


def test_values_go_when_their_purchases_do(shop):
    sell(unlike(60))
    refresh.run(None)
    some = valued().count()

    Customer.objects.first().purchases.all().delete()
    refresh.run(None)

    assert valued().count() == some - 1


def test_an_enormous_order_leaves_a_refresh_whole(shop):
    people = sell(unlike(60))
    make_purchase(people[1], "9999999999.99", at=START + timedelta(days=100))

    refresh.run(None)

    assert valued().count() == 60
    assert max(valued().values_list("clv", flat=True)) <= 999_999_999_999


def test_rules_ask_by_value_chance_and_next_purchase(shop):
    sell(unlike())
    refresh.run(None)
    rule = {
        "all": [
            {"field": "clv", "op": ">", "value": 5},
            {"field": "alive_chance", "op": ">=", "value": 0.7},
            {"field": "expected_orders", "op": ">", "value": 1},
            {"field": "next_purchase_from", "op": "after", "value": "2026-01-01"},
            {"field": "next_purchase_until", "op": "known"},
        ]
    }

    segment = Segment.objects.create(slug="dear", name="Dear", rule=rule)
    audience.rebuild(segment)

    wanted = valued().filter(
        clv__gt=5, alive_chance__gte=0.7, expected_orders__gt=1, next_until__isnull=False
    )
    assert set(audience.members(segment).values_list("pk", flat=True)) == set(
        wanted.values_list("pk", flat=True)
    )
    assert wanted.count() > 3


def test_a_segment_is_worth_the_sum_of_its_members_large_or_small(shop, monkeypatch):
    sell(unlike(60))
    rule = {"all": [{"field": "orders", "op": ">", "value": 3}]}
    segment = Segment.objects.create(slug="often", name="Often", rule=rule)
    refresh.run(None)
    segment.refresh_from_db()
    wanted = valued().filter(orders__gt=3).aggregate(s=Sum("clv"))["s"]

    small = valuing.of_segment(segment)
    monkeypatch.setattr(valuing, "ADDED_UP", 0)
    large = valuing.of_segment(segment)

    assert small.total == pytest.approx(wanted, abs=Decimal("0.01"))
    assert large.total == pytest.approx(wanted, abs=Decimal("0.01"))
    assert small.valued == large.valued == segment.member_count
    assert small.mean == pytest.approx(wanted / segment.member_count, abs=Decimal("0.01"))


def test_a_large_shop_is_checked_by_a_part_and_says_so(shop, monkeypatch):
    sell(unlike())
    monkeypatch.setattr(value_check, "CHECKED_CUSTOMERS", 50)

    refresh.run(None)

    assert {"code": "sampled", "n": 3} in live().result["notes"]
    in_part = Customer.objects.annotate(rest=F("pk") % 3).filter(rest=0).count()
    assert live().result["check"]["customers"] <= in_part


def test_a_check_holds_for_a_week_unless_the_shop_or_its_terms_change(shop, monkeypatch):
    made = []
    judge = value_check._checked
    monkeypatch.setattr(value_check, "_checked", lambda *given: made.append(1) or judge(*given))
    sell(unlike())

    refresh.run(None)

    for ago, wanted in ((6, 1), (7, 2)):
        run = live()
        run.result["checked_on"] = (shop.today() - timedelta(ago)).isoformat()
        run.save()
        refresh.run(None)
        assert (len(made), live().result["check"] is not None) == (wanted, True)
    Business.objects.update(margin_percent=10)
    refresh.run(None)

    assert len(made) == 3
