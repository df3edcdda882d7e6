from __future__ import annotations

import pytest
from django.utils import timezone

from campaigns import lifecycle, planning, tasks
from campaigns.models import Campaign
from crm import consent, outbox
from crm.errors import Refusal
from crm.models import Customer, Message
from crm.outbox import sending
from feedback.models import Invitation
from segments.models import Membership, Segment
from tests.campaigns.mails import NOW, caught, make_campaign, make_list, plan
from tests.feedback.surveys import make_survey
from tests.people import make_customer

pytestmark = pytest.mark.django_db


def mixed():
    """Six people: two who can be written to, one of them sharing an address with a third."""
    shared = make_customer(email="home@example.com")
    blocked = make_customer(email="blocked@example.com")
    consent.suppress("blocked@example.com", "bounced", at=NOW)
    return [
        make_customer(),
        shared,
        make_customer(email="home@example.com"),
        make_customer(email=""),
        make_customer(email_consent="unknown"),
        make_customer(email_consent="withdrawn"),
        Customer.objects.get(pk=blocked.pk),
    ]


SKIPPED = {"no_address": 1, "no_consent": 1, "withdrawn": 1, "suppressed": 1, "duplicate_address": 1}


def test_everybody_of_the_audience_has_one_message_or_a_reason(shop):
    campaign = plan(make_campaign(make_list(*mixed())))

    assert campaign.state == "sending"
    assert outbox.counts(campaign.mailing) == {
        "audience": 7,
        "queued": 2,
        "sending": 0,
        "sent": 0,
        "failed": 0,
        "unsure": 0,
        "held_out": 0,
        "cancelled": 0,
        "skipped": SKIPPED,
    }


def test_the_forecast_says_the_same_before(shop):
    segment = make_list(*mixed())

    forecast = planning.forecast_live([segment], [])

    assert (forecast.people, forecast.receivers, forecast.skipped) == (7, 2, SKIPPED)


def test_somebody_who_cannot_be_written_to_does_not_take_a_shared_address(shop):
    make_customer(email="home@example.com", email_consent="unknown")
    second = make_customer(email="home@example.com")

    campaign = plan(make_campaign(make_list(*Customer.objects.all())))

    assert campaign.mailing.messages.get(state="queued").customer == second


def test_members_of_an_excluded_segment_are_not_in_the_audience(shop):
    stays, leaves = make_customer(), make_customer()
    everybody = make_list(stays, leaves, slug="all")

    campaign = plan(make_campaign(everybody, exclude=[make_list(leaves, slug="few")]))

    assert [one.customer for one in campaign.mailing.messages.all()] == [stays]


def test_a_person_in_two_segments_gets_one_mail(shop):
    ada = make_customer()

    campaign = plan(make_campaign(make_list(ada, slug="a"), make_list(ada, slug="b")))

    assert campaign.mailing.messages.count() == 1


def test_a_rule_is_asked_anew_at_planning(shop):
    make_customer(city="Rome")
    rule = {"field": "city", "op": "is", "value": "Rome"}
    segment = Segment.objects.create(slug="rome", name="Rome", kind="rule", rule=rule)
    outer = Segment.objects.create(slug="outer", name="Outer", kind="rule", rule={"in_segment": "rome"})
    make_customer(city="Oslo")

    campaign = plan(make_campaign(outer))

    assert campaign.mailing.messages.get().customer.city == "Rome"
    segment.refresh_from_db()
    assert segment.member_count == 1


def test_planning_again_adds_nobody_twice(shop):
    campaign = plan(make_campaign(make_list(*mixed())))
    Campaign.objects.update(state="planning")

    planning.plan(Campaign.objects.get(pk=campaign.pk), now=NOW)

    assert Message.objects.count() == 7
    assert Campaign.objects.get().state == "sending"


def test_planning_killed_half_way_goes_on_and_ends_the_same(shop):
    people = mixed()
    campaign = make_campaign(make_list(*people))
    lifecycle.launch(campaign, now=NOW)
    mailing = outbox.open_mailing(campaign.source, kind="campaign", name="x", purpose="marketing")
    outbox.pause(mailing)
    outbox.plan(
        mailing, [Message(key=f"customer:{people[2].pk}", customer=people[2], to_email=people[2].email)]
    )

    tasks.advance_campaigns()

    campaign.refresh_from_db()
    assert campaign.state == "sending"
    assert outbox.counts(mailing)["queued"] == 2
    assert outbox.counts(mailing)["skipped"] == SKIPPED
    assert mailing.messages.get(to_email="home@example.com", state="queued").customer == people[2]


def test_an_audience_that_changes_while_planning_loses_nobody_and_repeats_nobody(shop, monkeypatch):
    stays, leaves, joins = make_customer(), make_customer(), make_customer()
    segment = make_list(stays, leaves)
    campaign = make_campaign(segment)
    lifecycle.launch(campaign, now=NOW)
    with monkeypatch.context() as killed:
        killed.setattr("campaigns.planning._begin", lambda campaign, mailing: None)
        planning.plan(campaign, now=NOW)

    Membership.objects.filter(customer=leaves).update(left_at=NOW)
    Membership.objects.create(segment=segment, customer=joins, entered_at=NOW)
    planning.plan(Campaign.objects.get(), now=NOW)

    mailing = Campaign.objects.get().mailing
    rows = mailing.messages.order_by("customer").values_list("customer", "state")
    assert list(rows) == [(one.pk, "queued") for one in (stays, leaves, joins)]  # Once chosen is chosen.
    assert mailing.state == "open"


def test_many_people_of_one_address_get_one_mail_and_the_others_the_reason(shop):
    people = [make_customer(email="front.desk@example.com") for _ in range(40)]

    campaign = plan(make_campaign(make_list(*people)))
    sending.drain()

    assert [mail["To"] for mail in caught()] == [f"{people[0].full_name} <front.desk@example.com>"]
    counted = outbox.counts(campaign.mailing)
    assert (counted["audience"], counted["sent"]) == (40, 1)
    assert counted["skipped"] == {"duplicate_address": 39}


def test_an_objection_of_anybody_at_the_address_stops_the_mail_that_is_planned(shop):
    gets, shares = (make_customer(email="home@example.com") for _ in range(2))
    campaign = plan(make_campaign(make_list(gets, shares)))

    consent.withdraw(shares, source="staff", at=NOW)
    sending.drain()

    assert caught() == []
    assert outbox.counts(campaign.mailing)["skipped"] == {"withdrawn": 1, "duplicate_address": 1}


def test_a_live_planning_is_left_alone_by_the_sweep(shop):
    campaign = make_campaign(make_list(make_customer()))
    lifecycle.launch(campaign, now=timezone.now())

    assert lifecycle.take_up_stalled(now=timezone.now()) == []


def test_nothing_leaves_before_all_is_planned(shop, monkeypatch):
    campaign = make_campaign(make_list(make_customer()))
    lifecycle.launch(campaign, now=NOW)
    monkeypatch.setattr("campaigns.planning._begin", lambda campaign, mailing: None)  # As if killed there.

    planning.plan(campaign, now=NOW)

    assert Campaign.objects.get().mailing.state == "paused"


def test_nobody_to_send_to_is_refused_with_who_was_left_out(shop):
    campaign = make_campaign(make_list(make_customer(email=""), make_customer(email_consent="unknown")))

    with pytest.raises(Refusal) as refusal:
        lifecycle.launch(campaign, now=NOW)

    assert str(refusal.value) == (
        "None of the 2 people in the chosen segments can be written to. "
        "No e-mail address: 1; Never agreed to marketing mail: 1."
    )
    assert Campaign.objects.get().state == "draft"


def test_nobody_left_when_the_time_comes_gives_the_draft_back(shop):
    ada = make_customer()
    campaign = make_campaign(make_list(ada))
    lifecycle.launch(campaign, now=NOW)
    Customer.objects.update(email_consent="withdrawn")

    planning.plan(campaign, now=NOW)

    campaign.refresh_from_db()
    assert (campaign.state, campaign.mailing) == ("draft", None)
    assert "Objected to marketing mail: 1" in campaign.error


def test_a_cancelled_campaign_is_not_planned_further(shop):
    campaign = make_campaign(make_list(make_customer()))
    lifecycle.launch(campaign, now=NOW)
    lifecycle.cancel(campaign, now=NOW)

    planning.plan(campaign, now=NOW)

    campaign.refresh_from_db()
    assert campaign.state == "cancelled"
    assert not Message.objects.filter(state="queued").exists()


def test_a_survey_invites_those_who_get_the_mail(shop):
    gets, skipped = make_customer(), make_customer(email="")
    survey = make_survey()

    campaign = plan(make_campaign(make_list(gets, skipped), survey=survey))

    invitation = Invitation.objects.get()
    assert (invitation.customer, invitation.source) == (gets, campaign.source)


def test_planning_needs_no_more_queries_for_more_people(shop, django_assert_max_num_queries):
    campaign = make_campaign(make_list(*(make_customer() for _ in range(60))))
    lifecycle.launch(campaign, now=NOW)

    with django_assert_max_num_queries(42):
        planning.plan(campaign, now=NOW)
