from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns import lifecycle
from campaigns.models import Campaign
from crm import outbox
from crm.errors import Refusal
from crm.models import Message
from crm.outbox import sending
from tests.campaigns.mails import NOW, design, make_campaign, make_list, plan
from tests.feedback.surveys import make_survey
from tests.people import make_customer

pytestmark = pytest.mark.django_db


def some_campaign(**fields):
    return make_campaign(make_list(make_customer(), make_customer(), make_customer()), **fields)


def state_of(campaign):
    return Campaign.objects.get(pk=campaign.pk).state


def test_pause_holds_the_mails_and_resume_lets_them_go(shop):
    campaign = plan(some_campaign())

    lifecycle.pause(campaign)
    assert sending.drain() == 0
    lifecycle.resume(campaign)

    assert sending.drain() == 3
    lifecycle.settle(now=NOW)
    assert state_of(campaign) == "done"


def test_cancel_keeps_what_is_out_and_stops_what_waits(shop):
    campaign = plan(some_campaign())
    first = campaign.mailing.messages.first()
    Message.objects.filter(pk=first.pk).update(state="sent", sent_at=NOW)

    lifecycle.cancel(campaign, now=NOW)

    counted = outbox.counts(campaign.mailing)
    assert (counted["sent"], counted["cancelled"], counted["queued"]) == (1, 2, 0)
    assert sending.drain() == 0


@pytest.mark.parametrize("move", [lifecycle.pause, lifecycle.resume, lifecycle.back_to_draft])
def test_a_move_from_the_wrong_state_is_refused(shop, move):
    campaign = some_campaign()

    with pytest.raises(Refusal, match="Draft"):
        move(campaign)


def test_of_two_who_press_send_one_wins(shop):
    campaign = some_campaign()
    lifecycle.launch(campaign, now=NOW)

    with pytest.raises(Refusal):
        lifecycle.launch(Campaign.objects.get(), now=NOW)


def test_a_scheduled_campaign_begins_at_its_time_and_not_before(shop):
    campaign = some_campaign()
    at = NOW + timedelta(hours=2)
    lifecycle.schedule(campaign, at, now=NOW)

    assert lifecycle.start_due(now=at - timedelta(seconds=1)) == []
    assert lifecycle.start_due(now=at) == [campaign.pk]
    assert state_of(campaign) == "planning"


def test_a_campaign_whose_time_passed_long_ago_is_missed_and_not_sent(shop):
    campaign = some_campaign(tolerance_minutes=60)
    at = NOW + timedelta(hours=2)
    lifecycle.schedule(campaign, at, now=NOW)

    assert lifecycle.start_due(now=at + timedelta(minutes=61)) == []

    assert state_of(campaign) == "missed"
    assert not Message.objects.exists()
    lifecycle.back_to_draft(campaign)
    assert state_of(campaign) == "draft"


def test_a_time_in_the_past_is_refused(shop):
    with pytest.raises(Refusal, match="has passed"):
        lifecycle.schedule(some_campaign(), NOW, now=NOW)


def test_a_pause_by_the_outbox_is_shown_on_the_campaign(shop):
    campaign = plan(some_campaign())
    outbox.pause(campaign.mailing, "The server refuses everything.")

    lifecycle.settle(now=NOW)

    assert list(Campaign.objects.values_list("state", "error")) == [
        ("paused", "The server refuses everything.")
    ]


def test_a_broken_design_is_refused_before_anything_is_written(shop):
    with pytest.raises(Refusal, match="Line 3"):
        lifecycle.launch(some_campaign(mjml=design("{% if %}")), now=NOW)


def test_a_design_that_asks_needs_a_survey(shop):
    campaign = some_campaign(mjml=design("{{ survey_row }}"))

    with pytest.raises(Refusal, match="choose which one"):
        lifecycle.launch(campaign, now=NOW)
    Campaign.objects.update(survey=make_survey())

    lifecycle.launch(Campaign.objects.get(), now=NOW)
    assert state_of(campaign) == "planning"


def test_links_to_this_computer_are_refused_with_real_mail(shop, settings):
    settings.MAIL_CONNECTION = {"host": "mail.example"}
    settings.SITE_HOST, settings.SITE_URL = "127.0.0.1", "http://127.0.0.1:8000"

    with pytest.raises(Refusal, match="SITE_URL"):
        lifecycle.launch(some_campaign(), now=NOW)


def test_a_copy_is_a_draft_without_history(shop):
    campaign = plan(some_campaign())

    copy = lifecycle.duplicate(campaign, "again")

    assert (copy.state, copy.mailing, copy.mjml) == ("draft", None, campaign.mjml)
    assert list(copy.include.all()) == list(campaign.include.all())
