"""Senders: whose mails leave by which way, how fast, signed by whom."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import dns.resolver
import pytest
from django import forms
from django.utils import timezone

from config import env
from crm import outbox
from crm.errors import Refusal
from crm.forms.senders import SenderForm
from crm.models import Message, Pace, PaceCount, Sender
from crm.outbox import mime, pacing, providers, proving, senders, sending, signing, trying
from tests.mails import draft, make_mailing, make_messages, prepare, states
from tests.people import NOON, make_customer
from tests.sink import Sink

pytestmark = pytest.mark.django_db


def make_sender(**fields) -> Sender:
    values = {"name": "News", "from_name": "Tea News", "from_email": "tea@news.example", **fields}
    return Sender.objects.create(**values)


def use(settings, sink):
    settings.MAIL_CONNECTION, settings.ALLOW_LOCAL_LINKS = sink.options, True


def test_marketing_mail_leaves_by_the_usual_sender_and_other_mail_by_the_shop(settings):
    with Sink() as shop, Sink() as own:
        use(settings, shop)
        values = {"kind": "smtp", "host": "127.0.0.1", "port": own.port, "security": "none"}
        make_sender(is_usual=True, return_path="back@news.example", reply_to="ask@news.example", **values)
        make_messages(make_mailing(), 2)
        outbox.send_one("test:2", kind="plain", key="1", to_email="sam@example.com", name="Password")

        assert sending.drain() == 3

        assert shop.recipients() == ["sam@example.com"]
        (first, _second) = own.mails()
    assert "From: Tea News <tea@news.example>\r\nReply-To: ask@news.example" in first["content"]


def test_a_sender_that_is_down_does_not_hold_up_the_others(settings):
    with Sink() as shop:
        use(settings, shop)
        broken = make_sender(kind="smtp", host="127.0.0.1", port=1, security="none")
        stuck = outbox.open_mailing("test:9", kind="plain", name="A", purpose="marketing", sender=broken)
        outbox.plan(stuck, [draft(make_customer())])
        make_messages(make_mailing(), 2)

        assert sending.drain() == 2

    assert states(stuck) == ["queued"]
    assert "News" in sending.trouble()


def test_nothing_leaves_by_any_sender_while_the_installation_is_in_the_sandbox():
    with Sink() as own:
        sender = make_sender(kind="smtp", host="127.0.0.1", port=own.port, security="none", is_usual=True)
        make_messages(make_mailing(), 1)

        assert sending.drain() == 1
        with pytest.raises(Refusal, match="sandbox"):
            trying.send(sender, "olga@teahouse.example", now=NOON)

        assert own.recipients() == []


def test_no_minute_holds_more_than_the_rate_and_no_window_more_than_its_limit():
    """By hand: 40 a minute are 2 at once and then one each 60/39 s; of 50 an hour the 51st waits."""
    sender = make_sender(per_minute=40, window_messages=50, window_hours=1)
    messages = [Message(pk=n, to_email=f"a{n}@example.com") for n in range(100)]
    left, moment = [], NOON

    while moment < NOON + timedelta(minutes=4):
        room = pacing.reserve(sender, messages[:20], moment)
        left += [moment] * len(room.now)
        moment += timedelta(seconds=1)

    assert left[:2] == [NOON, NOON]
    for begin in left:
        assert sum(begin <= one < begin + timedelta(minutes=1) for one in left) <= 40
    assert len(left) == 50
    assert pacing.window(sender, moment) == (0, NOON + timedelta(hours=1, minutes=1))
    assert pacing.window(sender, NOON + timedelta(hours=1, minutes=2))[0] > 0
    assert PaceCount.objects.count() <= 3


def test_a_limited_domain_waits_while_others_leave(settings):
    with Sink(keep=False) as sink:
        use(settings, sink)
        sender = make_sender(domain_per_minute=40)
        mailing = outbox.open_mailing("test:9", kind="plain", name="A", purpose="marketing", sender=sender)
        people = [make_customer(email=f"big{n}@big.example") for n in range(6)]
        people += [make_customer(email=f"s{n}@small{n}.example") for n in range(6)]
        outbox.plan(mailing, [draft(one) for one in people])

        assert sending.drain(0.5) == 8
        found = Counter(one.partition("@")[2] for one in sink.recipients())

    assert found["big.example"] == 2
    waiting = mailing.messages.filter(state="queued")
    assert {one.reason for one in waiting} == {"paced"}
    assert min(one.not_before for one in waiting) > timezone.now()
    assert Pace.objects.filter(sender=sender, domain="big.example").count() == 1


def test_a_rate_is_kept_by_workers_that_start_anew():
    """Two runs of a worker share the mark in the database."""
    sender = make_sender(per_minute=2)
    mailing = outbox.open_mailing("test:9", kind="plain", name="A", purpose="marketing", sender=sender)
    make_messages(mailing, 3)

    assert sending.drain(0.2) == 1
    assert sending.drain(0.2) == 0
    assert states(mailing).count("queued") == 2


def test_campaigns_of_equal_rank_take_turns(monkeypatch):
    monkeypatch.setattr("crm.outbox.queueing.TURN", timedelta(0))
    for name in ("test:1", "test:2"):
        make_messages(make_mailing(name), 3)
    monkeypatch.setattr("crm.outbox.queueing.BATCH", 1)

    sending.drain()

    order = Message.objects.order_by("sent_at").values_list("mailing__source", flat=True)
    assert list(order[:4]) in (["test:1", "test:2"] * 2, ["test:2", "test:1"] * 2)


def test_dkim_verifies_with_a_library_that_did_not_sign_and_covers_both_list_headers():
    sender = make_sender(dkim_selector="ck1", dkim_key=signing.new_key())
    message = make_messages(make_mailing(), 1)[0]
    envelope = senders.dressed(prepare(message.mailing)(message), sender)
    raw = mime.assemble(message, envelope, now=NOON, sender_of=sender).raw

    good = judged(raw, sender)
    without = {name: raw.replace(name + b": ", name + b": x") for name in COVERED}

    assert (good["signingDomain"], good["selector"], good["result"]) == ("news.example", "ck1", "pass")
    assert all(changed != raw for changed in without.values())
    assert {name: judged(changed, sender)["result"] for name, changed in without.items()} == dict.fromkeys(
        COVERED, "fail"
    )


COVERED = (b"List-Unsubscribe", b"List-Unsubscribe-Post", b"From", b"Subject", b"Date")


def judged(raw: bytes, sender: Sender) -> dict[str, str]:
    """What mailauth, a library of Node, says of the one signature."""
    script = Path(__file__).with_name("verify_dkim.mjs")
    told = subprocess.run(
        [Path(sys.executable).with_name("node"), script, signing.record(sender.dkim_key)],
        input=raw,
        capture_output=True,
        check=True,
        timeout=60,
    )
    [one] = json.loads(told.stdout)
    return one


def test_the_dns_helper_tells_found_missing_wrong_and_offline_apart():
    sender = make_sender(
        kind="smtp", host="mail.news.example", dkim_selector="ck1", dkim_key=signing.new_key()
    )
    other = signing.record(signing.new_key())
    zone = {
        ("news.example", "TXT"): ["v=spf1 a:mail.news.example -all", "google-site=1"],
        ("ck1._domainkey.news.example", "TXT"): [other],
        ("news.example", "MX"): ["10 mail.news.example."],
    }

    def nobody(name, kind):
        raise proving.Offline

    found = {
        one.what: one.state for one in proving.look(sender, lambda name, kind: zone.get((name, kind), []))
    }
    dark = {one.state for one in proving.look(sender, nobody)}

    assert found == {"SPF": "good", "DKIM": "wrong", "DMARC": "missing", "MX": "good"}
    assert dark == {"offline"}


def test_without_name_servers_the_look_says_offline(monkeypatch):
    def fail(*_args, **_kwargs):
        raise dns.resolver.NoNameservers

    monkeypatch.setattr(dns.resolver.Resolver, "resolve", fail)

    assert {one.state for one in proving.look(make_sender())} == {"offline"}


def test_an_address_of_another_domain_is_refused_with_a_clear_message():
    sender = make_sender()

    senders.refuse_foreign(sender, "hello@mail.news.example")
    with pytest.raises(Refusal, match=r"not an address of news\.example"):
        senders.refuse_foreign(sender, "hello@gmail.com")


@pytest.mark.parametrize(
    ("returns", "taken"), [("back@mail.news.example", True), ("", True), ("back@gmail.com", False)]
)
def test_the_form_refuses_a_return_address_of_another_domain_where_it_is_given(returns, taken):
    sender = make_sender()
    kept = {**forms.model_to_dict(sender), "window_hours": 0}

    form = SenderForm({**kept, "return_path": returns}, instance=sender)

    assert form.is_valid() is taken, form.errors
    assert ("not an address of news.example" in str(form.errors.get("return_path", ""))) is not taken


def test_the_page_of_a_sender_says_that_an_address_is_of_another_domain_and_keeps_the_rest(owner_client):
    sender = make_sender()
    kept = {name: "" if value is None else value for name, value in forms.model_to_dict(sender).items()}

    answer = owner_client.post(
        f"/settings/senders/{sender.pk}/",
        {**kept, "window_hours": 0, "name": "Letters", "return_path": "back@gmail.com"},
    )

    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "“back@gmail.com” is not an address of news.example." in page
    assert 'value="Letters"' in page
    sender.refresh_from_db()
    assert (sender.name, sender.return_path) != ("Letters", "back@gmail.com")


@contextmanager
def provider(answers: list[tuple[int, dict]]):
    """A small HTTP server that is Postmark; keeps what was posted."""
    posted = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            code, answer = answers[min(len(posted), len(answers)) - 1]
            body = json.dumps(answer).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", posted
    finally:
        server.shutdown()
        server.server_close()


TAKEN = (
    200,
    {
        "ErrorCode": 0,
        "Message": "OK",
        "MessageID": "abc-1",
        "To": "x@example.com",
        "SubmittedAt": "2026-01-01",
    },
)


def test_a_provider_named_by_the_installation_carries_all_mail(settings, monkeypatch):
    settings.ALLOW_LOCAL_LINKS = True
    settings.MAIL_CONNECTION = env.mail("postmark://token@?timeout=2")
    with provider([TAKEN]) as (address, posted):
        real = providers.Provider
        monkeypatch.setattr(providers, "Provider", lambda *account: real(*account, address=address))
        mailing = make_mailing()
        make_messages(mailing, 1)

        assert sending.drain() == 1

    assert states(mailing) == ["sent"]
    assert mailing.messages.get().provider_id == "abc-1"
    assert len(posted) == 1


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (TAKEN, "sent"),
        ((422, {"ErrorCode": 300, "Message": "Invalid email request"}), "failed"),
        ((429, {"ErrorCode": 429, "Message": "Slow down"}), "queued"),
        ((401, {"ErrorCode": 10, "Message": "No token"}), "queued"),
        ((502, {"Message": "Bad gateway"}), "unsure"),
    ],
)
def test_what_a_provider_answers_decides_the_state(settings, answer, state):
    settings.MAIL_CONNECTION, settings.ALLOW_LOCAL_LINKS = {"host": "x", "timeout": 2}, True
    with provider([answer]) as (address, posted):
        sender = make_sender(kind="provider", provider="postmark", host=address)
        Sender.objects.filter(pk=sender.pk).update(secret="token")
        mailing = outbox.open_mailing("test:9", kind="plain", name="A", purpose="marketing", sender=sender)
        make_messages(mailing, 1)

        sending.drain()

    message = mailing.messages.get()
    assert message.state == state
    assert posted[0]["Metadata"] == {"message": str(message.pk)}
    headers = {one["Name"]: one["Value"] for one in posted[0]["Headers"]}
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message.provider_id == ("abc-1" if state == "sent" else "")
