from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.people import NOON, make_customer, make_purchase, make_refund

pytestmark = pytest.mark.django_db


def test_the_list_shows_figures_of_each_customer(staff_client):
    customer = make_customer(first_name="Ada", last_name="Byron", country="Germany")
    make_refund(make_purchase(customer, 30), 10)

    page = staff_client.get("/customers/").content.decode()

    assert "Ada Byron" in page
    assert "€20.00" in page
    assert "1 customer" in page


def reads(queries):
    """Without the setting that PostgreSQL gets for a list, and the transaction around it."""
    return [one for one in queries if one["sql"].startswith("SELECT")]


def test_the_list_needs_as_many_queries_for_fifty_as_for_one(staff_client):
    make_purchase(make_customer(country="Chad"))
    for _ in range(60):
        make_purchase(make_customer(country="Germany"))
    staff_client.get("/customers/")  # Fills the short memory of countries.

    with CaptureQueriesContext(connection) as one:
        staff_client.get("/customers/?country=Chad")
    with CaptureQueriesContext(connection) as fifty:
        staff_client.get("/customers/?country=Germany")

    assert len(reads(fifty)) <= len(reads(one)) + 1 <= 14  # A single page needs no counting.


def test_an_htmx_request_gets_the_list_alone(staff_client):
    page = staff_client.get("/customers/?q=nobody", headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in page
    assert "Nobody matches" not in page or 'id="list"' in page


def test_an_empty_shop_says_what_to_do(staff_client):
    page = staff_client.get("/customers/").content.decode()

    assert "No customers yet" in page
    assert staff_client.get("/customers/?q=x").content.decode().count("Nobody matches") == 1


def test_filters_travel_to_the_page_of_a_customer_and_its_neighbours(staff_client):
    first = make_customer(last_name="A", country="Germany")
    make_customer(last_name="B", country="France")
    last = make_customer(last_name="C", country="Germany")

    page = staff_client.get("/customers/?country=Germany").content.decode()
    one = staff_client.get(f"/customers/{first.public_id}/?country=Germany").content.decode()

    assert f"/customers/{first.public_id}/?country=Germany" in page
    assert f'rel="next" href="/customers/{last.public_id}/?country=Germany"' in one


def test_the_page_of_a_customer_shows_key_numbers_and_what_happened(staff_client):
    customer = make_customer(city="Lübeck", custom={})
    make_purchase(customer, 30, at=NOON - timedelta(days=1))
    make_purchase(customer, 50, at=NOON)

    page = staff_client.get(f"/customers/{customer.public_id}/").content.decode()

    for text in ("€80.00", "€40.00", "Lübeck", "What was in it", "Agreed"):
        assert text in page


def test_older_entries_come_as_a_fragment_or_as_a_page(staff_client):
    customer = make_customer()
    for n in range(30):
        make_purchase(customer, n + 1, at=NOON - timedelta(days=n))
    page = staff_client.get(f"/customers/{customer.public_id}/").content.decode()
    addresses = [part.split('"')[0] for part in page.split('hx-get="/customers/')[1:]]
    address = next(one for one in addresses if "older=" in one)

    fragment = staff_client.get(f"/customers/{address}", headers={"HX-Request": "true"}).content.decode()
    whole = staff_client.get(f"/customers/{address}").content.decode()

    assert fragment.count("<li") == 5
    assert "€26.00" in fragment
    assert "€25.00" not in fragment
    assert "<html" not in fragment
    assert "<html" in whole


def test_the_page_of_a_customer_needs_few_queries(staff_client):
    customer = make_customer()
    for n in range(30):
        make_purchase(customer, n + 1)
    address = f"/customers/{customer.public_id}/"
    staff_client.get(address)

    with CaptureQueriesContext(connection) as queries:
        staff_client.get(address)

    assert len(queries) <= 21


def test_an_unknown_customer_is_not_found(staff_client):
    assert staff_client.get("/customers/000000000000/").status_code == 404
