from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from crm import ledger
from crm.models import Interaction, Mailing, Message
from segments import features
from segments.lifecycle import journey
from segments.models import CustomerFeatures
from tests.people import make_customer, make_purchase, make_refund

pytestmark = pytest.mark.django_db
MAY = journey.Period(date(2026, 5, 1), date(2026, 5, 31))
START = datetime(2026, 5, 1, tzinfo=UTC)
ADDRESS = "first=2026-05-01&last=2026-05-31"


def happen(customer, kind: str, day: int, hour: int = 12, **fields) -> None:
    at = START + timedelta(days=day - 1, hours=hour)
    key = f"{customer and customer.pk}:{kind}:{at.isoformat()}"
    ledger.record([Interaction(customer=customer, kind=kind, at=at, source="test", key=key, **fields)])


def bought(customer, day: int, **fields):
    return make_purchase(customer, at=START + timedelta(days=day - 1, hours=12), **fields)


def described(shop) -> None:
    features.rebuild(date(2026, 6, 15), business=shop)


def step(found: journey.Map, start: str, goal: str) -> tuple[int, int]:
    one = next(one for one in found.steps if (one.start, one.goal) == (start, goal))
    return one.reached, one.went


def test_each_step_counts_people_who_came_to_the_second_point_after_the_first(shop):
    buyer, waverer, early, twice = (make_customer(last_name=name) for name in "ABCD")
    happen(buyer, "view", 3)
    happen(buyer, "cart", 4)
    bought(buyer, 5)
    happen(waverer, "view", 3)
    happen(waverer, "cart", 9)
    bought(early, 2)  # Before the cart, so the cart led to nothing.
    happen(early, "cart", 20)
    for day in (6, 8, 10):
        happen(twice, "view", day)
    bought(twice, 7)
    bought(twice, 30)
    happen(twice, "cart", 20)  # Bought before and after it: the later one counts.
    described(shop)

    found = journey.build(MAY, shop)

    assert found.points["view"] == 3
    assert step(found, "view", "cart") == (3, 3)
    assert step(found, "cart", "purchase") == (4, 2)
    assert step(found, "first", "second") == (3, 1)


def test_only_the_days_of_the_period_count_and_first_means_first_ever(shop):
    old, edge = make_customer(), make_customer()
    make_purchase(old, at=datetime(2026, 4, 1, tzinfo=UTC))
    bought(old, 10)
    make_purchase(edge, at=START)
    make_purchase(edge, at=datetime(2026, 6, 1, tzinfo=UTC))
    happen(edge, "view", 31, hour=23)
    happen(edge, "view", 0, hour=23)
    happen(old, "cart", 32, hour=0)
    described(shop)

    found = journey.build(MAY, shop)

    assert (found.points["purchase"], found.points["first"], found.points["second"]) == (2, 1, 0)
    assert (found.points["view"], found.points["cart"]) == (1, 0)


def test_given_back_orders_are_no_purchases_and_unknown_people_are_named_as_left_out(shop):
    customer = make_customer()
    make_refund(bought(customer, 5, amount=20), 20)
    bought(None, 6)
    happen(None, "view", 6)
    happen(customer, "view", 7)
    described(shop)

    found = journey.build(MAY, shop)

    assert found.points["purchase"] == 0
    assert (found.times, found.nobody) == (4, 2)


def test_mails_that_were_sent_begin_the_way_of_a_mail(shop):
    reader, silent = make_customer(), make_customer()
    mailing = Mailing.objects.create(kind="campaign", source="c1", name="May", purpose="marketing")
    for n, (customer, state) in enumerate([(reader, "sent"), (silent, "sent"), (make_customer(), "failed")]):
        Message.objects.create(
            mailing=mailing, key=f"{n}", customer=customer, state=state, sent_at=START + timedelta(days=1)
        )
    happen(reader, "open", 3)
    happen(reader, "click", 3, hour=13)
    bought(reader, 4)
    described(shop)

    found = journey.build(MAY, shop)

    assert step(found, "mail", "open") == (2, 1)
    assert step(found, "open", "click") == (1, 1)
    assert step(found, "click", "purchase") == (1, 1)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("point=cart", {"Bought", "Left"}),
        ("point=cart&goal=purchase", {"Bought"}),
        ("point=cart&goal=purchase&went=no", {"Left"}),
        ("left=first&came=sleeping", {"Left"}),
    ],
)
def test_every_number_leads_to_the_people_behind_it(shop, staff_client, query, names):
    people = {name: make_customer(last_name=name) for name in ("Bought", "Left", "Other")}
    happen(people["Bought"], "cart", 4)
    bought(people["Bought"], 5)
    happen(people["Left"], "cart", 4)
    entry = {"subject": "sleeping", "properties": {"from": "first"}}
    at = START + timedelta(days=9)
    ledger.record(
        [Interaction(customer=people["Left"], kind="stage", at=at, source="lifecycle", key="1", **entry)]
    )
    described(shop)

    page = staff_client.get(f"/segments/people/?{query}&{ADDRESS}").content.decode()

    assert {name for name in people if f" {name}</a>" in page} == names


@pytest.mark.parametrize(
    "query",
    [
        f"point=tea&{ADDRESS}",
        f"point=cart&goal=view&{ADDRESS}",
        "point=cart&first=x&last=2026-05-31",
        "point=cart&first=2026-06-01&last=2026-05-31",
        "point=cart&first=0001-01-01&last=9999-12-31",
    ],
)
def test_a_step_that_does_not_exist_is_not_found(shop, staff_client, query):
    assert staff_client.get(f"/segments/people/?{query}").status_code == 404


def test_changes_of_stage_are_shares_of_all_stays_in_the_stage(shop):
    """Four stays in “first”: one still there, two that ended in May, one that ended later."""
    people = [make_customer() for _ in range(4)]
    described(shop)
    for customer, stage in zip(people, ("active", "sleeping", "first", "sleeping"), strict=True):
        CustomerFeatures.objects.filter(customer=customer).update(stage=stage)
    moves = [(people[0], "active", 5), (people[1], "sleeping", 6), (people[3], "sleeping", 40)]
    ledger.record(
        Interaction(
            customer=customer,
            kind="stage",
            at=START + timedelta(days=day),
            source="lifecycle",
            key=f"{customer.pk}",
            subject=stage,
            properties={"from": "first"},
        )
        for customer, stage, day in moves
    )

    found = {(one.before, one.after): (one.n, one.stays) for one in journey.moves(MAY, shop)}

    assert found == {("first", "active"): (1, 4), ("first", "sleeping"): (1, 4)}


def test_the_page_shows_the_map_with_few_queries(shop, staff_client, django_assert_max_num_queries):
    buyer = make_customer()
    happen(buyer, "cart", 4)
    bought(buyer, 5)
    described(shop)

    with django_assert_max_num_queries(22):
        page = staff_client.get(f"/segments/journey/?{ADDRESS}").content.decode()

    assert "Put into the cart → Purchase" in page
    assert f"?point=cart&amp;goal=purchase&amp;{ADDRESS.replace('&', '&amp;')}" in page
    assert "100" in page


def test_unreadable_days_are_said_and_the_usual_period_is_shown(shop, staff_client):
    page = staff_client.get("/segments/journey/?first=soon&last=later")

    assert page.status_code == 200
    assert "These days could not be read" in page.content.decode()


def test_each_table_of_the_journey_can_be_saved_as_a_file(shop, staff_client):
    customer = make_customer()
    bought(customer, 5)
    happen(customer, "stage", 6, subject="first", properties={"from": "lead"})
    Interaction.objects.filter(kind="stage").update(source="lifecycle")
    described(shop)

    page = staff_client.get(f"/segments/journey/?{ADDRESS}").content.decode()

    for section in page.split("<section")[1:]:
        part = section.split("</section>")[0]
        if "<table" in part:
            assert "data-csv-button" in part
            assert 'data-csv="' in part
    for title in ("From one touch point to the next", "Touch points", "Changes of stage"):
        assert f'data-csv="{title}"' in page
