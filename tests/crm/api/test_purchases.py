"""Orders over the API keep the rules of imports: one number, one order."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crm.models import Product, Purchase, PurchaseLine
from tests.crm.api.programs import program_as, program_of
from tests.people import make_customer, make_purchase

pytestmark = pytest.mark.django_db
ORDER = {
    "number": "A-1",
    "bought_at": "2026-05-01T10:00:00+02:00",
    "channel": "web",
    "lines": [
        {"product": "Green tea", "sku": "GT", "category": "Tea", "quantity": "2", "price": "4.50"},
        {"product": "Cup", "price": "12.00"},
    ],
}


def test_an_order_comes_in_with_its_lines_and_customer(owner):
    person = make_customer(external_id="17850")

    made = program_of(owner).send("/api/v1/purchases", {**ORDER, "customer": "17850"})

    assert made.status_code == 201
    assert made.json()["customer"] == person.public_id
    assert Decimal(made.json()["charged"]) == 21
    purchase = Purchase.objects.get()
    assert (purchase.key, purchase.bought_at.isoformat()) == ("order:A-1", "2026-05-01T08:00:00+00:00")
    assert set(Product.objects.values_list("sku", "name", "category")) == {
        ("GT", "Green tea", "Tea"),
        ("Cup", "Cup", ""),
    }


def test_the_same_number_again_brings_the_order_up_to_date(owner):
    program = program_of(owner)
    program.send("/api/v1/purchases", ORDER)

    same = program.send("/api/v1/purchases", ORDER)
    corrected = program.send(
        "/api/v1/purchases", {**ORDER, "lines": ORDER["lines"][:1], "refunded": "4.50", "status": "cancelled"}
    )

    assert (same.status_code, corrected.status_code) == (200, 200)
    purchase = Purchase.objects.get()
    assert (purchase.charged, purchase.refunded, purchase.status) == (9, Decimal("4.50"), "cancelled")
    assert PurchaseLine.objects.count() == 1


def test_a_person_is_named_by_id_number_or_unshared_address(owner):
    ada = make_customer(email="ada@harbour.example")
    make_customer(email="both@harbour.example")
    make_customer(email="both@harbour.example")
    program = program_of(owner)

    by_mail = program.send("/api/v1/purchases", {**ORDER, "customer": "Ada@harbour.example"})
    unclear = program.send(
        "/api/v1/purchases", {**ORDER, "number": "A-2", "customer": "both@harbour.example"}
    )

    assert by_mail.json()["customer"] == ada.public_id
    assert (unclear.status_code, unclear.json()["errors"][0]["field"]) == (422, "customer")


def test_money_goes_back_once_per_key_and_never_more_than_was_charged(owner):
    purchase = make_purchase(make_customer(), 20)
    program, place = program_of(owner), f"/api/v1/purchases/{purchase.pk}/refunds"

    answers = [program.send(place, {"amount": "15.00"}, Idempotency_Key="r1") for _ in range(2)]
    too_much = program.send(place, {"amount": "15.00"}, Idempotency_Key="r2")

    assert [one.status_code for one in answers] == [201, 201]
    assert too_much.status_code == 409
    purchase.refresh_from_db()
    assert purchase.refunded == 15


def test_an_order_without_value_or_from_tomorrow_is_refused(owner):
    program = program_of(owner)

    empty = program.send("/api/v1/purchases", {**ORDER, "lines": []})
    free = program.send("/api/v1/purchases", {**ORDER, "lines": [{"product": "Tea", "price": "0"}]})
    later = program.send("/api/v1/purchases", {**ORDER, "bought_at": "2999-01-01T00:00:00Z"})

    assert [empty.status_code, free.status_code, later.status_code] == [422] * 3
    assert not Purchase.objects.exists()


def test_foreign_and_anonymous_purchases_do_not_exist_for_who_sees_only_their_own(owner):
    foreign, anonymous = make_purchase(make_customer()), make_purchase(None)
    program = program_as("manager", scope="own")
    person = program.send("/api/v1/customers", {"first_name": "Mine"}).json()["id"]

    made = program.send("/api/v1/purchases", {**ORDER, "customer": person})
    stolen = program.send("/api/v1/purchases", {**ORDER, "number": "A-9"})

    assert [one["id"] for one in program.get("/api/v1/purchases").json()["data"]] == [made.json()["id"]]
    assert {program.get(f"/api/v1/purchases/{one.pk}").status_code for one in (foreign, anonymous)} == {404}
    assert stolen.status_code == 422


def test_a_list_of_purchases_asks_few_questions(owner, django_assert_max_num_queries):
    person = make_customer()
    for _ in range(20):
        make_purchase(person)
    program = program_of(owner)
    program.get("/api/v1/purchases")

    with django_assert_max_num_queries(9):
        program.get("/api/v1/purchases")
