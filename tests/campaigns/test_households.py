"""One mail per household: who gets it, and that the numbers add up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns import planning
from campaigns.models import Campaign
from crm import outbox
from crm.models import Group, GroupMember, Message
from tests.campaigns.mails import NOW, make_campaign, make_list, plan
from tests.people import NOON, make_customer, make_purchase

pytestmark = pytest.mark.django_db


def make_home(*people, main=None, kind="household") -> Group:
    group = Group.objects.create(kind=kind, name="Home")
    for one in people:
        GroupMember.objects.create(group=group, customer=one, is_main=one == main)
    return group


def written(campaign: Campaign) -> set:
    return {one.customer for one in campaign.mailing.messages.filter(state="queued")}


def once(segment, **more) -> Campaign:
    campaign = make_campaign(segment, **more)
    Campaign.objects.filter(pk=campaign.pk).update(one_per_household=True)
    return Campaign.objects.get(pk=campaign.pk)


def test_of_a_household_the_main_contact_gets_it_else_who_bought_last(shop):
    ada, bob, cleo = (make_customer() for _ in range(3))
    make_home(ada, bob, cleo, main=bob)
    dan, eve, alone = (make_customer() for _ in range(3))
    make_home(dan, eve)
    make_purchase(dan, at=NOON - timedelta(days=9))
    make_purchase(eve, at=NOON - timedelta(days=2))
    segment = make_list(ada, bob, cleo, dan, eve, alone)

    expected = planning.forecast_live([segment], [], per_household=True)
    campaign = plan(once(segment))

    counts = outbox.counts(campaign.mailing)
    assert written(campaign) == {bob, eve, alone}
    assert counts["skipped"] == expected.skipped == {"household": 3}
    assert (counts["audience"], expected.people, expected.receivers) == (6, 6, 3)


def test_without_the_setting_and_in_companies_everybody_gets_it(shop):
    ada, bob, cleo, dan = (make_customer() for _ in range(4))
    make_home(ada, bob)
    make_home(cleo, dan, kind="company")
    segment = make_list(ada, bob, cleo, dan)

    usual, at_work = plan(make_campaign(segment)), plan(once(segment))

    assert written(usual) == {ada, bob, cleo, dan}
    assert written(at_work) == {ada, cleo, dan}


def test_who_cannot_be_written_to_takes_no_household_its_mail(shop):
    main = make_customer(email_consent="withdrawn")
    bob, outside = make_customer(), make_customer()
    make_home(main, bob, outside, main=main)

    campaign = plan(once(make_list(main, bob)))

    assert written(campaign) == {bob}
    assert outbox.counts(campaign.mailing)["skipped"] == {"withdrawn": 1}


def test_shared_addresses_and_households_together_still_add_up(shop):
    ada = make_customer(email="home@example.com")
    bob = make_customer(email="home@example.com")
    cleo = make_customer()
    make_home(ada, cleo, main=cleo)
    segment = make_list(ada, bob, cleo)

    expected = planning.forecast_live([segment], [], per_household=True)
    campaign = plan(once(segment))

    assert written(campaign) == {bob, cleo}
    assert outbox.counts(campaign.mailing)["skipped"] == expected.skipped == {"household": 1}


def test_planning_again_writes_to_the_same_person_even_if_somebody_bought_since(shop):
    ada, bob = make_customer(), make_customer()
    make_home(ada, bob)
    segment = make_list(ada, bob)
    campaign = plan(once(segment))
    Message.objects.filter(customer=bob).delete()  # Killed before the second row was made.
    make_purchase(bob)
    Campaign.objects.update(state="planning")

    planning.plan(Campaign.objects.get(pk=campaign.pk), now=NOW)

    assert written(Campaign.objects.get()) == {ada}


def test_somebody_in_two_households_counts_to_the_oldest(shop):
    ada, bob, cleo = (make_customer() for _ in range(3))
    make_home(ada, bob, main=ada)
    make_home(ada, cleo, main=ada)

    campaign = plan(once(make_list(ada, bob, cleo)))

    assert written(campaign) == {ada, cleo}


def test_the_setting_is_chosen_while_writing_and_counted_at_once(owner_client, shop):
    ada, bob = make_customer(), make_customer()
    make_home(ada, bob)
    segment = make_list(ada, bob)
    campaign = make_campaign(segment)

    page = owner_client.get(f"/campaigns/{campaign.slug}/edit/").content.decode()
    counted = owner_client.get(
        f"/campaigns/audience/?include={segment.pk}&one_per_household=on"
    ).content.decode()

    assert 'name="one_per_household"' in page
    assert "Somebody else of the household gets it" in counted
