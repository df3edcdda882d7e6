"""Selling at the counter: who stands there, what it costs, once only, and back."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest
from django.utils import timezone

from crm import counter
from crm.models import Customer, Product, Purchase, User
from tests.people import make_customer, make_product, make_purchase

pytestmark = pytest.mark.django_db


def sent(who="nobody", lines=(("Sencha", "1", "8.50"),), **more):
    fields = {
        "key": str(uuid.uuid4()),
        "who": who,
        "sell": "1",
        "line-TOTAL_FORMS": "5",
        "line-INITIAL_FORMS": "0",
    }
    for row, (product, quantity, price) in enumerate(lines):
        fields |= {
            f"line-{row}-product": product,
            f"line-{row}-quantity": quantity,
            f"line-{row}-price": price,
        }
    return {**fields, **more}


def members(*people):
    return [one.pk for one in people]


@pytest.mark.parametrize("typed", ["4960", "0113 4960", "(0113) 49-60", "+44 113 4960", "0044 113 4960"])
def test_a_customer_is_found_by_the_end_of_the_phone_however_it_is_written(owner, typed):
    stored = make_customer(phone="+441134960")
    spaced = make_customer(phone="44 113 49 60")
    make_customer(phone="+441134961")

    found = counter.find(owner, typed)

    assert members(*found.people) == members(spaced, stored)


def test_by_name_and_by_address_too_and_never_a_foreign_or_erased_one(owner, clerk):
    mine = make_customer(first_name="Zelda", email="zelda@example.com", owner=clerk)
    make_customer(first_name="Zelda", erased_at=timezone.now())
    make_customer(first_name="Zelda", owner=owner)
    User.objects.filter(pk=clerk.pk).update(scope="own")
    clerk.refresh_from_db()

    assert members(*counter.find(clerk, "zelda").people) == members(mine)
    assert members(*counter.find(clerk, "zelda@example.com").people) == members(mine)


def test_a_sale_with_discount_to_somebody_known(owner_client):
    person = make_customer()

    answer = owner_client.post(
        "/sale/", sent(person.public_id, [("Sencha", "2", "8.50"), ("Pot", "", "40")], discount="10%")
    )

    sale = Purchase.objects.get()
    assert (sale.customer, sale.charged, sale.discount) == (person, Decimal("51.30"), Decimal("5.70"))
    assert owner_client.get(answer["Location"]).content.decode().count("€51.30") == 1


def test_a_new_customer_by_phone_alone_is_kept_in_the_form_of_the_country(owner_client):
    make_customer(country="Germany")

    owner_client.post("/sale/", sent("new", q="030 23125 000"))

    person = Purchase.objects.get().customer
    assert (person.phone, person.source, person.email_consent) == ("+493023125000", "counter", "unknown")


def test_who_has_exactly_this_phone_is_not_entered_twice(owner_client):
    person = make_customer(phone="+493023125000", country="Germany")

    owner_client.post("/sale/", sent("new", q="030 23125000"))

    assert Purchase.objects.get().customer == person


def test_the_same_form_twice_is_one_sale_and_one_new_customer(owner_client):
    form = sent("new", q="Ming Li")

    owner_client.post("/sale/", form)
    owner_client.post("/sale/", form)

    assert (Purchase.objects.count(), Customer.objects.count()) == (1, 1)


def test_undo_for_some_minutes_by_who_sold(owner_client, staff_client, owner):
    owner_client.post("/sale/", sent())
    sale = Purchase.objects.get()
    receipt = counter.receipt(owner, sale)

    staff_client.post("/sale/undo/", {"receipt": receipt})
    assert Purchase.objects.counting().count() == 1
    owner_client.post("/sale/undo/", {"receipt": receipt})
    assert Purchase.objects.counting().count() == 0
    owner_client.post("/sale/undo/", {"receipt": receipt})  # Twice is once.
    assert Purchase.objects.get().status == "cancelled"


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"who": ""}, "Choose who buys"),
        ({"discount": "9"}, "more than the whole sale"),
        ({"discount": "much"}, "Write an amount"),
        ({"who": "new", "q": "+49 1"}, "does not exist"),
        ({"who": "new", "q": "a@b"}, "not an e-mail address"),
        ({"who": "new", "q": "…"}, "Type a phone number"),
    ],
)
def test_what_cannot_be_sold_says_why_and_keeps_what_was_typed(owner_client, form, reason):
    answer = owner_client.post("/sale/", {**sent(), **form})

    page = answer.content.decode()
    assert (answer.status_code, Purchase.objects.count(), Customer.objects.count()) == (422, 0, 0)
    assert reason in page
    assert "Sencha" in page


def test_without_a_script_find_and_pick_are_buttons(owner_client):
    make_customer(first_name="Quentin")
    product = make_product("Sencha", price=Decimal("8.50"))
    make_purchase(None, at=timezone.now(), product=product)
    form = {key: value for key, value in sent(lines=()).items() if key not in ("sell", "who")}

    found = owner_client.post("/sale/", {**form, "q": "quentin", "find": "1"}).content.decode()
    picked = owner_client.post("/sale/", {**form, "q": "quentin", "pick": product.pk}).content.decode()

    assert "Quentin" in found
    assert 'value="Sencha"' in picked
    assert 'value="8.50"' in picked
    assert Purchase.objects.count() == 1


def test_the_price_of_a_product_and_a_foreign_customer(staff_client, clerk):
    Product.objects.create(sku="S", name="Sencha", price=Decimal("8.5"))
    foreign = make_customer()
    User.objects.filter(pk=clerk.pk).update(scope="own")

    assert staff_client.get("/sale/price/?product=sencha").content == b"8.50"
    assert staff_client.get("/sale/price/?product=nothing").content == b""
    assert staff_client.post("/sale/", sent(foreign.public_id)).status_code == 404
    assert Purchase.objects.count() == 0
