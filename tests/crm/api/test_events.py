"""Behaviour events: from pages with the public key, from servers with a token."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from crm import limits
from crm.behaviour import visitors, website
from crm.models import AnonymousEvent, Customer, Interaction, Visitor, Website
from segments import audience
from tests.crm.api.programs import program_as, program_of
from tests.people import make_customer

pytestmark = pytest.mark.django_db
SHOP = "https://www.teahouse.example"
ADA, BO = "a" * 32, "b" * 32


@pytest.fixture
def site(shop) -> Website:
    limits.forget()
    website.forget_live()
    row = website.current()
    row.origins = [SHOP]
    row.save()
    return row


def report(site: Website, *events, visitor: str = ADA, headers: dict[str, str] | None = None, **more):
    body = {"key": site.key, "consent": True, "visitor": visitor, "events": list(events), **more}
    sent = {"Origin": SHOP, "User-Agent": "Mozilla/5.0", **(headers or {})}
    return Client(headers=sent).post("/api/v1/events", json.dumps(body), content_type="text/plain")


def view(n: int = 1, **more):
    return {"event": "view", "id": f"e{n}", "subject": f"/tea/{n}", **more}


def test_an_unknown_visitor_becomes_no_customer(site):
    answer = report(site, view(1), view(2, event="cart", number=12.5, properties={"colour": "green"}))

    assert (answer.status_code, answer.json()) == (202, {"accepted": 2, "rejected": []})
    assert AnonymousEvent.objects.count() == 2
    assert not Customer.objects.exists()
    assert not Interaction.objects.exists()
    site.refresh_from_db()
    assert site.last_event_page == "/tea/2"


def test_the_same_event_again_is_stored_once(site):
    report(site, view(1))
    report(site, view(1), view(2))
    report(site, view(1), visitor=BO)  # The same id of somebody else.

    assert AnonymousEvent.objects.filter(visitor=ADA).count() == 2
    assert AnonymousEvent.objects.filter(visitor=BO).count() == 1


@pytest.mark.parametrize(("seconds", "moved", "known"), [(60, 0, True), (-1, 0, False), (-1, 120, False)])
def test_a_proof_may_end(site, seconds, moved, known):
    make_customer(external_id="17850")
    expires = int(timezone.now().timestamp()) + seconds
    proof = website.proof_of(site, "17850", expires)

    report(site, view(1), identify={"user": "17850", "proof": proof, "expires": expires + moved})

    assert Visitor.objects.exists() is known


def test_a_proof_that_ends_is_none_without_its_end_and_none_with_an_end_is_forged(site):
    make_customer(external_id="17850")
    now = int(timezone.now().timestamp())
    ends = website.proof_of(site, "17850", now - 5)

    report(site, view(1), identify={"user": "17850", "proof": ends})
    report(site, view(1), identify={"user": f"17850\n{now - 5}", "proof": ends})
    report(
        site,
        view(1),
        identify={"user": "17850", "proof": website.proof_of(site, "17850"), "expires": now + 9},
    )
    report(
        site, view(1), identify={"user": "17850", "proof": website.proof_of(site, "17850"), "expires": "soon"}
    )

    assert not Visitor.objects.exists()


def test_identify_with_a_proof_joins_the_past_and_what_comes(site):
    person = make_customer(external_id="17850")
    report(site, view(1), view(2))
    proof = website.proof_of(site, "17850")

    report(site, view(3), identify={"user": "17850", "proof": proof})
    report(site, view(1), view(4))

    assert list(person.interactions.order_by("subject").values_list("subject", flat=True)) == [
        f"/tea/{n}" for n in (1, 2, 3, 4)
    ]
    assert not AnonymousEvent.objects.exists()


@pytest.mark.parametrize("proof", ["", "0" * 64, "é"])
def test_without_a_proof_nobody_is_identified_and_nothing_is_told(site, proof):
    make_customer(external_id="17850")

    known = report(site, view(1), identify={"user": "17850", "proof": proof})
    stranger = report(site, view(2), identify={"user": "nobody", "proof": proof})

    assert known.json() == stranger.json()
    assert not Visitor.objects.exists()
    assert AnonymousEvent.objects.count() == 2


def test_the_public_key_names_no_customer(site):
    person = make_customer(external_id="17850")

    report(site, view(1, customer="17850"), customer="17850")

    assert not person.interactions.exists()


def test_two_people_at_one_browser_keep_their_own_past(site):
    ada, bo = make_customer(external_id="1"), make_customer(external_id="2")
    report(site, view(1), identify={"user": "1", "proof": website.proof_of(site, "1")})
    report(site, view(2), identify={"user": "2", "proof": website.proof_of(site, "2")})

    assert [one.subject for one in ada.interactions.all()] == ["/tea/1"]
    assert [one.subject for one in bo.interactions.all()] == ["/tea/2"]


def test_without_consent_or_against_the_visitors_wish_nothing_is_kept(site):
    answers = [
        report(site, view(1), consent=False),
        report(site, view(2), headers={"DNT": "1"}),
        report(site, view(3), headers={"Sec-GPC": "1"}),
        report(site, view(4), headers={"User-Agent": "Googlebot/2.1"}),
    ]

    assert [one.json()["accepted"] for one in answers] == [0, 0, 0, 0]
    assert not AnonymousEvent.objects.exists()


def test_only_the_shops_own_addresses_may_send(site):
    own, foreign = report(site, view(1)), report(site, view(2), headers={"Origin": "https://evil.example"})
    asked = Client(headers={"Origin": SHOP}).options("/api/v1/events")
    strange = Client(headers={"Origin": "https://evil.example"}).options("/api/v1/events")
    keyless = report(site, view(3), key="wk_wrong")

    assert own.headers["Access-Control-Allow-Origin"] == SHOP
    assert (foreign.status_code, keyless.status_code) == (403, 401)
    assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (204, SHOP)
    assert "Access-Control-Allow-Origin" not in strange.headers
    assert "Access-Control-Allow-Origin" not in foreign.headers
    assert AnonymousEvent.objects.count() == 1


def test_no_other_door_answers_foreign_pages(site, owner):
    answer = program_of(owner).get("/api/v1/customers", Origin=SHOP)

    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_wrong_clock_is_put_right_and_the_future_is_now(site):
    now = timezone.now()
    behind = now - timedelta(days=3)
    report(site, view(1, at=behind.isoformat()), sent_at=behind.isoformat())
    report(site, view(2, at=(now + timedelta(hours=9)).isoformat()))

    for event in AnonymousEvent.objects.all():
        assert abs(event.at - now) < timedelta(seconds=30)


def test_each_bad_event_is_told_and_the_good_ones_are_kept(site):
    bad = [
        view(1, event="purchase"),
        view(2, event="Not a name"),
        view(3, at="yesterday"),
        view(4, at="1999-01-01T00:00:00Z"),
        view(5, properties={"deep": {"er": 1}}),
        view(6, properties={f"p{n}": n for n in range(99)}),
        view(7, number="many"),
        view(8, id="with space"),
        "text",
        None,
    ]

    answer = report(site, *bad, view(9)).json()

    assert answer["accepted"] == 1
    assert [one["index"] for one in answer["rejected"]] == list(range(10))
    assert AnonymousEvent.objects.get().subject == "/tea/9"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"\xff", b'{"events": 1}', b'{"event": "view"}', b'{"key": 1, "events": []}']
)
def test_strange_bodies_are_refused_politely(site, body):
    answer = Client().post("/api/v1/events", body, content_type="application/json")

    assert answer.status_code in (400, 401, 422)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_at_most_500_events_come_at_once(site, django_assert_max_num_queries):
    with django_assert_max_num_queries(25):
        assert report(site, *(view(n) for n in range(500))).json()["accepted"] == 500
    assert report(site, *(view(n) for n in range(501))).status_code == 422


def test_who_sends_too_much_is_held_back(site, settings):
    settings.EVENTS_PER_MINUTE_AND_ADDRESS = 3

    statuses = [report(site, view(n)).status_code for n in range(4)]

    assert statuses == [202, 202, 202, 429]


def test_a_server_names_customers_and_rules_see_what_they_did(owner):
    person = make_customer(external_id="17850")
    program = program_of(owner)

    one = program.send("/api/v1/events", {"event": "login", "customer": "17850", "id": "l1"})
    program.send("/api/v1/events", {"event": "login", "customer": "17850", "id": "l1"})
    program.send("/api/v1/events", {"event": "tasting", "customer": person.email, "number": 3})
    program.send("/api/v1/events", {"event": "login", "customer": "nobody"})

    assert one.status_code == 202
    assert sorted(person.interactions.values_list("kind", flat=True)) == ["login", "tasting"]
    for rule in ({"did": "login"}, {"did": "tasting", "measure": "sum", "op": ">=", "value": 3}):
        found = audience.live(rule)
        assert list(found) == [person], rule


def test_a_server_reaches_only_the_customers_of_whom_it_acts_as(owner):
    foreign = make_customer(external_id="17850")
    program = program_as("manager", scope="own")

    program.send("/api/v1/events", {"event": "login", "customer": "17850"})
    program.send("/api/v1/events", {"visitor": ADA, "identify": {"user": "17850"}, "events": []})

    assert not foreign.interactions.exists()
    assert not Visitor.objects.exists()


def test_what_is_old_is_forgotten(site):
    person = make_customer()
    now = datetime(2026, 6, 15, tzinfo=UTC)
    for n, days in enumerate((29, 31)):
        at = now - timedelta(days=days)
        AnonymousEvent.objects.create(visitor=ADA, kind="view", at=at, key=f"k{n}")
    for n, (source, days) in enumerate((("web", 729), ("web", 731), ("staff", 731))):
        at = now - timedelta(days=days)
        Interaction.objects.create(customer=person, kind="view", at=at, source=source, key=f"k{n}")

    visitors.forget(now)

    assert AnonymousEvent.objects.count() == 1
    assert sorted(Interaction.objects.values_list("source", "key")) == [("staff", "k2"), ("web", "k0")]


def test_events_of_the_very_moment_of_identifying_are_gathered_later(site):
    person = make_customer()
    visitors.identify(ADA, person, at=timezone.now())
    AnonymousEvent.objects.create(visitor=ADA, kind="view", at=timezone.now(), key=f"{ADA}:late")
    AnonymousEvent.objects.create(visitor=BO, kind="view", at=timezone.now(), key=f"{BO}:other")

    visitors.gather(timezone.now())

    assert [one.key for one in person.interactions.all()] == [f"{ADA}:late"]
    assert [one.visitor for one in AnonymousEvent.objects.all()] == [BO]


def test_the_script_is_small_public_and_kept_by_browsers(client):
    first = client.get("/snippet.js")
    again = client.get("/snippet.js", headers={"If-None-Match": first.headers["ETag"]})
    versioned = client.get(f"/snippet.js?v={website.snippet()[1]}")

    assert len(first.content) < 5 * 1024
    assert first.headers["Content-Type"] == "text/javascript"
    assert again.status_code == 304
    assert "immutable" in versioned.headers["Cache-Control"]
    assert "max-age=3600" in first.headers["Cache-Control"]
