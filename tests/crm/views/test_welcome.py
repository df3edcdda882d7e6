from __future__ import annotations

import threading

import pytest
from django.db import connection
from django.test import Client

from crm import accounts, limits
from crm.models import Business, User

OWNER = {"name": "Olga", "email": "Olga@Teahouse.example", "password": "steep-leaves-4"}
SHOP = {"name": "Nine Leaves", "currency": "CNY", "time_zone": "Asia/Shanghai", "language": "zh-hans"}


@pytest.mark.django_db
def test_a_fresh_installation_leads_everybody_to_the_first_run(client):
    for address in ("/", "/customers/", "/settings/", "/sign-in/"):
        assert client.get(address).headers["Location"] == "/welcome/"
    assert client.get("/welcome/").status_code == 200


@pytest.mark.django_db
def test_two_steps_make_an_owner_and_a_shop(client):
    first = client.post("/welcome/", OWNER)
    second = client.post("/welcome/shop/", SHOP)
    start = client.get("/start/")

    user, business = User.objects.get(), Business.current()
    assert (first.headers["Location"], second.headers["Location"]) == ("/welcome/shop/", "/start/")
    assert (user.email, user.role, user.name) == ("olga@teahouse.example", "owner", "Olga")
    assert (business.name, business.currency) == ("Nine Leaves", "CNY")
    assert business.set_up_at is not None
    assert start.status_code == 200


@pytest.mark.django_db
def test_afterwards_the_first_run_does_not_exist(client, owner, owner_client):
    assert client.get("/welcome/").status_code == 404
    assert client.post("/welcome/", {**OWNER, "email": "eve@evil.example"}).status_code == 404
    assert owner_client.get("/welcome/shop/").status_code == 404
    assert User.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "value"),
    [("password", "12345"), ("password", "olga@teahouse.example"), ("email", "olga"), ("name", "")],
)
def test_a_poor_answer_makes_no_owner(client, name, value):
    response = client.post("/welcome/", {**OWNER, name: value})

    assert response.status_code == 422
    assert not User.objects.exists()


@pytest.mark.django_db
def test_in_public_only_who_knows_the_set_up_code_becomes_the_owner(client, settings):
    settings.PRODUCTION, settings.SECURE_SSL_REDIRECT = True, False

    page = client.get("/welcome/").content.decode()
    without = client.post("/welcome/", OWNER)
    wrong = client.post("/welcome/", {**OWNER, "code": "0000-0000-0000"})
    nobody_yet = not User.objects.exists()
    right = client.post("/welcome/", {**OWNER, "code": f" {accounts.set_up_code().upper()} "})

    assert 'name="code"' in page
    assert accounts.set_up_code() not in page
    assert (without.status_code, wrong.status_code, nobody_yet) == (422, 422, True)
    assert right.headers["Location"] == "/welcome/shop/"
    assert User.objects.get().is_owner


@pytest.mark.django_db
def test_the_set_up_code_cannot_be_found_by_trying(client, settings):
    limits.forget()
    settings.PRODUCTION, settings.SECURE_SSL_REDIRECT = True, False

    answers = [client.post("/welcome/", {**OWNER, "code": f"{n:012x}"}).status_code for n in range(31)]

    assert answers == [422] * 30 + [429]
    limits.forget()


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_becomes_the_owner():
    gate, answers = threading.Barrier(2), []

    def try_it(email: str) -> None:
        client = Client()
        client.get("/welcome/")
        gate.wait()
        answers.append(client.post("/welcome/", {**OWNER, "email": email}))
        connection.close()

    threads = [threading.Thread(target=try_it, args=(f"{name}@teahouse.example",)) for name in ("a", "b")]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert User.objects.count() == 1
    assert sum(one.headers.get("Location") == "/welcome/shop/" for one in answers) == 1
