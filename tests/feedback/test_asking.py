"""Asking by itself: who is asked, who is left in peace and why, and reminded once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm.models import Case, Message
from crm.outbox import sending
from feedback.asking import running
from feedback.models import Answer, Asking, Invitation, NotAsked
from tests.feedback.surveys import make_survey, path_of
from tests.people import NOON, make_customer

pytestmark = pytest.mark.django_db


def make_asking(survey=None, occasion="purchase", **fields):
    values = {
        "name": "After tea",
        "delay_days": 7,
        "rest_days": 30,
        "state": "on",
        "mark": NOON - timedelta(days=7),
    }
    return Asking.objects.create(survey=survey or make_survey(), occasion=occasion, **{**values, **fields})


def agreeing(**fields):
    return make_customer(**{"email_consent": "granted", **fields})


def buys(customer, at, product="Sencha", category="Tea"):
    from tests.people import make_purchase

    return make_purchase(customer, at=at)


def test_after_a_purchase_once_and_not_again_within_the_time_of_rest(shop):
    ada, bob, eve = (
        agreeing(email="ada@example.com"),
        agreeing(email="bob@example.com"),
        make_customer(email="eve@example.com", email_consent="unknown"),
    )
    asking = make_asking()
    for who in (ada, bob, eve):
        buys(who, NOON)
    buys(ada, NOON + timedelta(hours=1))
    later = NOON + timedelta(days=7, hours=2)

    planned = [running.run_all(now=later), running.run_all(now=later)]

    assert planned == [2, 0]
    assert set(Invitation.objects.values_list("customer", flat=True)) == {ada.pk, bob.pk}
    assert sorted(NotAsked.objects.values_list("reason", flat=True)) == ["no_consent", "resting"]
    assert Message.objects.filter(mailing__source=asking.source, state="queued").count() == 2


def test_what_happened_before_it_was_switched_on_is_not_asked_about(shop):
    buys(agreeing(email="ada@example.com"), NOON - timedelta(days=30))
    asking = make_asking(state="off", mark=None)

    running.switch_on(asking, at=NOON)

    assert running.run_all(now=NOON + timedelta(days=1)) == 0


def test_a_purchase_imported_late_is_asked_about_once_and_a_very_late_one_not(shop):
    ada, bob, eve = (agreeing(email=f"{name}@example.com") for name in ("ada", "bob", "eve"))
    asking = make_asking(delay_days=7, state="off", mark=None)
    running.switch_on(asking, at=NOON)
    buys(ada, NOON + timedelta(days=20))
    first = running.run_all(now=NOON + timedelta(days=28))
    buys(bob, NOON + timedelta(days=8))  # Twelve days before what was looked at already.
    buys(eve, NOON + timedelta(days=2))
    buys(make_customer(email_consent="unknown"), NOON + timedelta(days=9))

    then = [running.run_all(now=NOON + timedelta(days=28, hours=hour)) for hour in (1, 2)]
    asking.refresh_from_db()

    assert (first, then) == (1, [1, 0])
    assert set(Invitation.objects.values_list("customer", flat=True)) == {ada.pk, bob.pk}
    assert NotAsked.objects.count() == 1
    assert asking.mark == NOON + timedelta(days=20)  # It never goes back.


def test_after_a_solved_case_without_consent_since_it_is_no_marketing(shop):
    customer = make_customer(email="ada@example.com")
    Case.objects.create(subject="Broken cup", customer=customer, state="solved", solved_at=NOON)
    make_asking(occasion="case", delay_days=1, mark=NOON - timedelta(days=1))

    assert running.run_all(now=NOON + timedelta(hours=3)) == 0
    assert running.run_all(now=NOON + timedelta(days=1, hours=1)) == 1
    assert Invitation.objects.get().source.startswith("asking:")


def test_a_schedule_draws_so_many_a_day_and_everybody_once_in_a_while(shop):
    for n in range(10):
        agreeing(email=f"c{n}@example.com")
    make_asking(occasion="schedule", a_day=4, rest_days=90)

    days = [running.run_all(now=NOON + timedelta(days=day)) for day in range(4)]
    again = running.run_all(now=NOON + timedelta(days=3, hours=1))

    assert (days, again) == ([4, 4, 2, 0], 0)
    assert Invitation.objects.values("customer").distinct().count() == 10
    assert running.run_all(now=NOON + timedelta(days=91)) == 4


def test_the_mail_has_the_row_and_a_reminder_goes_once_to_who_did_not_answer(shop, client):
    ada, bob = agreeing(email="ada@example.com", first_name="Ada"), agreeing(email="bob@example.com")
    make_asking(occasion="schedule", remind_after_days=3, a_day=2)
    running.run_all(now=NOON)
    sending.run_once(now=NOON) if hasattr(sending, "run_once") else Message.objects.update(
        state="sent", sent_at=NOON
    )
    answered = Invitation.objects.get(customer=bob)
    Answer.objects.create(survey=answered.survey, invitation=answered, customer=bob, score=9, key="x")
    Invitation.objects.filter(pk=answered.pk).update(state="answered")

    planned = [running.run_all(now=NOON + timedelta(days=4)), running.run_all(now=NOON + timedelta(days=5))]

    again = Message.objects.get(key__endswith=":again")
    from feedback.asking import mail

    envelope = mail.prepare(again.mailing)(again)
    assert planned == [1, 0]
    assert again.customer_id == ada.pk
    assert f"{path_of(Invitation.objects.get(customer=ada))}?score=9" in envelope.html
    assert "Ada" in envelope.text


def test_pages_of_asking(staff_client, shop):
    survey = make_survey()
    said = {
        "name": "After tea",
        "survey": survey.pk,
        "occasion": "purchase",
        "delay_days": "7",
        "rest_days": "90",
        "a_day": "50",
    }

    made = staff_client.post("/feedback/asking/new/", said)
    often = staff_client.post("/feedback/asking/new/", {**said, "rest_days": "2"})
    asking = Asking.objects.get()
    staff_client.post(f"/feedback/asking/{asking.pk}/switch/", {"to": "on"})
    wrong = staff_client.post(
        f"/feedback/asking/{asking.pk}/", {"mail": "1", "subject_en": "Hi {{ nobody }}"}
    )
    customer = agreeing(first_name="Ada", email="ada@example.com")
    why = staff_client.get(f"/feedback/asking/why/?customer={customer.public_id}").text
    asking.refresh_from_db()

    assert made.headers["Location"] == f"/feedback/asking/{asking.pk}/"
    assert (often.status_code, wrong.status_code) == (422, 422)
    assert asking.is_on
    assert "May be asked when the occasion comes." in why
    assert "After tea" in staff_client.get("/feedback/asking/").text
