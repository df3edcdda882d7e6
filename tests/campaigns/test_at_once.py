"""Two people at once, an editor at work while mails leave, and ten thousand people at one address."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign
from crm import outbox
from crm.models import Customer, Mailing, SandboxMail, User
from crm.outbox import preparing, queueing, sending
from segments.models import Membership, Segment
from tests.campaigns.mails import caught, design, make_campaign, make_list, plan
from tests.people import make_customer

PRESSERS = 4


def press(slug, user, barrier, answers):
    """Press the button the moment that the others press it, by a connection of its own."""
    try:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        barrier.wait(30)
        answer = client.post(f"/campaigns/{slug}/send/", follow=True)
        answers.append(answer.content.decode())  # The client's context mixes up threads.
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_of_people_who_press_send_at_once_one_wins_and_nobody_gets_it_twice(shop):
    people = [make_customer() for _ in range(20)]
    make_campaign(make_list(*people), slug="spring")
    users = [
        User.objects.create_user(f"u{n}@teahouse.example", "steep-leaves-4", name=f"U{n}", role="owner")
        for n in range(PRESSERS)
    ]
    barrier, answers = threading.Barrier(PRESSERS), []

    threads = [threading.Thread(target=press, args=("spring", one, barrier, answers)) for one in users]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    sending.drain()

    assert sum("It begins" in page for page in answers) == 1
    assert sum("not possible any more" in page for page in answers) == PRESSERS - 1
    campaign = Campaign.objects.get()
    assert Mailing.objects.filter(kind="campaign").count() == 1
    assert outbox.counts(campaign.mailing)["audience"] == 20
    assert sorted(SandboxMail.objects.values_list("to", flat=True)) == sorted(one.email for one in people)


@pytest.mark.django_db
def test_who_gets_it_after_the_text_was_edited_gets_what_the_first_got(shop, monkeypatch):
    campaign = plan(make_campaign(make_list(*(make_customer() for _ in range(6)))))
    monkeypatch.setattr(queueing, "BATCH", 2)
    monkeypatch.setattr(preparing, "FRESH", -1)  # Each batch asks anew what is said.
    handed = []

    class Watched(sending.channels.Sandbox):
        def hand_over(self, parcel):
            handed.append(parcel)
            Campaign.objects.update(subject="Changed", mjml=design("Changed"))
            return super().hand_over(parcel)

    monkeypatch.setattr(sending.channels, "Sandbox", Watched)

    assert sending.drain() == 6

    assert {mail["Subject"] for mail in caught()} == {"Spring tea"}
    assert not any(b"Changed" in parcel.raw for parcel in handed)
    assert Campaign.objects.get(pk=campaign.pk).subject == "Changed"


@pytest.mark.django_db
def test_ten_thousand_people_at_one_address_get_one_mail_and_the_others_the_reason(shop):
    n = 10_000
    people = Customer.objects.bulk_create(
        (
            Customer(first_name="Ada", email="front.desk@example.com", email_consent="granted").prepare()
            for _ in range(n)
        ),
        batch_size=1000,
    )
    segment = Segment.objects.create(slug="all", name="All", kind="static", member_count=n)
    Membership.objects.bulk_create(
        (Membership(segment=segment, customer=one, entered_at=timezone.now()) for one in people),
        batch_size=1000,
    )

    campaign = plan(make_campaign(segment))
    sending.drain()

    counted = outbox.counts(campaign.mailing)
    assert (counted["audience"], counted["sent"]) == (n, 1)
    assert counted["skipped"] == {"duplicate_address": n - 1}
    assert SandboxMail.objects.count() == 1
