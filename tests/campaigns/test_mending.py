"""What is stopped by itself leads to where it can be looked at and mended."""

from __future__ import annotations

import pytest

from crm.models import Message, Sender
from crm.outbox import guarding, mailings, preparing
from tests.campaigns.mails import make_campaign, make_list, plan
from tests.people import make_customer

pytestmark = pytest.mark.django_db


def stopped(reason: str, *, state: str = "failed"):
    """A campaign under way that stops for this reason; one of its mails is refused."""
    campaign = plan(make_campaign(make_list(make_customer(), make_customer()), slug="spring"))
    first = campaign.mailing.messages.earliest("pk")
    Message.objects.filter(pk=first.pk).update(state=state)
    campaign.mailing.sender = Sender.objects.create(name="Shop", from_email="shop@tea.example")
    campaign.mailing.save()
    assert mailings.pause(campaign.mailing, reason)
    return campaign


@pytest.mark.parametrize(
    ("reason", "address", "words"),
    [
        (guarding.RETURNED, "/outbox/returned/?kind=hard", "See what came back"),
        (guarding.COMPLAINED, "/outbox/returned/?kind=complained", "See who complained"),
        (guarding.LOST, "/outbox/?mailing={mailing}&amp;state=failed", "See its answers"),
        (guarding.NOTHING_TAKEN, "/settings/senders/{sender}/", "Settings of the sender"),
        (preparing.UNWRITTEN, "/outbox/?mailing={mailing}&amp;state=failed", "See which mails"),
    ],
)
def test_each_reason_leads_to_where_it_can_be_mended(owner_client, reason, address, words):
    mailing = stopped(reason).mailing

    page = owner_client.get("/campaigns/spring/").content.decode()

    link = address.format(mailing=mailing.pk, sender=mailing.sender_id)
    assert f'<a href="{link}">{words}</a>' in page
    assert owner_client.get(link.replace("&amp;", "&")).status_code == 200


def test_a_server_that_fell_silent_has_unsure_mails_to_look_at(owner_client):
    mailing = stopped(guarding.NOTHING_TAKEN, state="unsure").mailing

    page = owner_client.get("/campaigns/spring/").content.decode()

    assert f"/outbox/?mailing={mailing.pk}&amp;state=unsure" in page


def test_nobody_is_led_to_settings_that_are_closed_to_them(staff_client):
    mailing = stopped(guarding.LOST).mailing

    page = staff_client.get("/campaigns/spring/").content.decode()

    assert "See its answers" in page
    assert f"/settings/senders/{mailing.sender_id}/" not in page


def test_what_a_person_paused_has_nothing_to_mend(owner_client):
    stopped("Paused by a person.")

    page = owner_client.get("/campaigns/spring/").content.decode()

    assert "Paused by a person" in page
    assert "kind=hard" not in page
    assert "Settings of the sender" not in page


def test_the_start_page_says_and_leads_the_same_in_the_readers_language(owner_client, owner):
    campaign = stopped(guarding.RETURNED)
    type(campaign).objects.update(state="paused")
    owner.language = "zh-hans"
    owner.save()

    panel = owner_client.get("/campaigns/home/attention/").content.decode()

    assert "kind=hard" in panel
    assert guarding.RETURNED not in panel
