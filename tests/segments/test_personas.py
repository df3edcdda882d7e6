from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone

from crm.models import Business, Customer, CustomField, Interaction, User
from segments import people, refresh
from segments.models import CustomerFeatures, Segment
from segments.numerics.lifts import lifts
from segments.personas import advice, cards, facts, telling
from tests.people import make_customer, make_product, make_purchase

pytestmark = pytest.mark.django_db


def ago(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)


def tea_shop(shop) -> Segment:
    """20 women of Galway who buy oolong for 100, and 40 men of Cork who buy mints for 10."""
    oolong, mints = make_product("Oolong"), make_product("Mints", category="Sweets")
    for n in range(60):
        is_hers = n < 20
        customer = make_customer(
            last_name=f"Person {n:02}",
            gender="f" if is_hers else "m" if n < 50 else "",
            city="Galway" if is_hers else "Cork",
            language="zh-hans" if is_hers else "en",
            birth_date=date(1990, 1, 1) if n % 2 else None,
        )
        make_purchase(customer, 100 if is_hers else 10, at=ago(5), product=oolong if is_hers else mints)
        make_purchase(customer, 100 if is_hers else 10, at=ago(200), product=make_product("Cups"))
    segment = Segment.objects.create(
        slug="ladies", name="Ladies", rule={"all": [{"field": "gender", "op": "is", "value": "f"}]}
    )
    refresh.run(None)
    return segment


def card_of(query: dict[str, str]) -> cards.Card:
    selection = people.select(query)
    assert selection is not None
    return cards.card(selection, Business.current(), timezone.now())


def lines_of(parts, title: str) -> dict[str, tuple[float, float, bool]]:
    part = next(one for one in parts if one.title == title)
    return {one.label: (round(one.share, 3), round(one.of_all, 3), one.striking) for one in part.lines}


def test_lifts_are_those_worked_out_by_hand_and_small_counts_are_never_sure():
    found = lifts(np.array([20, 10, 4]), 40, np.array([25, 50, 4]), 200)

    # 20/40 against 25/200: pooled 45/240, z = .375 / sqrt(.1875 · .8125 · (1/40 + 1/200)) = 5.547.
    assert found.lift.tolist() == [4.0, 1.0, 5.0]
    assert found.share.tolist() == [0.5, 0.25, 0.1]
    assert found.q_value[0] == pytest.approx(3 * 1.45e-8, rel=0.02)
    assert found.sure.tolist() == [True, False, False]


def test_a_card_counts_its_people_beside_everyone(shop):
    tea_shop(shop)

    card = card_of({"segment": "ladies"})

    assert (card.facts.size, card.everyone.size) == (20, 60)
    assert lines_of(card.who, "Gender") == {"Female": (1.0, 0.4, True)}
    assert lines_of(card.who, "City") == {"Galway": (1.0, 0.333, True)}
    assert lines_of(card.who, "Language") == {"Chinese (Simplified)": (1.0, 0.333, True)}
    assert next(one for one in card.who if one.title == "Age").known == 10
    assert [(one.label, round(one.lift, 2)) for one in card.products.lines] == [("Oolong", 3.0)]
    assert card.share_of_people == pytest.approx(1 / 3)
    assert card.share_of_revenue == pytest.approx(4000 / 4800)
    assert card.facts.figures["basket"] == 100
    assert card.facts.figures["price"] == 100


def test_times_are_those_of_the_shop(shop):
    Business.objects.filter(pk=shop.pk).update(time_zone="Asia/Shanghai")
    customer = make_customer()
    make_purchase(customer, 5, at=datetime(2026, 6, 14, 17, 30, tzinfo=UTC))  # Monday, half past one there.
    make_purchase(customer, 5, at=datetime(2026, 3, 31, 15, 30, tzinfo=UTC))  # Still the first quarter there.
    refresh.run(None, only=["features"])

    found = facts.read(CustomerFeatures.objects.all(), Business.current(), date(2026, 6, 20), timezone.now())

    assert found.counts["weekday"] == {0: 1, 1: 1}
    assert found.counts["part"] == {"night": 2}
    assert found.counts["quarter"] == {1: 1, 2: 1}
    assert found.orders == 2


def test_answers_to_mails_are_counted_per_person(shop):
    ids = [make_customer().pk for _ in range(4)]
    for pk, kind, day in (
        (ids[0], "open", 5),
        (ids[0], "click", 5),
        (ids[1], "click", 5),
        (ids[2], "open", 500),
    ):
        Interaction.objects.create(customer_id=pk, kind=kind, at=ago(day), source="t", key=f"{pk}{kind}")
    make_purchase(CustomerFeatures(customer_id=ids[0]).customer, 9, at=ago(3))
    make_purchase(CustomerFeatures(customer_id=ids[1]).customer, 9, at=ago(6))
    refresh.run(None, only=["features"])

    found = facts.read(CustomerFeatures.objects.all(), shop, shop.today(), timezone.now())

    assert found.counts["mail"] == {"got": 0, "opened": 1, "clicked": 2, "bought": 1}
    assert found.share("mail", "clicked") == 0.0


def made(**figures) -> facts.Facts:
    usual = {
        "once": 10,
        "buyers": 100,
        "revenue": 1000,
        "clv": 50,
        "alive": 0.8,
        "nps_known": 0,
        "csat": None,
    }
    found = facts.Facts(100, 100, figures={**usual, **figures})
    found.counts["mail"], found.known["mail"] = facts.Counter(), 0
    return found


@pytest.mark.parametrize(
    ("figures", "what"),
    [
        ({"clv": 150, "alive": 0.4}, "Call them or write in person"),
        ({"clv": 150, "alive": 0.85}, "Thank them"),
        ({"clv": 20, "alive": 0.3}, "One kind reminder"),
        ({"nps_known": 20, "promoters": 2, "detractors": 10}, "Ask what went wrong"),
        ({"nps_known": 9, "promoters": 0, "detractors": 9}, "Treat them like everybody else"),
        ({"once": 70}, "second order"),
        ({}, "Treat them like everybody else"),
    ],
)
def test_advice_follows_the_figures_and_says_them(figures, what):
    found = advice.give(made(**figures), made(), None, "")

    assert what in found[0].what
    assert found[0].why
    if "alive" in figures and figures["clv"] == 150 and figures["alive"] < 0.5:
        assert found[0].why.startswith("Each is worth 3.0 times the average")
        assert "40%; among everyone it is 80%" in found[0].why


def test_too_few_people_are_said_to_be_too_few(shop, staff_client):
    tea_shop(shop)
    few = Segment.objects.create(
        slug="one", name="One", rule={"all": [{"field": "last_name", "op": "is", "value": "Person 07"}]}
    )
    refresh.run(None, only=["segments"])

    page = staff_client.get("/segments/persona/?segment=one").content.decode()
    empty = Segment.objects.create(slug="none", name="None", kind="static")

    assert few.memberships.count() == 1
    assert "Only 1 person: this describes one customer" in page
    assert "Get to know them one by one" in page
    assert "Nobody is in it" in staff_client.get(f"/segments/persona/?segment={empty.slug}").content.decode()


def test_the_page_speaks_either_language_and_names_people_only_to_who_may_see_them(shop, owner_client):
    tea_shop(shop)
    mine = User.objects.create_user(
        "mia@teahouse.example", "steep-leaves-4", name="Mia", role="manager", scope="own"
    )
    Customer.objects.filter(last_name="Person 03").update(owner=mine, city="Sligo")
    keeper = Client()
    keeper.force_login(mine, backend="django.contrib.auth.backends.ModelBackend")
    analyst = User.objects.create_user("ana@teahouse.example", "steep-leaves-4", name="Ana", role="analyst")
    reader = Client()
    reader.force_login(analyst, backend="django.contrib.auth.backends.ModelBackend")

    full = owner_client.get("/segments/persona/?segment=ladies").content.decode()
    chinese = owner_client.get("/segments/persona/?segment=ladies&lang=zh-hans").content.decode()
    assert "。</strong>" in chinese
    masked = reader.get("/segments/persona/?segment=ladies").content.decode()

    own = keeper.get("/segments/persona/?segment=ladies").content.decode()
    assert "Sligo" in own
    assert "Galway" not in own
    assert "Persona of 1 customer" in own
    assert "Person 0" in full
    assert "Galway" in full
    assert "女" in chinese
    assert "Person 0" not in masked
    assert "Galway" not in masked
    assert "Female" in masked


@pytest.mark.parametrize("query", ["?segment=nothing", "?cluster=", "?group=kings"])
def test_a_persona_of_nothing_is_not_found(shop, staff_client, query):
    assert staff_client.get(f"/segments/persona/{query}").status_code == 404


def test_groups_and_clusters_have_personas_and_few_queries(shop, staff_client, django_assert_max_num_queries):
    tea_shop(shop)
    CustomerFeatures.objects.filter(customer__gender="f").update(cluster="unusual")
    code = CustomerFeatures.objects.exclude(rfm_group="").first().rfm_group

    with django_assert_max_num_queries(50):
        group = staff_client.get(f"/segments/persona/?group={code}")
    cluster = staff_client.get("/segments/persona/?cluster=unusual")

    assert group.context["card"].facts.size == CustomerFeatures.objects.filter(rfm_group=code).count()
    assert cluster.context["card"].facts.size == 20
    assert telling.FEW == 10


def test_own_fields_that_set_a_group_apart_are_told_and_others_are_not(shop, staff_client):
    for key, kind in (("plan", "choice"), ("vip", "yes_no"), ("income", "number"), ("luck", "number")):
        CustomField.objects.create(key=key, label=f"My {key}", kind=kind, choices=["gold", "basic"])
    for n in range(60):
        is_hers = n < 20
        own = {"plan": "gold" if is_hers or n % 8 == 0 else "basic", "vip": n % 2 == 0, "luck": n % 7}
        make_customer(gender="f" if is_hers else "m", custom={**own, "income": 90 + n % 5 - 50 * (n >= 20)})
    rule = {"all": [{"field": "gender", "op": "is", "value": "f"}]}
    Segment.objects.create(slug="ladies", name="Ladies", rule=rule)
    refresh.run(None)

    card = card_of({"segment": "ladies"})
    page = staff_client.get("/segments/persona/?segment=ladies").text

    assert lines_of(card.others, "Your own fields") == {"My plan: gold": (1.0, 0.417, True)}
    assert [(one.label, one.here, round(one.of_all, 1)) for one in card.means] == [("My income", 92.0, 58.7)]
    assert [one.what for one in card.advice] == ["Find out what they want"]
    assert "Means in which they surely differ from everyone." in page


def test_own_fields_of_a_handful_are_not_told(shop):
    CustomField.objects.create(key="income", label="Income", kind="number")
    for n in range(40):
        make_customer(gender="f" if n < 9 else "m", custom={"income": 500 if n < 9 else 10 + n % 3})
    refresh.run(None)

    found = facts.read(
        CustomerFeatures.objects.filter(customer__gender="f"), shop, shop.today(), timezone.now()
    )

    assert (found.size, found.own.numbers) == (9, {})
