"""Promises for some customers, tasks of cases, and what a day asks for besides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from crm import cases, subscriptions
from crm.cases import levels, moving
from crm.errors import Refusal
from crm.models import Case, Subscription, Task
from segments import audience
from segments.models import Membership, Segment
from tests.people import make_customer, make_product

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 6, 15, 10, tzinfo=UTC)
LEVEL = {
    "level-name": "Gold",
    "level-group": "best",
    "level-first": "1",
    "level-solve": "4",
    "level-position": "1",
}


def make_segment(slug, *people) -> Segment:
    segment = Segment.objects.create(name=slug.title(), slug=slug, kind="static")
    Membership.objects.bulk_create(
        [Membership(segment=segment, customer=one, entered_at=MONDAY) for one in people]
    )
    return segment


def make_level(name, group, first=60, solve=240, position=1):
    return levels.ServiceLevel.objects.create(
        name=name, group=group, first_minutes=first, solve_minutes=solve, position=position
    )


def test_the_owner_promises_more_to_a_segment_and_new_cases_show_it(owner_client, shop):
    ada, bob = make_customer(), make_customer()
    make_segment("best", ada)

    owner_client.post("/service/hours/levels/", LEVEL)
    best = cases.open_case("Cup", customer=ada, at=MONDAY)
    usual = cases.open_case("Cup", customer=bob, at=MONDAY)

    assert "Gold" in owner_client.get("/service/hours/").content.decode()
    assert "Gold" in owner_client.get(f"/service/{best.pk}/").content.decode()
    assert "Gold" in owner_client.get(f"/service/of/{ada.public_id}/").content.decode()
    assert "Gold" not in owner_client.get(f"/service/of/{bob.public_id}/").content.decode()
    assert "Gold" in owner_client.get("/service/").content.decode()
    assert (best.first_due_at, best.due_at) == (MONDAY + timedelta(hours=1), MONDAY + timedelta(hours=4))
    assert usual.level is None
    assert usual.first_due_at > best.due_at


def test_of_several_levels_the_first_counts_and_who_left_has_none(shop):
    ada, bob = make_customer(), make_customer()
    make_segment("best", ada, bob)
    make_segment("new", ada)
    make_level("Gold", "best", position=2)
    silver = make_level("Silver", "new", first=120, position=1)
    Membership.objects.filter(customer=bob).update(left_at=MONDAY)

    assert levels.level_of(ada) == silver
    assert levels.level_of(bob) is None
    assert levels.level_of(None) is None


def test_a_level_never_makes_an_urgent_case_slower(shop):
    ada = make_customer()
    make_segment("best", ada)
    make_level("Relaxed", "best", first=6000, solve=9000)

    urgent = cases.open_case("Cup", customer=ada, priority=Case.Priority.URGENT, at=MONDAY)

    assert urgent.first_due_at == MONDAY + timedelta(hours=1)


def test_who_is_named_later_gets_their_level_and_it_stays_through_waiting(owner):
    ada = make_customer()
    make_segment("best", ada)
    make_level("Gold", "best")
    case = cases.open_case("Cup", at=MONDAY, sender_email="x@example.com")

    moving.belongs_to(case, ada, by=owner, at=MONDAY)
    cases.prioritise(case, Case.Priority.LOW, by=owner, at=MONDAY)

    case.refresh_from_db()
    assert (case.level.name, case.due_at) == ("Gold", MONDAY + timedelta(hours=4))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"level-solve": "0.5"}, "due after the answer"),
        ({"level-group": "none"}, "Select a valid choice"),
        ({"level-first": "soon"}, "Enter a number"),
    ],
)
def test_a_level_that_makes_no_sense_is_refused(owner_client, change, reason):
    make_segment("best")

    answer = owner_client.post("/service/hours/levels/", {**LEVEL, **change})

    assert answer.status_code == 422
    assert reason in answer.content.decode()


def test_a_segment_with_a_level_is_not_deleted(shop):
    segment = make_segment("best")
    level = make_level("Gold", "best")

    with pytest.raises(Refusal, match="Gold"):
        audience.delete(segment)
    level.delete()
    audience.delete(segment)

    assert not Segment.objects.exists()


def test_a_task_is_noted_on_a_case_with_its_customer(owner_client, owner):
    case = cases.open_case("Cup", customer=make_customer(), at=timezone.now())
    stranger = cases.open_case("Cup", at=timezone.now())

    form = owner_client.get(f"/service/{case.pk}/task/").content.decode()
    given = {"title": "Ring the potter", "due_on": "2026-06-20", "owner": owner.pk, "repeat": ""}
    answer = owner_client.post(f"/service/{case.pk}/task/", given)
    owner_client.post(f"/service/{stranger.pk}/task/", {**given, "title": "Find out who"})
    page = owner_client.get(f"/service/{case.pk}/").content.decode()

    task = Task.objects.get(case=case)
    assert (task.customer, task.owner, str(task.due_on)) == (case.customer, owner, "2026-06-20")
    assert answer.headers["Location"] == case.get_absolute_url()
    assert f"#{case.pk}" in form
    assert "Ring the potter" in page
    assert Task.objects.get(case=stranger).customer is None


def test_the_day_names_renewals_and_who_to_call_with_all_reasons(owner_client, owner, shop):
    today = shop.today()
    ada = make_customer(owner=owner, phone="+442079460001", birth_date=today.replace(year=1980))
    silent = make_customer(owner=owner)
    foreign = make_customer(phone="+442079460002")
    for person in (ada, silent, foreign):
        one = Subscription(customer=person, product=make_product(), amount=9, interval="month")
        one.started_on, one.renews_on = today, today + timedelta(days=3)
        subscriptions.start(one, at=timezone.now())
        Task.objects.create(title="Call about tea", customer=person, owner=owner, due_on=today)

    page = owner_client.get("/my-day/").content.decode()

    assert page.count('href="tel:') == 2
    assert "tel:+442079460001" in page
    assert "Call about tea · birthday · Green tea renews on" in page
    assert page.count("Green tea · ") == 2
