"""A thank-you that goes out one by one, because a rule for answers says so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns import lifecycle, planning, thanking
from campaigns.models import Campaign
from crm.models import ContactRules, Message
from crm.outbox import sending
from feedback import answers, telling
from feedback.models import ClosingRule, Followed
from tests.campaigns.mails import NOW, caught, design, html_of, make_campaign, plan
from tests.feedback.surveys import make_invitation, make_survey
from tests.people import make_customer

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def make_thanks(**fields):
    return plan(
        make_campaign(
            slug="thanks",
            name="Thanks",
            one_by_one=True,
            coupon="TEA10",
            mjml=design("Dear {{ customer.first_name }}, take {{ coupon }}"),
            **fields,
        )
    )


def make_rule(**fields):
    return ClosingRule.objects.create(
        **{"name": "Thank", "score_from": 9, "opens_case": False, "campaign": "thanks", **fields}
    )


def say(survey, customer, score, *, at=NOW, source="campaign:9"):
    invitation = make_invitation(survey, customer, at=at, source=source)
    answers.accept(invitation, score=score, comment="", values={}, language="en", at=at)
    telling.tell_news()


def states():
    rows = Message.objects.order_by("pk").values_list("customer__first_name", "state", "reason")
    return [f"{name} {reason or state}" for name, state, reason in rows]


def test_it_goes_to_whom_the_rule_names_as_the_sandbox_shows(shop):
    survey, campaign = make_survey(), make_thanks()
    make_rule()
    happy, cool = make_customer(first_name="Ann"), make_customer(first_name="Bob")
    say(survey, happy, 10)
    say(survey, cool, 8)

    planned = [thanking.send_waiting(now=NOW), thanking.send_waiting(now=NOW)]
    sending.drain()
    lifecycle.settle(now=NOW)

    campaign.refresh_from_db()
    assert planned == [1, 0]
    assert states() == ["Ann sent"]
    assert "Dear Ann, take TEA10" in html_of(caught()[0])
    assert campaign.state == Campaign.State.SENDING  # It stays switched on.


def test_nobody_gets_it_twice_in_so_many_days_nor_without_agreeing(shop):
    survey = make_survey()
    make_thanks()
    make_rule(thank_days=30)
    ann, twin = (make_customer(first_name=name, email="ann@example.com") for name in ("Ann", "Twin"))
    shy = make_customer(first_name="Shy", email_consent="withdrawn")
    for one in (ann, twin, shy):
        say(survey, one, 10)
    thanking.send_waiting(now=NOW)
    for days in (29, 31):
        say(survey, ann, 9, at=NOW + days * DAY, source=f"campaign:{days}")
        thanking.send_waiting(now=NOW + days * DAY)

    assert states() == ["Ann queued", "Twin thanked", "Shy withdrawn", "Ann thanked", "Ann queued"]


def test_the_rules_of_writing_hold_for_it_too(shop):
    ContactRules.objects.update_or_create(pk=1, defaults={"cap_messages": 1, "cap_days": 7})
    survey = make_survey()
    make_thanks()
    make_rule(thank_days=1)
    ann = make_customer(first_name="Ann")
    say(survey, ann, 10)
    thanking.send_waiting(now=NOW)
    Message.objects.update(state="sent", claimed_at=NOW, sent_at=NOW)

    say(survey, ann, 10, at=NOW + 2 * DAY, source="campaign:2")
    thanking.send_waiting(now=NOW + 2 * DAY)

    later = Message.objects.order_by("-pk").first()
    assert (later.state, later.reason, later.not_before) == ("queued", "cap", NOW + 7 * DAY)


def test_an_answer_corrected_at_once_is_thanked_by_what_it_says_now(shop):
    survey = make_survey()
    make_thanks()
    make_rule()
    ann = make_customer()
    say(survey, ann, 10)
    say(survey, ann, 3, at=NOW + timedelta(seconds=20))

    planned = thanking.send_waiting(now=NOW + timedelta(minutes=1))

    assert planned == 0
    assert not Message.objects.exists()


def test_while_it_is_switched_off_it_waits_and_after_a_week_no_more(shop):
    survey, campaign = make_survey(), make_thanks()
    make_rule()
    lifecycle.pause(campaign)
    say(survey, make_customer(), 10, at=NOW - 8 * DAY)
    say(survey, make_customer(first_name="Bob"), 10, source="campaign:2")

    while_off = thanking.send_waiting(now=NOW)
    waiting = Followed.objects.filter(thanks="waiting").count()
    campaign.refresh_from_db()
    lifecycle.resume(campaign)
    after = thanking.send_waiting(now=NOW)

    assert (while_off, waiting, after) == (0, 1, 1)
    assert states() == ["Bob queued"]


def test_pages_offer_it_and_switch_it_on(staff_client, shop):
    make_campaign(slug="thanks", name="Thanks", one_by_one=True)
    make_campaign(slug="spring")

    form = staff_client.get("/feedback/closing/new/").text
    check = staff_client.get("/campaigns/thanks/").text
    staff_client.post("/campaigns/thanks/send/")
    planning.plan(Campaign.objects.get(slug="thanks"), now=NOW)
    made = {"name": "Thank", "score_from": "9", "campaign": "thanks", "thank_days": "60"}
    staff_client.post("/feedback/closing/new/", made)
    wrong = staff_client.post("/feedback/closing/new/", {**made, "campaign": "spring"})
    none = staff_client.post("/feedback/closing/new/", {**made, "campaign": ""})

    rule = ClosingRule.objects.get()
    assert '<option value="thanks">Thanks (Draft)</option>' in form
    assert 'value="spring"' not in form
    assert "Switch on" in check
    assert (rule.campaign, rule.thank_days, rule.opens_case) == ("thanks", 60, False)
    assert wrong.status_code == none.status_code == 422
    assert "“Thanks”" in staff_client.get("/feedback/closing/").text
    assert Campaign.objects.get(slug="thanks").state == "sending"
    assert "Switched on" in staff_client.get("/campaigns/thanks/").text
