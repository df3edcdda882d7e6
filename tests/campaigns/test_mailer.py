"""Campaigns through the real outbox, to the sandbox and to a real SMTP server."""

from __future__ import annotations

import email
import email.policy
import re

import pytest
from django.utils import timezone

from campaigns import lifecycle, planning
from campaigns.models import Campaign
from crm import outbox
from crm.models import Customer
from crm.outbox import sending
from feedback.models import Invitation
from tests.campaigns.mails import (
    NOW,
    caught,
    design,
    html_of,
    make_campaign,
    make_list,
    plan,
    text_of,
)
from tests.feedback.surveys import make_survey
from tests.people import make_customer
from tests.sink import Sink

pytestmark = pytest.mark.django_db


def test_each_person_gets_one_mail_at_a_real_server_with_the_right_headers(shop, settings):
    people = [make_customer() for _ in range(12)]
    campaign = plan(make_campaign(make_list(*people), subject="春茶 {{ customer.first_name }}"))

    with Sink() as sink:
        settings.MAIL_CONNECTION = sink.options
        settings.ALLOW_LOCAL_LINKS = True
        sending.drain()
        mails = sink.mails()

    assert sorted(one["to"] for one in mails) == sorted(one.email for one in people)
    read = email.message_from_string(mails[0]["content"], policy=email.policy.default)
    message = campaign.mailing.messages.get(to_email=mails[0]["to"])
    https, mailto = re.fullmatch(r"<(http[^>]+)>, <mailto:([^>]+)>", read["List-Unsubscribe"]).groups()
    assert https == outbox.unsubscribe_url(message)
    assert mailto.startswith("news@teahouse.example?subject=unsubscribe")
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert read["List-Id"] == "Teahouse <campaigns.teahouse.example>"
    assert str(message.pk) in read["Message-ID"]
    assert read["Subject"] == "春茶 Ada"
    assert https in html_of(read)
    assert https in text_of(read)
    assert re.search(r"http://testserver/c/\w+-\w+-0~[\w-]{16}\"", html_of(read))


def test_whoever_unsubscribes_is_left_out_next_time(shop, client):
    ada, bob = make_customer(), make_customer()
    segment = make_list(ada, bob)
    first = plan(make_campaign(segment))
    sending.drain()
    message = first.mailing.messages.get(customer=ada)

    path = outbox.unsubscribe_url(message).removeprefix("http://testserver")
    answer = client.post(path, {"List-Unsubscribe": "One-Click"})
    second = plan(make_campaign(segment))

    assert answer.status_code == 200
    assert outbox.counts(second.mailing)["skipped"] == {"withdrawn": 1}
    assert outbox.counts(second.mailing)["queued"] == 1


def test_whoever_objects_after_planning_is_left_out_at_sending(shop):
    ada = make_customer()
    campaign = plan(make_campaign(make_list(ada, make_customer())))
    Customer.objects.filter(pk=ada.pk).update(email_consent="withdrawn")

    sending.drain()

    counted = outbox.counts(campaign.mailing)
    assert (counted["sent"], counted["skipped"], counted["audience"]) == (1, {"withdrawn": 1}, 2)


def test_the_rating_row_leads_to_the_persons_own_place(shop, client):
    survey = make_survey()
    asks = make_campaign(make_list(make_customer()), survey=survey, mjml=design("{{ survey_row }}"))
    plan(asks, timezone.now())
    sending.drain()

    (links, *_rest) = re.findall(r'"http://testserver(/s/[^"]+score=9)"', html_of(caught()[0]))

    assert Invitation.objects.get().survey == survey
    assert client.get(links).status_code == 200


def test_a_design_that_breaks_for_one_person_fails_for_that_person_alone(shop):
    good, bad = make_customer(city="3"), make_customer(city="0")
    campaign = make_campaign(make_list(good, bad), mjml=design("{{ 1 | divided_by: customer.city }}"))
    Campaign.objects.filter(pk=campaign.pk).update(state="planning", started_at=NOW)
    planning.plan(Campaign.objects.get(), now=NOW)

    sending.drain()

    mailing = Campaign.objects.get().mailing
    assert mailing.messages.get(customer=good).state == "sent"
    failed = mailing.messages.get(customer=bad)
    assert (failed.state, failed.error) == (
        "failed",
        "Line 3: The Liquid code is not right: divided_by: can't divide by 0.",
    )


def test_the_campaign_is_done_when_nothing_waits(shop):
    campaign = plan(make_campaign(make_list(make_customer())))
    sending.drain()

    lifecycle.settle(now=NOW)

    campaign.refresh_from_db()
    assert (campaign.state, campaign.finished_at) == ("done", NOW)


def test_a_batch_of_mails_needs_few_queries_to_be_written(shop, django_assert_max_num_queries):
    campaign = plan(make_campaign(make_list(*(make_customer() for _ in range(20)))))
    messages = list(campaign.mailing.messages.select_related("customer", "mailing"))
    from campaigns.mailer import campaign_mails

    with django_assert_max_num_queries(4):
        render = campaign_mails(campaign.mailing)
        for message in messages:
            render(message)
