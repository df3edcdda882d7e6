"""Whatever is sent, the API answers with a problem that says what is wrong, never with a crash."""

from __future__ import annotations

import pytest

from crm import limits
from crm.api import doors
from crm.models import Customer
from tests.crm.api.programs import program_of
from tests.people import make_customer

pytestmark = pytest.mark.django_db

STRANGE = {
    b"{": "not_readable",
    b"\xff\xfe": "not_readable",
    b'{"first_name": "\\ud800"}': "not_readable",
    b'{"first_name": "a\\u0000b"}': "not_readable",
    b'{"custom": ' + b"[" * 100_000: "not_readable",
    b'{"custom": {"a": 1e400}}': "not_readable",
    b'{"custom": {"a": 99999999999999999999999}}': "not_readable",
    b'{"custom": {"a": NaN}}': "not_readable",
    b"[]": "invalid",
    b"null": "invalid",
    b'{"first_name": {"a": 1}}': "invalid",
    b'{"first_name": "' + b"x" * 2000 + b'"}': "invalid",
    b'{"custom": {"unknown": 1}}': "invalid",
    b'{"created_on": "0000-00-00"}': "invalid",
    b" " * 1_000_001: "too_large",
}


@pytest.mark.parametrize("body", STRANGE, ids=lambda body: str(body[:30]))
def test_strange_bodies_are_told_what_is_wrong(owner, body):
    answer = program_of(owner).client.post("/api/v1/customers", body, content_type="application/json")

    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == STRANGE[body]
    assert answer.json()["status"] == answer.status_code
    assert not Customer.objects.exists()


def test_every_way_of_going_wrong_speaks_the_same_language(owner):
    program = program_of(owner)
    make_customer()

    found = {
        404: program.get("/api/v1/nothing"),
        405: program.client.delete("/api/v1/customers"),
        406: program.get("/api/v1/customers", Accept="text/html"),
        415: program.client.post("/api/v1/customers", "a=b", content_type="text/plain"),
        400: program.get("/api/v1/customers?limit=1000&cursor=zz"),
    }

    for status, answer in found.items():
        assert answer.status_code == status
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert {"type", "title", "status", "code"} <= set(answer.json())
    assert [one["field"] for one in found[400].json()["errors"]] == ["limit"]


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/customers?cursor=zz",
        "/api/v1/customers?q=%00",
        "/api/v1/customers/%00",
        "/api/v1/purchases/999999999999999999",
        "/api/v1/purchases/9999999999999999999999999",
        "/api/v1/purchases?bought_from=9999-99-99",
        "/api/v1/customers?created_from=0000-01-01",
        "/api/v1/customers/%F0%9F/tags",
    ],
)
def test_strange_addresses_are_no_crash(owner, address):
    answer = program_of(owner).get(address)

    assert answer.status_code in (400, 404)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_slash_too_many_is_forgiven(owner):
    program = program_of(owner)

    assert program.get("/api/v1/customers/").status_code == 200
    assert program.send("/api/v1/customers/", {"first_name": "Ada"}).status_code == 201


def test_who_asks_too_often_is_told_when_to_come_back(owner, monkeypatch):
    limits.forget()
    monkeypatch.setattr(doors, "PER_MINUTE", 2)
    program = program_of(owner)

    answers = [program.get("/api/v1/tags") for _ in range(3)]

    assert [one.status_code for one in answers] == [200, 200, 429]
    assert [one.headers["RateLimit-Remaining"] for one in answers] == ["1", "0", "0"]
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 61


def test_the_description_and_the_reference_need_no_token(client):
    described = client.get("/api/schema/")
    page = client.get("/api/")

    assert described.json()["openapi"].startswith("3.1")
    assert "/api/v1/customers" in page.content.decode()
    assert client.get("/api/v1/customers").status_code == 401


@pytest.mark.parametrize("query", ["country=", "cursor=", "email=", "limit="])
def test_a_blank_parameter_is_refused_rather_than_left_out(owner, query):
    make_customer()

    answer = program_of(owner).get(f"/api/v1/customers?{query}")

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [one["field"] for one in answer.json()["errors"]] == [query.rstrip("=")]


@pytest.mark.parametrize("key", ["", "two words", "k" * 256])
def test_an_idempotency_key_that_is_none_is_refused(owner, key):
    answer = program_of(owner).send("/api/v1/customers", {"first_name": "Ada"}, Idempotency_Key=key)

    assert answer.status_code == 400
    assert not Customer.objects.exists()


def test_a_body_of_the_wrong_kind_is_named_before_a_version_that_is_old(owner):
    person = make_customer()

    wrong = program_of(owner).send(
        f"/api/v1/customers/{person.public_id}", {"first_name": {"a": 1}}, "patch", If_Match='"old"'
    )
    old = program_of(owner).send(
        f"/api/v1/customers/{person.public_id}", {"first_name": "Ada"}, "patch", If_Match='"old"'
    )

    assert (wrong.status_code, old.status_code) == (422, 412)
