"""Customers over the API: the same people, rules and masks as on the pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.api import tokens
from crm.models import AuditEntry, Consent, Customer, CustomField
from tests.crm.api.programs import Program, program_as, program_of
from tests.people import make_customer

pytestmark = pytest.mark.django_db


def test_a_page_of_customers_leads_to_the_next(owner):
    people = [make_customer() for _ in range(5)]
    program = program_of(owner)

    first = program.get("/api/v1/customers?limit=3").json()
    second = program.get(f"/api/v1/customers?limit=3&cursor={first['next']}").json()

    assert [one["id"] for one in first["data"] + second["data"]] == [one.public_id for one in people]
    assert second["next"] is None


def test_a_list_asks_the_database_few_questions(owner, django_assert_max_num_queries):
    for _ in range(30):
        make_customer()
    program = program_of(owner)
    program.get("/api/v1/customers")

    with django_assert_max_num_queries(8):
        program.get("/api/v1/customers")


def test_customers_are_found_by_address_number_and_word(owner):
    ada = make_customer(email="ada@harbour.example", external_id="17850", first_name="Ada")
    make_customer(first_name="Bo", last_name="Berg")
    program = program_of(owner)

    for query in ("email=ADA@harbour.example", "external_id=17850", "q=harbour"):
        assert [one["id"] for one in program.get(f"/api/v1/customers?{query}").json()["data"]] == [
            ada.public_id
        ]


def test_a_new_customer_obeys_the_rules_of_the_page(owner):
    CustomField.objects.create(key="member", label="Member", kind="yes_no")
    program = program_of(owner)

    made = program.send("/api/v1/customers", {"email": "New@Shop.example", "custom": {"member": True}})
    nameless = program.send("/api/v1/customers", {"city": "Paris"})
    strange = program.send("/api/v1/customers", {"email": "nobody", "birth_date": "2999-01-01"})

    assert made.status_code == 201
    assert made.json()["email"] == "new@shop.example"
    assert made.json()["custom"] == {"member": True}
    assert nameless.status_code == strange.status_code == 422
    assert {one["field"] for one in strange.json()["errors"]} == {"email", "birth_date"}
    entry = AuditEntry.objects.get(action="created", kind="customer")
    assert entry.actor == owner


def test_a_change_keeps_what_is_not_given(owner):
    person = make_customer(city="Paris", phone="+33142685300")
    program = program_of(owner)

    changed = program.send(f"/api/v1/customers/{person.public_id}", {"first_name": "Eve"}, "patch")

    person.refresh_from_db()
    assert changed.status_code == 200
    assert (person.first_name, person.city, person.phone) == ("Eve", "Paris", "+33142685300")
    assert AuditEntry.objects.get(action="changed").after == {"first_name": "Eve"}


def test_a_change_for_an_older_version_is_refused(owner):
    person = make_customer()
    program, place = program_of(owner), f"/api/v1/customers/{person.public_id}"
    version = program.get(place).headers["ETag"]

    first = program.send(place, {"city": "Lyon"}, "patch", If_Match=version)
    second = program.send(place, {"city": "Nice"}, "patch", If_Match=version)

    assert (first.status_code, second.status_code) == (200, 412)
    assert Customer.objects.get(pk=person.pk).city == "Lyon"


def test_consent_goes_through_its_one_door(owner):
    person = make_customer(email_consent="unknown")
    program, place = program_of(owner), f"/api/v1/customers/{person.public_id}/consent"

    unproven = program.send(place, {"action": "granted"})
    granted = program.send(place, {"action": "granted", "wording": "Box on the form"})

    assert unproven.status_code == 422
    assert granted.json()["can_get_mail"] is True
    assert Consent.objects.get().source == "api:Till"


def test_tags_are_put_on_and_taken_off(owner):
    person = make_customer()
    program, place = program_of(owner), f"/api/v1/customers/{person.public_id}/tags"

    program.send(place, {"name": "Green tea", "weight": 40})
    seen = program.get("/api/v1/customers?tag=green%20tea").json()["data"][0]["tags"]
    program.client.delete(f"{place}/green%20TEA")

    assert [(one["name"], one["weight"]) for one in seen] == [("Green tea", 40)]
    assert program.get(place).json() == []
    assert program.get("/api/v1/tags").json()["data"] == [{"name": "Green tea", "customers": 0}]


def test_a_token_sees_no_more_than_whom_it_acts_as(owner):
    foreign = make_customer()
    program = program_as("manager", scope="own")

    made = program.send("/api/v1/customers", {"first_name": "Mine"}).json()

    assert [one["id"] for one in program.get("/api/v1/customers").json()["data"]] == [made["id"]]
    assert program.get(f"/api/v1/customers/{foreign.public_id}").status_code == 404
    assert program.send(f"/api/v1/customers/{foreign.public_id}", {"city": "X"}, "patch").status_code == 404


def test_an_analyst_can_neither_search_by_nor_change_personal_data(owner):
    person = make_customer(email="secret@harbour.example")
    program = program_as("analyst")

    assert program.get("/api/v1/customers?email=secret@harbour.example").status_code == 403
    assert program.get("/api/v1/customers?q=secret").status_code == 403
    assert program.send(f"/api/v1/customers/{person.public_id}", {"city": "X"}, "patch").status_code == 403


def test_a_token_needs_its_scope_and_its_life(owner):
    person = make_customer()
    place = f"/api/v1/customers/{person.public_id}"
    now = timezone.now()
    reader = program_of(owner, "customers:read")
    ended, old = tokens.issue("Old", user=owner, scopes=["customers:read"], by=owner)
    tokens.revoke(ended, by=owner, at=now)
    late = tokens.issue(
        "Late", user=owner, scopes=["customers:read"], by=owner, expires_at=now - timedelta(days=1)
    )[1]

    assert reader.get(place).status_code == 200
    assert reader.send(place, {"city": "X"}, "patch").status_code == 403
    assert reader.get("/api/v1/purchases").status_code == 403
    for secret in ("", "ck_wrong", old, late):
        answer = Program(secret).get(place)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_the_secret_is_kept_nowhere(owner):
    token, secret = tokens.issue("Till", user=owner, scopes=["customers:read"], by=owner)

    token.refresh_from_db()
    assert secret not in str(token.__dict__)
    assert secret.startswith(token.prefix)
