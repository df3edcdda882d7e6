from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from crm.models import Business, Customer, Purchase, Refund
from segments import purchase_days
from segments.models import CustomerFeatures, ScoringRun
from segments.value import estimating
from tests.people import make_customer, make_purchase, make_refund
from tests.segments.cdnow import FILE

pytestmark = pytest.mark.django_db
START = datetime(2026, 1, 5, 12, tzinfo=UTC)


def run_value(*arguments):
    out = StringIO()
    call_command("value", "--json", *arguments, stdout=out)
    return json.loads(out.getvalue())


def bring(file, *arguments):
    call_command("import_file", "purchases", str(file), *arguments, stdout=StringIO(), stderr=StringIO())


def sell(histories, *, amount=20, start=START):
    """Customers who bought on these days after the start, each day once; by rows, as there may be many."""
    people = Customer.objects.bulk_create(
        [Customer(first_name=f"C{n}", email=f"c{n}@example.com") for n in range(len(histories))]
    )
    rows = [
        Purchase(
            key=f"t:{n}:{day}", customer=people[n], bought_at=start + timedelta(days=day), charged=amount
        )
        for n, days in enumerate(histories)
        for day in days
    ]
    Purchase.objects.bulk_create(rows)
    return people


def varied(customers=120, seed=3):
    """Days of purchases of customers who differ and of whom some leave, within half a year."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(customers):
        days, rate = [int(rng.integers(0, 60))], rng.gamma(1.5, 1 / 25)
        while rng.random() > 0.15:
            days.append(days[-1] + 1 + int(rng.exponential(1 / rate)))
        found.append([day for day in days if day < 150])
    return found


def test_the_published_sample_comes_out_right_through_the_command():
    bring(
        FILE,
        "--no-header",
        "--delimiter=whitespace",
        "--map=2=customer",
        "--map=3=bought_at",
        "--map=5=amount",
    )

    found = run_value("--calibrate-until=1997-09-30", "--horizon=39", "--margin=1", "--discount=0.15")
    latest = run_value("--margin=100", "--discount=15")

    params, spent, held = found["params"], found["spend"], found["holdout"]
    assert (found["identified"], found["customers"], found["repeaters"]) == (True, 2357, 946)
    assert params["r"] == pytest.approx(0.243, abs=0.001)
    assert params["alpha"] == pytest.approx(4.414, abs=0.002)
    assert params["a"] == pytest.approx(0.793, abs=0.001)
    assert params["b"] == pytest.approx(2.426, abs=0.002)
    assert found["log_likelihood"] == pytest.approx(-9582.43, abs=0.01)
    assert (spent["p"], spent["q"], spent["gamma"]) == pytest.approx((6.25, 3.74, 15.44), abs=0.01)
    assert spent["customers"] == 946
    assert spent["correlation"] == pytest.approx(0.114, abs=0.001)
    assert (held["from"], held["to"], held["actual"]) == ("1997-10-01", "1998-06-30", 1882)
    assert held["expected"] == pytest.approx(1653.4, abs=0.1)
    assert held["correlation"] == pytest.approx(0.626, abs=0.0005)
    assert held["mae"] == pytest.approx(0.785, abs=0.001)
    assert Decimal(found["clv_total"]) == Decimal(found["clv_total"]).quantize(Decimal("0.01")) > 50_000
    assert found["notes"] == []
    assert latest["holdout"] is None
    assert (latest["margin"], latest["discount"], latest["horizon"]) == (1, 0.15, 52)
    assert not CustomerFeatures.objects.exists()
    assert not ScoringRun.objects.exists()


def test_a_shorter_horizon_ends_the_hold_out_and_days_scale_alpha():
    sell(varied())
    until = "--calibrate-until=2026-04-30"

    weeks, days = run_value(until, "--horizon=4"), run_value(until, "--horizon=28", "--unit=days")

    assert weeks["holdout"]["to"] == days["holdout"]["to"] == "2026-05-28"
    assert days["holdout"]["expected"] == pytest.approx(weeks["holdout"]["expected"], rel=1e-3)
    assert days["params"]["alpha"] == pytest.approx(7 * weeks["params"]["alpha"], rel=1e-2)
    assert float(days["clv_total"]) == pytest.approx(float(weeks["clv_total"]), rel=1e-3)


def test_margin_scales_the_total_and_the_profile_is_the_default():
    sell(varied())
    Business.objects.filter(pk=1).delete()
    Business.objects.create(pk=1, margin_percent=40, discount_rate=5, value_months=6)

    default, double = run_value(), run_value("--margin=0.8")

    assert (default["margin"], default["discount"], default["horizon"]) == (0.4, 0.05, 26)
    assert float(double["clv_total"]) == pytest.approx(2 * float(default["clv_total"]), rel=1e-4)


def test_a_customer_is_seen_by_days_with_their_net_worth():
    ada = make_customer()
    make_purchase(ada, 50, at=START)
    make_purchase(ada, 30, at=START + timedelta(hours=2))
    make_purchase(ada, 40, at=START + timedelta(days=10))
    make_purchase(ada, 20, at=START + timedelta(days=10, hours=3))
    partly = make_purchase(ada, 100, at=START + timedelta(days=20))
    make_refund(partly, 60, at=START + timedelta(days=25))
    whole = make_purchase(ada, 99, at=START + timedelta(days=22))
    make_refund(whole, 99, at=START + timedelta(days=26))
    make_purchase(ada, 70, at=START + timedelta(days=23), status="cancelled")
    make_purchase(ada, 5, at=START + timedelta(days=90))
    make_purchase(None, 500, at=START + timedelta(days=30))
    make_purchase(make_customer(), 10, at=START + timedelta(days=90))

    found = purchase_days.summaries(date(2026, 2, 4), Business.current())
    before = purchase_days.summaries(date(2026, 1, 30), Business.current())

    assert found.ids.tolist() == [ada.pk]
    assert (found.repeats.tolist(), found.last.tolist(), found.age.tolist()) == ([2], [20], [30])
    assert found.value.tolist() == [pytest.approx((60 + 40) / 2)]
    assert before.repeats.tolist() == [3]
    assert before.value.tolist() == [pytest.approx((60 + 40 + 99) / 3)]


def test_a_loose_refund_of_the_day_lowers_it_never_below_nothing():
    ada, bob = make_customer(), make_customer()
    for person in (ada, bob):
        make_purchase(person, 10, at=START)
        make_purchase(person, 30, at=START + timedelta(days=7))
    for person, amount in ((ada, 12), (bob, 500)):
        Refund.objects.create(
            key=f"loose:{person.pk}", customer=person, amount=amount, refunded_at=START + timedelta(days=7)
        )

    found = purchase_days.summaries(date(2026, 2, 1), Business.current())

    assert found.repeats.tolist() == [1, 1]
    assert found.value.tolist() == [18, 0]


def test_days_are_those_of_the_shop():
    Business.objects.filter(pk=1).delete()
    Business.objects.create(pk=1, time_zone="Asia/Shanghai")
    ada = make_customer()
    make_purchase(ada, 10, at=datetime(2026, 1, 5, 15, tzinfo=UTC))
    make_purchase(ada, 10, at=datetime(2026, 1, 5, 17, tzinfo=UTC))

    found = purchase_days.summaries(date(2026, 1, 6), Business.current())

    assert (found.repeats.tolist(), found.last.tolist(), found.age.tolist()) == ([1], [1], [1])


def test_parts_of_the_customers_are_disjoint_and_whole():
    people = sell([[0, 3], [1], [2, 9, 11], [4]])

    parts = [purchase_days.summaries(date(2026, 3, 1), Business.current(), (2, j)) for j in (0, 1)]

    assert sorted([*parts[0].ids, *parts[1].ids]) == [one.pk for one in people]
    assert all(pk % 2 == j for j in (0, 1) for pk in parts[j].ids)


def test_the_days_after_calibration_are_counted_once_each():
    ada, _bob = sell([[0, 10, 40, 41], [5]])
    make_purchase(ada, 7, at=START + timedelta(days=40, hours=1))
    business = Business.current()

    ids, counts = purchase_days.bought_days(date(2026, 1, 31), date(2026, 3, 1), business)
    repeats = purchase_days.repeats_per_day(date(2026, 1, 5), date(2026, 3, 1), date(2026, 1, 6), business)

    assert (ids.tolist(), counts.tolist()) == ([ada.pk], [2])
    assert np.flatnonzero(repeats).tolist() == [10, 40, 41]
    assert repeats.sum() == 3


@pytest.mark.parametrize(
    ("histories", "note"),
    [
        ([[0]], "Too few customers came back for a second purchase (0;"),
        ([[0, 5]], "Too few customers came back for a second purchase (1;"),
        ([[0, 7, 14, 21]] * 40, "so alike"),
        ([[0]] * 60, "Too few customers came back for a second purchase (0;"),
    ],
)
def test_too_little_to_learn_from_gives_the_average_and_says_so(histories, note):
    sell(histories)

    found = run_value()

    assert not found["identified"]
    assert set(found["params"].values()) == {None}
    assert any(note in one for one in found["notes"])
    assert float(found["clv_total"]) >= 0


def test_without_purchases_that_count_there_is_a_plain_reason():
    with pytest.raises(CommandError, match="Import purchases first"):
        run_value()

    make_purchase(make_customer(), 20, at=datetime(2150, 1, 1, tzinfo=UTC))
    with pytest.raises(CommandError, match="dated after today"):
        run_value()
    make_purchase(make_customer(), 20, at=START)
    with pytest.raises(CommandError, match="lies in the future"):
        run_value("--calibrate-until=2140-01-01")
    with pytest.raises(CommandError, match="first sale was on 2026-01-05"):
        run_value("--calibrate-until=2025-01-01")


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("--horizon=0", "not above zero"),
        ("--horizon=nan", "not a number"),
        ("--horizon=inf", "not a number"),
        ("--horizon=9999", "ten years"),
        ("--margin=-1", "not between 0 and 1"),
        ("--margin=200", "nor a percentage"),
        ("--discount=x", "not a number"),
        ("--model=pareto", "invalid choice"),
    ],
)
def test_wrong_options_are_named(wrong, reason):
    sell([[0, 1]])

    with pytest.raises(CommandError, match=reason):
        run_value(wrong)


def test_future_purchases_and_huge_amounts_change_no_number_to_nonsense():
    people = sell(varied())
    make_purchase(people[0], 1, at=datetime(2150, 1, 1, tzinfo=UTC))
    plain = run_value()
    make_purchase(people[1], "9999999999.99", at=START + timedelta(days=100))

    found = run_value()

    assert any("dated after today" in note for note in found["notes"])
    assert plain["calibrated_until"] < "2027"
    assert Decimal(found["clv_total"]).is_finite()
    assert all(number is None or np.isfinite(number) for number in found["spend"].values())


def test_where_nobody_leaves_it_says_what_it_used_instead():
    rng = np.random.default_rng(2)
    sell([np.flatnonzero(rng.random(100) < rng.gamma(0.7, 1 / 50)).tolist() or [5] for _ in range(200)])

    found = run_value()

    assert not found["identified"]
    assert (found["model"], found["params"]["a"], found["params"]["b"]) == ("nbd", None, None)
    assert found["params"]["r"] > 0
    assert "Drop-out is not identified" in found["notes"][0]
    assert "Used instead: the NBD" in found["notes"][0]


def test_many_days_are_read_with_few_queries(django_assert_max_num_queries):
    sell(varied())
    wish = estimating.Wish(until=date(2026, 4, 1))
    business = Business.current()

    with django_assert_max_num_queries(7):
        made = estimating.estimate(wish, business, date(2026, 7, 1))

    assert made.holdout is not None
    assert len(made.worth().clv) == made.histories.customers
