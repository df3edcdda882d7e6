from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from crm import analysis_day, ledger
from crm.models import Business, Interaction, Purchase
from segments import audience, lease, refresh
from segments.clusters import laboratory
from segments.models import CustomerFeatures, Membership, ScoringRun, Segment
from segments.rules.describe import sentence
from segments.rules.moment import Moment
from segments.rules.parsing import parse
from tests.people import make_customer, make_purchase, make_refund

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
THEN = datetime(2011, 2, 28, 17, tzinfo=UTC)
LAST = date(2011, 2, 28)
LATELY = {"field": "last_bought_on", "op": "in_last_days", "value": 30}


def old_shop() -> list:
    """Sales on the last four days of February 2011, a day apart."""
    people = [make_customer(last_name=f"Old {n}") for n in range(4)]
    for back, customer in enumerate(people):
        make_purchase(customer, at=THEN - timedelta(days=back))
    return people


def fresh(mode: str, on: date | None = None) -> Business:
    analysis_day.choose(Business.current(), mode, on)
    return Business.current()


def test_a_last_sale_is_old_after_45_days_and_not_before(shop):
    make_purchase(make_customer(), at=datetime(2026, 5, 1, 9, tzinfo=UTC))

    at_45 = analysis_day.old_sale(shop, NOW)
    at_46 = analysis_day.old_sale(shop, NOW + timedelta(days=1))

    assert at_45 is None
    assert at_46 == analysis_day.OldSale(date(2026, 5, 1), 46)


def test_a_shop_that_sells_every_two_months_is_asked_after_twice_that(shop):
    for month in (1, 3, 5, 7):  # 59, 61 and 61 days apart.
        make_purchase(make_customer(), at=datetime(2025, month, 1, 9, tzinfo=UTC))

    within = analysis_day.old_sale(shop, datetime(2025, 10, 31, 12, tzinfo=UTC))  # 122 days.
    beyond = analysis_day.old_sale(shop, datetime(2025, 11, 1, 12, tzinfo=UTC))

    assert (within, beyond and beyond.ago) == (None, 123)


def test_only_sales_to_known_people_that_count_and_are_past_are_the_last_sale(shop):
    customer = make_customer()
    make_purchase(customer, at=THEN)
    make_purchase(None, at=NOW)
    make_purchase(customer, at=NOW, status=Purchase.Status.CANCELLED)
    make_refund(make_purchase(customer, 20, at=NOW), 20)
    make_purchase(customer, at=NOW + timedelta(days=400))

    found = analysis_day.last_sale(shop, NOW)

    assert found == LAST


def test_the_question_is_asked_once_for_each_last_sale(shop):
    customer = old_shop()[0]
    asked = analysis_day.question(shop, NOW)

    shop = fresh("today")
    declined = analysis_day.question(shop, NOW)
    make_purchase(customer, at=datetime(2012, 3, 1, tzinfo=UTC))

    assert asked.day == LAST
    assert declined is None
    assert analysis_day.question(shop, NOW).day == date(2012, 3, 1)


def test_a_refresh_describes_everybody_as_of_the_last_sale_and_says_so(shop):
    old_shop()
    refresh.run(None)
    lost = set(CustomerFeatures.objects.values_list("stage", flat=True))

    fresh("last_sale")
    out = StringIO()
    call_command("refresh", "--json", stdout=out)

    assert lost == {"lost"}
    assert json.loads(out.getvalue())["as_of"] == "2011-02-28"
    assert set(CustomerFeatures.objects.values_list("stage", flat=True)) == {"first"}
    assert sorted(CustomerFeatures.objects.values_list("recency_days", flat=True)) == [0, 1, 2, 3]


def test_moving_the_day_is_no_move_of_a_customer_but_buying_again_later_is(shop):
    people = old_shop()
    refresh.run(None)
    fresh("last_sale")
    refresh.run(None)
    unmoved = Interaction.objects.filter(kind="stage").count()

    make_purchase(people[0], at=THEN + timedelta(days=1))
    refresh.run(None)

    moved = Interaction.objects.get(kind="stage")
    assert unmoved == 0
    assert (moved.customer, moved.properties["from"], moved.subject) == (people[0], "first", "active")
    assert timezone.now() - moved.at < timedelta(minutes=5)


def test_rules_that_count_days_follow_the_day_and_say_so(shop):
    old_shop()
    segment = Segment.objects.create(slug="lately", name="Lately", rule={"all": [LATELY]})
    recent = Segment.objects.create(
        slug="r", name="R", rule={"all": [{"field": "recency_days", "op": "<=", "value": 1}]}
    )
    bought = Segment.objects.create(slug="b", name="B", rule={"did": "purchase", "within_days": 2})
    refresh.run(None)
    before = [audience.members(one).count() for one in (segment, recent, bought)]

    fresh("last_sale")
    refresh.run(None)

    assert before == [0, 0, 0]
    assert [audience.members(one).count() for one in (segment, recent, bought)] == [4, 2, 2]
    assert timezone.now() - Membership.objects.latest("pk").entered_at < timedelta(minutes=5)
    words = sentence(parse(segment.rule), Moment.now().counts_back)
    assert words.endswith("Days count back from 28 Feb 2011.")
    assert "count back" not in sentence(
        parse({"all": [{"field": "orders", "op": ">", "value": 1}]}), Moment.now().counts_back
    )


def test_mails_answers_and_birthdays_go_by_the_real_day(shop):
    clicker, other = old_shop()[:2]
    today = shop.today()
    type(clicker).objects.filter(pk=other.pk).update(birth_date=today.replace(year=1990, day=1))
    click = Interaction(
        customer=clicker, kind="click", at=timezone.now() - timedelta(days=3), source="c", key="1"
    )
    answer = Interaction(
        customer=clicker, kind="answer", at=timezone.now(), source="s", key="1", metric="nps", number=9
    )
    ledger.record([click, answer])

    fresh("last_sale")
    refresh.run(None)

    def found(rule) -> list:
        return list(audience.live(rule).order_by("pk"))

    assert found({"did": "click", "within_days": 30}) == [clicker]
    assert found({"did": "click", "within_days": 2}) == []
    assert found({"all": [{"field": "mail.clicked_days", "op": "<=", "value": 3}]}) == [clicker]
    assert found({"all": [{"field": "mail.clicked_days", "op": "<=", "value": 2}]}) == []
    assert found({"all": [{"field": "nps.last", "op": ">=", "value": 9}]}) == [clicker]
    age = today.year - 1990
    assert found({"all": [{"field": "age", "op": "is", "value": age}]}) == [other]


def test_a_fixed_day_leaves_out_what_was_sold_later(shop):
    people = old_shop()
    fresh("fixed", date(2011, 2, 26))

    refresh.run(None)

    rows = dict(CustomerFeatures.objects.values_list("customer__last_name", "orders"))
    assert rows == {"Old 0": 0, "Old 1": 0, "Old 2": 1, "Old 3": 1}
    assert CustomerFeatures.objects.get(customer=people[2]).recency_days == 0


def test_sales_of_these_days_bring_analysis_back_to_today_with_a_notice(shop, owner_client):
    people = old_shop()
    fresh("last_sale")
    refresh.run(None)

    make_purchase(people[0], at=timezone.now() - timedelta(hours=1))
    done = refresh.run(None)

    page = owner_client.get("/segments/day/panel/").content.decode()
    shop.refresh_from_db()
    assert (done["as_of"], shop.analyse_as_of) == (str(shop.today()), "today")
    assert "New sales came in, so analysis stands on today again." in page
    assert "Stay with 28 Feb 2011" in page


def test_older_files_brought_in_later_move_the_day_along(shop):
    people = old_shop()
    fresh("last_sale")

    make_purchase(people[0], at=datetime(2012, 5, 3, tzinfo=UTC))
    stands = analysis_day.settle(Business.current(), NOW)

    assert (stands.day, stands.is_last_sale) == (date(2012, 5, 3), True)
    assert Business.current().analyse_sale_on == date(2012, 5, 3)


def test_a_fixed_day_holds_for_the_sales_known_then_and_ends_with_much_newer_ones(shop):
    people = old_shop()
    fresh("fixed", date(2011, 2, 27))

    make_purchase(people[0], at=THEN + timedelta(days=45))
    near = analysis_day.standing(Business.current(), NOW)
    make_purchase(people[0], at=THEN + timedelta(days=46))
    far = analysis_day.standing(Business.current(), NOW)

    assert near.day == date(2011, 2, 27)
    assert (far.is_today, far.left) == (True, date(2011, 2, 27))


def test_one_click_answers_the_question_and_asks_for_a_refresh(shop, owner_client):
    old_shop()
    asked = owner_client.get("/segments/day/panel/").content.decode()

    answer = owner_client.post("/segments/day/answer/", {"act": "yes"}, headers={"HX-Request": "true"})

    assert "The last sale in your data was on 28 Feb 2011. Analyse as of that day?" in asked
    assert "as of 28 Feb 2011, the last sale" in answer.content.decode()
    assert Business.current().analyse_as_of == "last_sale"
    assert ScoringRun.objects.filter(kind="refresh").exists()


def test_no_is_remembered_and_asks_for_nothing(shop, owner_client):
    old_shop()

    owner_client.post("/segments/day/answer/", {"act": "no"})

    assert "Analyse as of that day?" not in owner_client.get("/segments/day/panel/").content.decode()
    assert not ScoringRun.objects.exists()


def test_staying_with_the_old_day_holds_against_the_sale_that_ended_it(shop, owner_client):
    people = old_shop()
    fresh("last_sale")
    make_purchase(people[0], at=timezone.now() - timedelta(hours=1))
    refresh.run(None)

    owner_client.post("/segments/day/answer/", {"act": "keep"})
    done = refresh.run(None)

    assert done["as_of"] == "2011-02-28"
    assert Business.current().analyse_as_of == "fixed"


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"mode": "fixed"}, "Which day? Please choose one."),
        ({"mode": "fixed", "on": "2999-01-01"}, "This day has not come yet."),
        ({"mode": "last_sale"}, "There is no sale to a known customer yet."),
        ({"mode": "never"}, "never"),
    ],
)
def test_the_page_says_what_is_missing(shop, owner_client, form, problem):
    page = owner_client.post("/segments/day/", form)

    assert page.status_code == 422
    assert problem in page.content.decode()
    assert Business.current().analyse_as_of == "today"


def test_every_page_with_scores_states_the_day(shop, owner_client):
    customer = old_shop()[0]
    Segment.objects.create(slug="lately", name="Lately", rule={"all": [LATELY]})
    owner_client.post("/segments/day/", {"mode": "last_sale"})
    ScoringRun.objects.all().delete()  # Nothing waits any more.
    refresh.run(None)
    group = CustomerFeatures.objects.get(customer=customer).rfm_group

    for address in (
        "/segments/",
        "/segments/s/lately/",
        f"/segments/people/?group={group}",
        "/campaigns/home/figures/",
    ):
        assert "s of 28 Feb 2011, the last sale" in owner_client.get(address).content.decode(), address
    for address in ("/segments/rfm/", "/segments/clusters/"):
        page = owner_client.get(address).content.decode()
        assert "<strong>28 Feb 2011</strong>" in page, address
        assert ", the last sale" in page, address
    assert "4 of 4 buyers" in owner_client.get("/campaigns/home/figures/").content.decode()


def test_a_clustering_stands_on_the_same_day(shop):
    for n in range(12):
        make_purchase(make_customer(), 10 + n, at=THEN - timedelta(days=n))
    fresh("last_sale")
    refresh.run(None)

    run = lease.claim(laboratory.prepare(["recency_days"], k=2, scaling="none", seed=1).pk)
    laboratory.run(run)

    assert ScoringRun.objects.get(pk=run.pk).as_of == LAST


def test_while_analysis_stands_on_today_nothing_is_asked_of_the_database(shop, django_assert_num_queries):
    old_shop()
    business = Business.current()

    with django_assert_num_queries(0):
        stands = analysis_day.standing(business, NOW)

    assert stands.is_today


def test_each_choice_of_the_day_has_its_words_beside_its_button(shop, owner_client):
    make_purchase(make_customer())

    page = " ".join(owner_client.get("/segments/day/").content.decode().split())

    assert "<legend" in page
    assert page.count('<label class="form-check mb-1"><input type="radio"') == 3
