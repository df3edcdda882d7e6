"""The engine against real servers in processes of their own: taken, refused, stalled, dropped."""

from __future__ import annotations

import email
import email.policy
import itertools
import socket
import threading
from collections import Counter

import pytest
from aiosmtpd.controller import Controller
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from crm import outbox
from crm.models import Message
from crm.outbox import channels, sending
from tests.mails import make_mailing, make_messages, states
from tests.sink import Sink, smtp_options

pytestmark = pytest.mark.django_db


@pytest.fixture
def mail_by(settings):
    """Let all mail go to a sink that is running."""

    def use(sink):
        settings.MAIL_CONNECTION = sink.options
        settings.ALLOW_LOCAL_LINKS = True

    return use


def test_every_recipient_gets_one_readable_mail(mail_by):
    mailing = make_mailing()
    messages = make_messages(mailing, 5)

    with Sink() as sink:
        mail_by(sink)
        assert sending.drain() == 5
        mails = sink.mails()

    assert sorted(one["to"] for one in mails) == sorted(one.to_email for one in messages)
    assert states(mailing) == ["sent"] * 5
    read = email.message_from_string(mails[0]["content"], policy=email.policy.default)
    assert read["To"].addresses[0].addr_spec == mails[0]["to"]
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_strict_server_understands_us(settings):
    """aiosmtpd checks the dialogue more strictly than our sink does."""
    taken = []

    class Handler:
        async def handle_DATA(self, server, session, envelope):
            taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
            return "250 OK"

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        settings.MAIL_CONNECTION = smtp_options(port)
        settings.ALLOW_LOCAL_LINKS = True
        message = make_messages(make_mailing(), 1)[0]
        Message.objects.update(context={"envelope": {"text": ".\n..\nend\n.", "subject": "春茶"}})
        sending.drain()
    finally:
        controller.stop()

    (sender, recipients, content), *_ = taken
    assert (sender, recipients) == ("news@teahouse.example", [message.to_email])
    mail = email.message_from_bytes(content, policy=email.policy.default)
    assert mail["Subject"] == "春茶"
    assert mail.get_body(("plain",)).get_content().splitlines() == [".", "..", "end", "."]


@pytest.mark.parametrize(
    ("behaviour", "state", "taken"),
    [
        ("refuse-mail", "failed", 0),
        ("refuse-rcpt", "failed", 0),
        ("refuse-data", "failed", 0),
        ("later-rcpt", "queued", 0),
        ("later-data", "queued", 0),
        ("closing", "queued", 0),
        ("drop-at-mail", "queued", 0),
        ("stall-at-mail", "queued", 0),
        ("sign-in-first", "queued", 0),
        ("drop-in-data", "unsure", 0),
        ("drop-after-data", "unsure", 1),
        ("stall-after-data", "unsure", 1),
    ],
)
def test_what_the_server_does_decides_the_state(mail_by, behaviour, state, taken):
    mailing = make_mailing()
    message = make_messages(mailing, 1)[0]

    with Sink(behaviour, seconds=0.4) as sink:
        mail_by(sink)
        sending.drain()
        sending.drain()
        assert len(sink.recipients()) == taken

    message.refresh_from_db()
    assert message.state == state
    assert message.error
    assert message.claimed_at is not None


@pytest.mark.parametrize(
    ("behaviour", "lost"), [("refuse-mail", "failed"), ("refuse-data", "failed"), ("drop-in-data", "unsure")]
)
def test_a_server_that_takes_nothing_of_a_mailing_does_not_use_it_up(mail_by, behaviour, lost):
    cache.clear()
    mailing = make_mailing()
    make_messages(mailing, 15)

    with Sink(behaviour) as sink:
        mail_by(sink)
        sending.drain()

    mailing.refresh_from_db()
    assert mailing.state == "paused"
    assert "none of many mails" in mailing.reason
    assert Counter(states(mailing)) == {lost: 10, "queued": 5}

    outbox.resume(mailing)
    with Sink() as sink:
        mail_by(sink)
        assert sending.drain() == 5


def test_ten_addresses_that_do_not_exist_stop_nothing(mail_by):
    cache.clear()
    mailing = make_mailing()
    make_messages(mailing, 12)

    with Sink("refuse-rcpt") as sink:
        mail_by(sink)
        sending.drain()

    mailing.refresh_from_db()
    assert mailing.state == "open"
    assert states(mailing) == ["failed"] * 12


def test_single_refusals_between_mails_that_are_taken_stop_nothing(mail_by):
    cache.clear()
    mailing = make_mailing()

    for behaviour in ("refuse-data", "", "refuse-data"):
        make_messages(mailing, 6)
        with Sink(behaviour) as sink:
            mail_by(sink)
            sending.drain()

    mailing.refresh_from_db()
    assert mailing.state == "open"
    assert Counter(states(mailing)) == {"failed": 12, "sent": 6}


def test_a_postponed_message_waits_longer_each_time_and_gives_up_at_last(mail_by):
    mailing = make_mailing()
    message = make_messages(mailing, 1)[0]
    waits = []

    with Sink("later-rcpt") as sink:
        mail_by(sink)
        for _ in range(sending.ATTEMPTS):
            began = timezone.now()
            sending.drain()
            message.refresh_from_db()
            waits.append((message.not_before - began).total_seconds() / 60)
            Message.objects.filter(state="queued").update(not_before=began)

    assert message.state == "failed"
    assert message.attempts == sending.ATTEMPTS
    assert "450" in message.error
    assert all(later > 1.9 * earlier for earlier, later in itertools.pairwise(waits[:-1]))


def test_a_server_that_says_not_now_to_everybody_is_left_alone(mail_by):
    mailing = make_mailing()
    make_messages(mailing, 20)

    with Sink("later-rcpt") as sink:
        mail_by(sink)
        sending.drain()

    assert Message.objects.filter(attempts=1).count() == sending.LATER_IN_A_ROW
    assert set(states(mailing)) == {"queued"}
    assert "450" in sending.trouble()


def test_a_server_that_is_down_costs_no_message_a_try(settings):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.MAIL_CONNECTION = smtp_options(unused.getsockname()[1])
        settings.ALLOW_LOCAL_LINKS = True
        mailing = make_mailing()
        make_messages(mailing, 3)

        assert sending.drain() == 0

    assert states(mailing) == ["queued"] * 3
    assert set(mailing.messages.values_list("attempts", flat=True)) == {0}
    assert "cannot be reached" in sending.trouble()


def test_trouble_is_forgotten_with_the_first_mail_that_leaves(mail_by):
    make_messages(make_mailing(), 1)
    with Sink("sign-in-first") as sink:
        mail_by(sink)
        sending.drain()
    assert "530" in sending.trouble()

    with Sink() as sink:
        mail_by(sink)
        sending.drain()

    assert sending.trouble() == ""


def test_a_connection_that_died_while_idle_is_replaced(mail_by, monkeypatch):
    mailing = make_mailing()
    make_messages(mailing, 4)
    opened = []
    connect = channels.Smtp._connect
    monkeypatch.setattr(channels.Smtp, "_connect", lambda self: opened.append(1) or connect(self))
    hand_over = channels.Smtp.hand_over

    def cut(self, parcel):
        if len(opened) == 1 and self.handed == 2:
            self.server.sock.shutdown(socket.SHUT_RDWR)
        return hand_over(self, parcel)

    monkeypatch.setattr(channels.Smtp, "hand_over", cut)

    with Sink() as sink:
        mail_by(sink)
        sending.drain()
        assert len(set(sink.recipients())) == 4

    assert states(mailing) == ["sent"] * 4
    assert len(opened) == 2


def test_a_connection_is_renewed_after_some_hundred_mails(mail_by, monkeypatch):
    monkeypatch.setattr(channels, "MAILS_PER_CONNECTION", 2)
    mailing = make_mailing()
    make_messages(mailing, 5)

    with Sink() as sink:
        mail_by(sink)
        assert sending.drain() == 5

    assert states(mailing) == ["sent"] * 5


@pytest.mark.django_db(transaction=True)
def test_two_workers_racing_send_each_message_once(mail_by):
    mailing = make_mailing()
    messages = make_messages(mailing, 120)
    sent = []

    def work():
        try:
            sent.append(sending.drain())
        finally:
            connection.close()

    with Sink() as sink:
        mail_by(sink)
        workers = [threading.Thread(target=work) for _ in range(3)]
        for one in workers:
            one.start()
        for one in workers:
            one.join()
        sending.drain()
        found = Counter(sink.recipients())

    assert found == Counter(one.to_email for one in messages)
    assert set(states(mailing)) == {"sent"}
    assert len(sent) == 3
