"""A request that is sent twice does its work once."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, connections

from crm.models import Customer, RememberedAnswer
from tests.crm.api.programs import program_of

ADA = {"first_name": "Ada", "email": "ada@harbour.example"}


@pytest.mark.django_db
def test_the_same_key_and_body_get_the_same_answer(owner):
    program = program_of(owner)

    first, second = (program.send("/api/v1/customers", ADA, Idempotency_Key="k1") for _ in range(2))

    assert first.json() == second.json()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert Customer.objects.count() == 1


@pytest.mark.django_db
def test_a_key_is_for_one_body_and_one_address(owner):
    program = program_of(owner)
    program.send("/api/v1/customers", ADA, Idempotency_Key="k1")

    other = program.send("/api/v1/customers", {"first_name": "Bo"}, Idempotency_Key="k1")

    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert Customer.objects.count() == 1


@pytest.mark.django_db
def test_what_was_refused_can_be_tried_again(owner):
    program = program_of(owner)

    refused = program.send("/api/v1/customers", {"email": "nobody"}, Idempotency_Key="k1")
    taken = program.send("/api/v1/customers", ADA, Idempotency_Key="k1")

    assert (refused.status_code, taken.status_code) == (422, 201)


@pytest.mark.django_db(transaction=True)
def test_equal_requests_at_the_same_moment_do_the_work_once(owner):
    program = program_of(owner)
    ready = threading.Barrier(4)
    answers = []

    def ask():
        ready.wait()
        answers.append(program.send("/api/v1/customers", ADA, Idempotency_Key="k1"))
        connections.close_all()

    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("needs a database that threads share")
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert [one.status_code for one in answers] == [201] * 4
    assert len({one.json()["id"] for one in answers}) == 1
    assert Customer.objects.count() == RememberedAnswer.objects.count() == 1
