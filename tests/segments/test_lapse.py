from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db.models import Max

from crm.models import Customer, Purchase
from segments import audience, order_days, purchase_days, refresh
from segments.lapse import judging
from segments.lapse.words import chance, definition
from segments.lifecycle import stages
from segments.models import CustomerFeatures, LifecycleChoice, ScoringRun, Segment
from segments.numerics.lapse.history import NEVER
from tests.people import make_customer, make_purchase, make_refund
from tests.segments import cdnow
from tests.segments.test_value_command import sell

pytestmark = pytest.mark.django_db


def bring_sample():
    orders = cdnow.orders()
    people = Customer.objects.bulk_create([Customer(first_name=f"C{one}") for one in orders.ids])
    noon = {day: datetime.combine(date.fromordinal(day), datetime.min.time(), UTC) for day in set(orders.day)}
    Purchase.objects.bulk_create(
        [
            Purchase(
                key=f"c:{n}", customer=people[who], bought_at=noon[day] + timedelta(hours=12), charged=amount
            )
            for n, (who, day, amount) in enumerate(
                zip(orders.who.tolist(), orders.day.tolist(), orders.amount.round(2).tolist(), strict=True)
            )
        ]
    )


def run_lapse(*arguments):
    out = StringIO()
    call_command("lapse", "--json", *arguments, stdout=out)
    return json.loads(out.getvalue())


def live():
    return ScoringRun.objects.get(kind="lapse", is_live=True)


def test_the_sample_is_foretold_better_than_by_the_usual_gap(shop, staff_client):
    bring_sample()

    found = run_lapse("--as-of=1997-09-30", "--horizon-days=90")
    refresh.run(None, only=["features", "lapse"])

    assert (found["judged_from"], found["judged_until"]) == ("1997-10-01", "1997-12-29")
    assert found["learned_until"] == "1997-09-30"
    assert (found["customers"], found["horizon_days"]) == (2357, 90)
    assert found["base_rate"] == pytest.approx(found["sum_actual"] / 2357)
    assert found["average_precision"] > found["baseline_average_precision"] + 0.02
    assert found["brier"] < found["baseline_brier"] < found["base_rate"] * (1 - found["base_rate"])
    assert found["ece"] < 0.08
    assert found["auc"] > 0.78
    assert found["top_decile_lift"] > 1.1
    assert found["sum_predicted"] == pytest.approx(found["sum_actual"], rel=0.05)
    _the_refresh_gave_everybody_a_chance()
    _the_page_shows_it(staff_client)


def _the_refresh_gave_everybody_a_chance():
    result = live().result
    rows = CustomerFeatures.objects.filter(lapse_chance__isnull=False)
    chances = dict(rows.values_list("customer_id", "lapse_chance"))
    assert result["scored"] == len(chances) == 2357
    assert sum(result["bands"]) == 2357
    assert result["bands"][2] == sum(one >= 2 / 3 for one in chances.values())
    assert result["expected"] == pytest.approx(sum(chances.values()))
    assert result["check"]["judged_until"] == result["until"] == "1998-06-30"
    often = rows.filter(orders__gt=8, last_bought_on__gt=date(1998, 6, 1)).values_list(
        "lapse_chance", flat=True
    )
    gone = rows.filter(orders=1).values_list("lapse_chance", flat=True)
    assert max(often) < 0.45 < 0.8 < min(gone)
    segment = Segment.objects.create(
        slug="risky", name="Risky", rule={"all": [{"field": "lapse_chance", "op": ">=", "value": 0.7}]}
    )
    audience.rebuild(segment)
    assert audience.members(segment).count() == rows.filter(lapse_chance__gte=0.7).count()


def _the_page_shows_it(staff_client):
    page = staff_client.get("/segments/lapse/").content.decode()
    assert "Who will probably not come back" in page
    assert "The half with the highest risk held" in page
    assert "What it cannot know" in page
    assert page.count("data-csv-button") == 3
    row = CustomerFeatures.objects.filter(orders__gt=8).latest("last_bought_on")
    panel = staff_client.get(f"/segments/customer/{row.customer.public_id}/").content.decode()
    assert chance(row.lapse_chance) in panel
    assert f"{row.orders} orders so far" in panel
    people = staff_client.get("/customers/?lapse_chance=0.6667..&columns=name,lapse_chance").content.decode()
    assert "Chance not to come back in time" in people


def test_orders_are_read_by_the_day_of_the_shop_until_the_day_they_were_given_back(shop):
    shop.time_zone = "Asia/Shanghai"
    shop.save()
    ada = make_customer()
    make_purchase(ada, 50, at=datetime(2026, 1, 5, 20, tzinfo=UTC))
    whole = make_purchase(ada, 99, at=datetime(2026, 1, 10, 12, tzinfo=UTC))
    make_refund(whole, 99, at=datetime(2026, 1, 20, 12, tzinfo=UTC))
    partly = make_purchase(ada, 100, at=datetime(2026, 1, 11, 12, tzinfo=UTC))
    make_refund(partly, 60, at=datetime(2026, 1, 25, 12, tzinfo=UTC))
    make_purchase(ada, 70, at=datetime(2026, 1, 12, tzinfo=UTC), status="cancelled")
    make_purchase(None, 70, at=datetime(2026, 1, 12, tzinfo=UTC))
    make_purchase(ada, 5, at=datetime(2026, 3, 1, tzinfo=UTC))

    found = order_days.read(date(2026, 2, 1), shop)

    assert found.ids.tolist() == [ada.pk]
    rows = sorted(zip(found.day.tolist(), found.amount.tolist(), found.returned.tolist(), strict=True))
    number = order_days.number_of
    assert rows == [
        (number(date(2026, 1, 6)), 50, NEVER),
        (number(date(2026, 1, 10)), 99, number(date(2026, 1, 20))),
        (number(date(2026, 1, 11)), 100, NEVER),
    ]
    assert order_days.day_of(number(date(2026, 1, 6))) == date(2026, 1, 6)


def test_too_little_is_said_in_plain_words(shop, staff_client):
    for days in (0, 40, 200):
        make_purchase(make_customer(), at=datetime(2026, 1, 5, tzinfo=UTC) + timedelta(days=days))

    refresh.run(None)

    page = staff_client.get("/segments/lapse/").content.decode()
    assert "Too little to learn from. Customers known" in page
    assert not CustomerFeatures.objects.filter(lapse_chance__isnull=False).exists()
    with pytest.raises(CommandError, match="Too little to learn from"):
        run_lapse()
    with pytest.raises(CommandError, match="too short a past for a forecast of 300 days"):
        run_lapse("--horizon-days=300")


def test_a_period_unlike_the_one_it_learned_from_is_said_on_the_page(shop, staff_client):
    stages.choose(LifecycleChoice(lost_days=40))
    rng = np.random.default_rng(5)
    later = [rng.integers(60, 240, rng.poisson(4)).tolist() for _ in range(300)]
    sell([sorted({n % 60, *days}) for n, days in enumerate(later)])
    usual = page_after_refresh(staff_client)
    last = Purchase.objects.aggregate(last=Max("bought_at"))["last"]
    lately = Purchase.objects.filter(bought_at__gt=last - timedelta(days=40), bought_at__lt=last)
    lately.filter(customer__pk__in=Customer.objects.order_by("pk")[:190]).delete()

    quiet = page_after_refresh(staff_client)

    assert "was unlike the one it learned from" not in usual
    assert "The period it was judged by was unlike the one it learned from" in quiet
    assert "Take the order of the customers more seriously" in quiet


def page_after_refresh(client):
    ScoringRun.objects.all().delete()  # A check holds for a week.
    refresh.run(None, only=["features", "lapse"])
    return client.get("/segments/lapse/").text


def test_without_purchases_the_page_says_so_before_and_after_the_first_refresh(shop, staff_client):
    before = staff_client.get("/segments/lapse/").content.decode()
    make_customer()
    refresh.run(None)

    after = staff_client.get("/segments/lapse/").content.decode()

    assert "Chances come with the next refresh" in before
    assert "No customer has a purchase that counts yet" in after
    with pytest.raises(CommandError, match="No customer has a purchase"):
        run_lapse()


def test_the_horizon_is_what_the_shop_calls_lost_as_far_as_the_past_allows(shop):
    stages.choose(LifecycleChoice(lost_days=120))
    first = date(2025, 1, 1)

    assert judging.horizon(first, first + timedelta(days=1000)) == 120
    assert judging.horizon(first, first + timedelta(days=240)) == 40
    assert purchase_days.span(shop, shop.today()) is None


def rhythm(days=30, people=20):
    for _ in range(people):
        make_features(gap_days=days)


def make_features(**fields):
    CustomerFeatures.objects.create(customer=make_customer(), as_of=date(2026, 6, 1), orders=3, **fields)


def test_lost_can_be_told_in_usual_gaps_and_moves_with_them(shop, owner_client):
    rhythm()

    answer = owner_client.post("/segments/stages/", {"lost_gaps": "5", "act": "save"})
    then = stages.thresholds()
    both = owner_client.post("/segments/stages/", {"lost_gaps": "5", "lost_days": "90", "act": "save"})
    CustomerFeatures.objects.update(gap_days=40)

    assert answer.status_code == 302
    assert then.lost_days == 150
    assert stages.thresholds().lost_days == 200
    assert "Choose one of the two" in both.content.decode()
    words = definition(stages.chosen(), stages.thresholds())
    assert words.startswith("You call a customer lost after 5.0 times the usual 40 days")
    assert "200 days without one" in words


def test_usual_gaps_are_refused_until_they_are_known(shop, owner_client):
    page = owner_client.post("/segments/stages/", {"lost_gaps": "5", "act": "save"})

    assert page.status_code == 422
    assert "Too few customers came back to know the usual days" in page.content.decode()
    assert not LifecycleChoice.objects.exists()


@pytest.mark.parametrize(
    ("share", "words"), [(0.97, "almost all"), (0.72, "7 in 10"), (0.06, "1 in 10"), (0.01, "hardly anybody")]
)
def test_risks_are_said_in_tens(share, words):
    assert words in chance(share)
