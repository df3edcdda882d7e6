from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm import accounts, outbox
from crm.models import Message, WorkerHeartbeat
from crm.outbox import sending
from tests.mails import draft, make_mailing, make_messages
from tests.people import make_customer

pytestmark = pytest.mark.django_db


def page(client, address):
    return client.get(address).content.decode()


def test_the_outbox_lists_the_newest_first_with_state_and_reason(staff_client):
    mailing = make_mailing()
    people = [make_customer(last_name="Old"), make_customer(last_name="New", email_consent="withdrawn")]
    outbox.plan(mailing, [draft(one) for one in people])
    sending.drain()

    text = page(staff_client, "/outbox/")

    assert text.index(people[1].email) < text.index(people[0].email)
    assert "Objected to marketing mail" in text
    assert "Sent" in text


def test_the_outbox_needs_the_same_queries_for_many_mails(staff_client):
    mailing = make_mailing()
    make_messages(mailing, 2)
    with CaptureQueriesContext(
        connection,
    ) as few:
        staff_client.get("/outbox/")
    make_messages(mailing, 40)

    with CaptureQueriesContext(connection) as many:
        staff_client.get("/outbox/")

    assert len(many) == len(few) <= 11


def test_the_outbox_pages_through_more_than_one_page(staff_client):
    messages = make_messages(make_mailing(), 60)

    first = staff_client.get("/outbox/")
    mark = first.context["page"].next
    second = page(staff_client, f"/outbox/?after={mark}")

    assert messages[-1].to_email in first.content.decode()
    assert messages[0].to_email in second
    assert messages[-1].to_email not in second


def test_the_outbox_finds_by_address_mailing_and_state(staff_client):
    spring, autumn = make_mailing("test:1"), make_mailing("test:2")
    wanted, other = make_messages(spring, 2)
    elsewhere = make_messages(autumn, 1)[0]
    Message.objects.filter(pk=other.pk).update(state="failed")

    by_address = page(staff_client, f"/outbox/?q={wanted.to_email.upper()}")
    by_mailing = page(staff_client, f"/outbox/?mailing={autumn.pk}")
    by_state = page(staff_client, "/outbox/?state=failed")

    assert (wanted.to_email in by_address, other.to_email in by_address) == (True, False)
    assert (elsewhere.to_email in by_mailing, wanted.to_email in by_mailing) == (True, False)
    assert (other.to_email in by_state, wanted.to_email in by_state) == (True, False)


@pytest.mark.parametrize("query", ["mailing=x", "mailing=99999999999999999", "state=x", "after=x"])
def test_odd_filters_do_no_harm(staff_client, query):
    assert staff_client.get(f"/outbox/?{query}").status_code == 200


def test_a_caught_mail_can_be_read(staff_client):
    mailing = make_mailing()
    envelope = {"html": "<p>茶 <script>alert(1)</script></p>", "text": "茶 & more", "subject": "春茶"}
    outbox.plan(mailing, [draft(make_customer(), context={"envelope": envelope})])
    sending.drain()
    pk = Message.objects.get().pk

    assert "春茶" in page(staff_client, f"/outbox/{pk}/")
    assert "茶 &amp; more" in page(staff_client, f"/outbox/{pk}/?view=text")
    assert "List-Unsubscribe=One-Click" in page(staff_client, f"/outbox/{pk}/?view=headers")


def test_the_mail_itself_can_run_nothing(staff_client):
    make_messages(make_mailing(), 1)
    sending.drain()

    response = staff_client.get(f"/outbox/{Message.objects.get().pk}/body/")

    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "form-action 'none'" in policy
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy
    assert "<p>Dear" in response.content.decode()


def test_a_mail_that_was_not_caught_has_no_body(staff_client):
    message = make_messages(make_mailing(), 1)[0]

    assert staff_client.get(f"/outbox/{message.pk}/").status_code == 200
    assert staff_client.get(f"/outbox/{message.pk}/body/").status_code == 404
    assert staff_client.get("/outbox/999999/").status_code == 404


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"state": "skipped", "reason": "suppressed"}, "unsubscribed, bounced or complained"),
        ({"state": "failed", "error": "550 no such user"}, "550 no such user"),
        ({"state": "unsure"}, "may have arrived"),
        ({"state": "cancelled"}, "was stopped before"),
        ({"state": "held_out"}, "Chosen by chance"),
        ({"not_before": "2999-01-01T00:00Z"}, "waits for its time"),
        ({}, "when a worker is running"),
    ],
)
def test_the_page_says_why_somebody_did_not_get_it(staff_client, values, words):
    message = make_messages(make_mailing(), 1)[0]
    Message.objects.filter(pk=message.pk).update(**values)

    assert words in page(staff_client, f"/outbox/{message.pk}/")


def test_a_paused_mailing_says_so_on_its_messages(staff_client):
    mailing = make_mailing()
    message = make_messages(mailing, 1)[0]
    outbox.pause(mailing, "Too many bounces.")

    assert "The mailing is paused. Too many bounces." in page(staff_client, f"/outbox/{message.pk}/")


def test_an_unsure_transactional_mail_can_be_sent_again(staff_client):
    message = make_messages(make_mailing(purpose="transactional"), 1)[0]
    Message.objects.filter(pk=message.pk).update(state="unsure")
    assert "Send it again" in page(staff_client, f"/outbox/{message.pk}/")

    response = staff_client.post(f"/outbox/{message.pk}/again/")

    assert response.headers["Location"] == f"/outbox/{message.pk}/"
    message.refresh_from_db()
    assert message.state == "queued"


def test_an_unsure_marketing_mail_cannot_be_sent_again(staff_client):
    message = make_messages(make_mailing(), 1)[0]
    Message.objects.filter(pk=message.pk).update(state="unsure")

    assert "Send it again" not in page(staff_client, f"/outbox/{message.pk}/")
    staff_client.post(f"/outbox/{message.pk}/again/")

    message.refresh_from_db()
    assert message.state == "unsure"


def test_pages_say_when_no_worker_is_running(staff_client):
    assert "No worker is running" in page(staff_client, "/outbox/")

    WorkerHeartbeat.objects.create(name="here", seen_at=timezone.now())

    assert "No worker is running" not in page(staff_client, "/outbox/")


def test_only_the_owner_reads_caught_mails_that_choose_a_password(owner, owner_client, staff_client):
    accounts.send_reset(owner.email, at=timezone.now())
    sending.drain()
    pk = Message.objects.get(to_email=owner.email).pk

    seen = [
        page(staff_client, f"/outbox/{pk}/{part}") for part in ("", "?view=text", "?view=headers", "body/")
    ]

    assert not [text for text in seen if "/password/" in text]
    assert staff_client.get(f"/outbox/{pk}/body/").status_code == 404
    assert "/password/" in page(owner_client, f"/outbox/{pk}/body/")


@pytest.mark.parametrize(
    "address", ["/", "/customers/", "/segments/", "/campaigns/", "/feedback/", "/service/", "/outbox/"]
)
def test_pages_say_that_nothing_leaves_in_the_sandbox_and_only_there(staff_client, settings, address):
    words = "Mails are caught here; nothing leaves this machine."

    caught = staff_client.get(address).content.decode()
    settings.MAIL_CONNECTION = {"host": "mail.shop.example", "port": 25}
    real = staff_client.get(address).content.decode()

    assert words in caught
    assert words not in real
