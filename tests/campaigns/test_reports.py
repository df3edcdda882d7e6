from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from campaigns import reports
from campaigns.models import MessageEvent
from crm import outbox
from crm.models import Message
from crm.outbox import sending, unsubscribing
from feedback.models import Answer, Invitation
from tests.campaigns.mails import NOW, make_campaign, make_list, plan, react
from tests.feedback.surveys import make_survey
from tests.people import make_customer, make_purchase

pytestmark = pytest.mark.django_db


def sent(*people, **fields):
    campaign = plan(make_campaign(make_list(*people), **fields))
    sending.drain()
    return campaign


def test_the_parts_of_the_audience_add_up(shop):
    campaign = sent(make_customer(), make_customer(), make_customer(email=""))
    Message.objects.filter(pk=campaign.mailing.messages.first().pk).update(state="unsure")

    counted = reports.delivery(campaign)

    parts = [n for name, n in counted.items() if name not in ("audience", "skipped")]
    assert counted["audience"] == sum(parts) + sum(counted["skipped"].values()) == 3


def test_people_are_counted_once_whatever_they_repeat(shop):
    ada, bob = make_customer(), make_customer()
    campaign = sent(ada, bob)
    for minute in range(3):
        react(campaign, ada, at=NOW + timedelta(minutes=minute))
        react(campaign, ada, 0, at=NOW + timedelta(minutes=minute))
    react(campaign, ada, 1, at=NOW + timedelta(hours=1))
    react(campaign, bob, 1)

    found = reports.response(campaign)

    assert (found.opened, found.clicked) == (1, 2)
    assert [(link.position, link.people) for link in reports.links(campaign)] == [(1, 2), (0, 1)]


def test_revenue_is_what_was_bought_within_five_days_after_a_click(shop):
    ada, bob = make_customer(), make_customer()
    campaign = sent(ada, bob)
    react(campaign, ada, 0, at=NOW)
    make_purchase(ada, 30, at=NOW + timedelta(days=5))
    make_purchase(ada, 20, at=NOW + timedelta(days=1), refunded=Decimal(5))
    make_purchase(ada, 100, at=NOW - timedelta(minutes=1))
    make_purchase(ada, 100, at=NOW + timedelta(days=5, seconds=1))
    make_purchase(ada, 100, at=NOW + timedelta(days=1), status="cancelled")
    make_purchase(bob, 100, at=NOW + timedelta(days=1))

    found = reports.response(campaign)

    assert (found.bought, found.orders, found.revenue) == (1, 2, Decimal(45))


def test_answers_to_this_campaign_alone_are_counted(shop):
    survey = make_survey()
    people = [make_customer() for _ in range(3)]
    campaign = sent(*people, survey=survey)
    for invitation, score in zip(Invitation.objects.order_by("pk"), (10, 9, 2), strict=True):
        Answer.objects.create(
            survey=survey,
            invitation=invitation,
            customer=invitation.customer,
            key=str(invitation.pk),
            score=score,
        )
    Answer.objects.create(survey=survey, key="elsewhere", score=0)

    found = reports.response(campaign)

    assert (found.invited, found.answered) == (3, 3)
    assert found.score.value == pytest.approx(100 / 3)


def test_each_number_opens_the_people_behind_it(shop):
    ada, bob = make_customer(), make_customer()
    nobody = make_customer(email="")
    campaign = sent(ada, bob, nobody)
    react(campaign, ada)
    react(campaign, ada, 0)
    make_purchase(ada, 30, at=NOW + timedelta(days=1))
    reader = unsubscribing.reader_of(outbox.unsubscribe_token(campaign.mailing.messages.get(customer=bob)))
    unsubscribing.leave(reader, at=NOW)

    assert MessageEvent.objects.filter(kind="unsubscribe").count() == 1
    assert reports.response(campaign).unsubscribed == 1

    def people(*arguments, **options):
        return [one.customer for one in reports.recipients(campaign, *arguments, **options).order_by("pk")]

    assert people("opened") == people("clicked") == people("bought") == people(link=0) == [ada]
    assert people("unsubscribed") == [bob]
    assert set(people("sent")) == {ada, bob}
    assert people("skipped", "no_address") == [nobody]
    assert people(link=1) == []


def test_the_mails_of_one_person_say_what_became_of_each(shop, django_assert_num_queries):
    ada = make_customer()
    opened = sent(ada)
    make_list_again = opened.include.get()
    react(opened, ada)
    ada.email_consent = "withdrawn"
    ada.save()
    plan(make_campaign(make_list_again, make_list(make_customer(), slug="more")))

    with django_assert_num_queries(3):
        mails = reports.mails_to(ada)

    assert [(mail.message.state, mail.opened, mail.why) for mail in mails] == [
        ("skipped", False, "Objected to marketing mail"),
        ("sent", True, ""),
    ]
