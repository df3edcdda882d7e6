from __future__ import annotations

import json

import pytest
from django.utils import timezone

from crm.models import Customer
from segments import audience
from segments.models import Membership, Segment
from tests.people import make_customer, make_purchase

GERMANS = {"all": [{"field": "country", "op": "is", "value": "Germany"}]}
LINE = {"group-0": "all", "what-0.0": "field:country", "op-0.0": "is", "value-0.0": "germany"}
HTMX = {"HX-Request": "true"}


def made(rule=GERMANS, **fields):
    segment = Segment.objects.create(**{"slug": "germans", "name": "Germans", "rule": rule, **fields})
    audience.rebuild(segment)
    return segment


def test_a_posted_tree_becomes_a_segment(staff_client):
    make_customer(country="Germany")
    make_customer(country="France")

    response = staff_client.post(
        "/segments/new/", {**LINE, "name": "Our Germans", "act": "save"}, follow=True
    )

    saved = Segment.objects.get()
    assert saved.rule == {"all": [{"field": "country", "op": "is", "value": "germany"}]}
    assert (saved.slug, saved.member_count) == ("our-germans", 1)
    assert "Country is “germany”." in response.text


def test_an_empty_group_is_refused_and_nothing_is_saved(staff_client):
    make_customer()

    response = staff_client.post("/segments/new/", {"group-0": "all", "name": "Everyone?", "act": "save"})

    assert response.status_code == 422
    assert "This group is empty" in response.text
    assert not Segment.objects.exists()


def test_an_invalid_change_leaves_rule_and_members_alone(staff_client):
    segment = made()
    make_customer(country="Germany")

    response = staff_client.post(
        "/segments/s/germans/rule/", {**LINE, "value-0.0": "", "name": "Germans", "act": "save"}
    )

    segment.refresh_from_db()
    assert response.status_code == 422
    assert "Please give a value." in response.text
    assert segment.rule == GERMANS


def test_a_segment_that_would_contain_itself_is_refused_at_its_line(staff_client):
    made()

    response = staff_client.post(
        "/segments/s/germans/rule/",
        {"group-0": "all", "what-0.0": "segment:", "value-0.0": "germans", "name": "Germans", "act": "save"},
    )

    assert response.status_code == 422
    assert "cannot contain itself" in response.text


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("add:0", ["what-0.0", "what-0.1", "what-0.2"]),
        ("group:0", ["what-0.0", "what-0.1", "what-0.2.0"]),
        ("remove:0.0", ["what-0.0"]),
        ("up:0.1", ["what-0.0", "what-0.1"]),
        ("nonsense:9", ["what-0.0", "what-0.1"]),
    ],
)
def test_buttons_change_the_tree_without_script(staff_client, action, expected):
    second = {"what-0.1": "field:orders", "op-0.1": ">=", "value-0.1": "2"}

    page = staff_client.post("/segments/new/", {**LINE, **second, "act": action}).text

    assert [name for name in expected if f'name="{name}"' in page] == expected
    if action == "up:0.1":
        assert page.index("number of orders</option>") < page.index('value="germany"')
        assert 'value="field:orders" selected' in page.partition('id="what-0.1"')[0]


def test_typing_gets_counts_beside_their_lines(staff_client):
    for country in ("Germany", "Germany", "France"):
        make_customer(country=country)

    response = staff_client.post("/segments/new/", {**LINE, "revision": "4", "act": "preview"}, headers=HTMX)

    assert '<span id="count-4-0.0" hx-swap-oob="innerHTML">' in response.text
    assert "of 3 customers (66.7%)" in " ".join(response.text.split())
    assert "<html" not in response.text


def test_the_builder_opens_with_a_rule_from_a_link(staff_client):
    rule = {"field": "rfm.group", "op": "is", "value": "champions"}

    page = staff_client.get("/segments/new/", {"rule": json.dumps(rule)}).text

    assert 'value="field:rfm.group" selected' in page
    assert 'value="champions" selected' in page


def test_a_rule_about_another_segment_can_be_edited(staff_client):
    made()
    Segment.objects.create(slug="friends", name="Friends", rule={"not": {"in_segment": "germans"}})

    page = staff_client.get("/segments/s/friends/rule/").text

    assert 'value="segment:" selected' in page
    assert 'value="germans" selected' in page


@pytest.mark.parametrize("start", ["vip", "once", "back", "new", "unhappy"])
def test_every_example_works(staff_client, start):
    page = staff_client.get("/segments/new/", {"start": start})

    assert page.status_code == 200
    assert "invalid-feedback" not in page.text


def test_event_lines_keep_conditions_measure_and_period(staff_client):
    make_purchase(make_customer(), 30)
    fields = {
        "group-0": "none",
        "what-0.0": "did:purchase",
        "measure-0.0": "sum",
        "of-0.0": "amount",
        "count_op-0.0": "between",
        "count-0.0": "10",
        "count_to-0.0": "20.5",
        "period-0.0": "days",
        "days-0.0": "90",
        "what-0.0.0": "where:category",
        "op-0.0.0": "is",
        "value-0.0.0": "Tea",
        "name": "No tea",
        "act": "save",
    }

    staff_client.post("/segments/new/", fields)

    did = {
        "did": "purchase",
        "where": [{"field": "category", "op": "is", "value": "Tea"}],
        "measure": "sum",
        "of": "amount",
        "op": "between",
        "value": [10, 20.5],
        "within_days": 90,
    }
    assert Segment.objects.get().rule == {"not": {"any": [did]}}
    page = staff_client.get("/segments/s/no-tea/rule/").text
    assert 'value="20.5"' in page
    assert 'value="Tea"' in page
    assert '<option value="where:category" selected>' in page


def test_a_broken_segment_says_so_on_its_page(staff_client):
    made(rule=GERMANS)
    Segment.objects.update(rule={"field": "gone", "op": "is", "value": "x"})

    assert "does not work any more" in staff_client.get("/segments/s/germans/").text
    assert "Does not work" in staff_client.get("/segments/").text
    staff_client.post("/segments/s/germans/recount/")
    assert Segment.objects.get().error


def test_lists_need_as_many_queries_for_many_as_for_few(staff_client, django_assert_max_num_queries):
    for number in range(12):
        Segment.objects.create(slug=f"s{number}", name=f"Segment {number}", rule=GERMANS)

    with django_assert_max_num_queries(10):
        page = staff_client.get("/segments/")

    assert "Segment 11" in page.text


def test_members_are_listed_without_a_query_each(staff_client, django_assert_max_num_queries):
    for _ in range(20):
        make_customer(country="Germany")
    made()

    with django_assert_max_num_queries(20):
        page = staff_client.get("/segments/s/germans/")

    assert page.text.count("ada") >= 20


def test_people_are_pasted_by_address_and_number(staff_client):
    by_mail = make_customer(email="eva@example.com")
    by_number = make_customer(external_id="K-7")
    Segment.objects.create(slug="guests", name="Guests", kind="static")

    page = staff_client.post(
        "/segments/s/guests/paste/", {"people": "EVA@example.com, K-7\nnobody@example.com"}, follow=True
    ).text

    assert set(audience.members(Segment.objects.get())) == {by_mail, by_number}
    assert "2 people were added." in page
    assert "Not found: nobody@example.com (1)." in page


def test_people_are_searched_added_and_removed(staff_client):
    somebody = make_customer(first_name="Zoë", last_name="Quill")
    guests = Segment.objects.create(slug="guests", name="Guests", kind="static")

    found = staff_client.get("/segments/s/guests/search/", {"q": "quill"}, headers=HTMX).text
    staff_client.post("/segments/s/guests/add/", {"customer": somebody.public_id})
    inside = list(audience.members(guests))
    staff_client.post("/segments/s/guests/remove/", {"customer": somebody.public_id})

    assert "Zoë Quill" in found
    assert inside == [somebody]
    assert Membership.objects.get().left_at is not None


def test_deleting_keeps_customers_and_spares_what_is_used(staff_client):
    make_customer(country="Germany")
    made()
    Segment.objects.create(slug="asking", name="Asking", rule={"all": [{"in_segment": "germans"}]})

    refused = staff_client.post("/segments/s/germans/delete/", follow=True)
    Segment.objects.filter(slug="asking").delete()
    staff_client.post("/segments/s/germans/delete/")

    assert "is used in “Asking”" in refused.text
    assert not Segment.objects.exists()
    assert Customer.objects.count() == 1


def test_exported_cells_are_no_formulas(staff_client):
    make_customer(country="Germany", first_name="=HYPERLINK(1)", phone="+49 30 1")
    made()

    response = staff_client.get("/segments/s/germans/people.csv")

    text = b"".join(response.streaming_content).decode("utf-8-sig")
    assert text.splitlines()[0].startswith("external_id,first_name")
    assert ",'=HYPERLINK(1)," in text
    assert ",'+49 30 1," in text


def test_the_customer_page_gets_a_card_with_segments(staff_client):
    somebody = make_customer(country="Germany")
    made()
    left = Segment.objects.create(slug="old", name="Old friends", rule=GERMANS)
    now = timezone.now()
    Membership.objects.create(segment=left, customer=somebody, entered_at=now, left_at=now)

    page = staff_client.get(f"/segments/customer/{somebody.public_id}/").text

    assert "Germans" in page
    assert "Old friends" in page
    assert "Scores come with the next refresh." in page
    assert "<html" not in page


@pytest.mark.parametrize(
    "rule",
    [
        '{"not":' * 400 + "{}" + "}" * 400,
        '{"all":[' * 400 + "{}" + "]}" * 400,
        '{"field": "first_name", "op": "contains", "value": "\\ud800"}',
    ],
)
def test_a_link_with_a_mad_rule_opens_an_empty_builder(staff_client, rule):
    response = staff_client.get("/segments/new/", {"rule": rule})

    assert response.status_code == 200
    assert "cannot be read" in response.content.decode()
