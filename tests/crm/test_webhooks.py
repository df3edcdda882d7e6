"""Webhooks: told in the transaction of the change, signed, retried, and never a way into the own network."""

from __future__ import annotations

import http.server
import json
import socket
import threading
import time
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from crm import cases, consent, merging, privacy, webhooks
from crm.models import Case, Customer, Message, WebhookDelivery, WebhookEndpoint
from crm.webhooks import connecting, delivering, notices, signing
from feedback import answers, telling
from feedback.models import Invitation, Survey
from tests.people import make_customer

pytestmark = pytest.mark.django_db
ALL = list(webhooks.known())


class Receiver:
    """A real server on this machine, in a thread of its own."""

    def __init__(self, status: int = 204, *, waits: float = 0) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.heard.append(({k.lower(): v for k, v in self.headers.items()}, body))
                time.sleep(waits)
                self.send_response(status)
                self.send_header("Location", "http://127.0.0.1:1/")
                self.end_headers()

            def log_message(self, *_args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    def __enter__(self):
        return self

    def __exit__(self, *_args):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def reachable(settings):
    settings.WEBHOOKS_MAY_REACH_PRIVATE = True


def endpoint_at(url: str, events=ALL, **fields) -> WebhookEndpoint:
    return WebhookEndpoint.objects.create(url=url, events=events, secret=signing.new_secret(), **fields)


def test_a_client_library_verifies_what_a_receiver_hears(shop, reachable):
    with Receiver() as receiver:
        endpoint = endpoint_at(receiver.url)
        person = make_customer(email_consent="unknown")
        consent.grant(person, source="staff", at=timezone.now(), wording="Signed")

        delivering.deliver()

    [(headers, body)] = receiver.heard
    said = Webhook(endpoint.secret).verify(body, headers)
    assert said["type"] == "consent.changed"
    assert said["data"] == {
        "customer": person.public_id,
        "purpose": "marketing",
        "channel": "email",
        "action": "granted",
    }
    assert person.email not in body.decode()
    row = WebhookDelivery.objects.get()
    assert (row.state, row.response_status, row.message_id) == ("delivered", 204, headers["webhook-id"])
    with pytest.raises(Exception, match="signature"):
        Webhook(signing.new_secret()).verify(body, headers)


def test_the_secret_lies_encrypted(shop):
    endpoint = endpoint_at("https://shop.example/hook")

    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM crm_webhookendpoint")
        assert endpoint.secret not in cursor.fetchone()[0]


def test_what_did_not_happen_is_not_told(shop):
    endpoint_at("https://shop.example/hook")

    with transaction.atomic():
        consent.grant(make_customer(email_consent="unknown"), source="staff", at=timezone.now())
        transaction.set_rollback(True)

    assert not WebhookDelivery.objects.exists()


def test_only_who_asked_for_an_event_hears_it(shop):
    wants = endpoint_at("https://a.example/", events=["consent.changed"])
    endpoint_at("https://b.example/", events=["import.finished"])
    endpoint_at("https://c.example/", state="off")

    consent.grant(make_customer(email_consent="unknown"), source="staff", at=timezone.now())

    assert [row.endpoint_id for row in WebhookDelivery.objects.all()] == [wants.pk]


def test_a_failure_is_tried_again_later_and_given_up_in_the_end(shop, reachable):
    with Receiver(status=500) as receiver:
        endpoint = endpoint_at(receiver.url)
        webhooks.emit("customer.created", {"customer": "abc"})
        pauses = []
        for _ in range(len(delivering.WAITS) + 1):
            WebhookDelivery.objects.update(next_at=timezone.now())
            WebhookEndpoint.objects.update(rests_until=None)
            before = timezone.now()
            assert delivering.deliver() == 1
            pauses.append(WebhookDelivery.objects.get().next_at - before)

    row = WebhookDelivery.objects.get()
    assert (row.state, row.attempts, row.response_status) == ("failed", len(delivering.WAITS) + 1, 500)
    assert len({headers["webhook-id"] for headers, _ in receiver.heard}) == 1
    for pause, wanted in zip(pauses, delivering.WAITS, strict=False):
        assert 0.8 * wanted <= pause <= 1.2 * wanted + timedelta(seconds=2)
    endpoint.refresh_from_db()
    assert endpoint.failing_since is not None
    assert endpoint.state == "on"


def test_a_receiver_that_fails_for_days_is_switched_off_and_one_that_is_gone_at_once(shop, reachable):
    with Receiver(status=500) as failing, Receiver(status=410) as gone:
        old = endpoint_at(failing.url, failing_since=timezone.now() - timedelta(days=6))
        left = endpoint_at(gone.url)
        webhooks.emit("customer.created", {"customer": "abc"})

        delivering.deliver()

    states = {row.pk: row.state for row in WebhookEndpoint.objects.all()}
    assert states == {old.pk: "broken", left.pk: "broken"}


def test_a_receiver_that_hangs_holds_up_nobody_else(shop, reachable, monkeypatch):
    monkeypatch.setattr(connecting, "SECONDS", 0.6)
    with Receiver(waits=3) as hanging, Receiver() as quick:
        endpoint_at(hanging.url)
        endpoint_at(quick.url)
        for n in range(5):
            webhooks.emit("customer.created", {"customer": f"c{n}"})

        began = time.monotonic()
        delivering.deliver()
        seconds = time.monotonic() - began

        assert len(quick.heard) == 5
        assert len(hanging.heard) == 1
    assert seconds < 2
    notes = WebhookDelivery.objects.filter(endpoint__url=hanging.url, attempts=1)
    assert [row.response_note for row in notes] == ["no answer within 10 seconds"]


def test_a_receiver_that_drips_is_cut_off(shop, reachable, monkeypatch):
    monkeypatch.setattr(connecting, "SECONDS", 0.5)
    listener = socket.create_server(("127.0.0.1", 0))

    def drip():
        peer, _ = listener.accept()
        try:
            peer.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            for _ in range(40):
                time.sleep(0.1)
                peer.sendall(b"a")
        except OSError:
            pass

    threading.Thread(target=drip, daemon=True).start()
    began = time.monotonic()
    answer = connecting.post(f"http://127.0.0.1:{listener.getsockname()[1]}/", b"{}", {})

    assert time.monotonic() - began < 1.5
    assert answer == connecting.Answer(None, "no answer within 10 seconds")
    listener.close()


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "10.0.0.7", "192.168.1.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]",
     "0.0.0.0", "[fd00::1]", "100.64.0.1", "224.0.0.1", "2130706433", "0x7f.1"],
)  # fmt: skip
def test_nothing_in_a_private_network_is_reached(settings, host):
    settings.WEBHOOKS_MAY_REACH_PRIVATE = False
    with Receiver() as receiver:
        answer = connecting.post(f"https://{host}:{receiver.server.server_port}/", b"{}", {})

    assert answer.status is None
    assert answer.note == "the address leads into a private network"
    assert receiver.heard == []


def test_a_name_that_changes_its_mind_is_connected_to_the_address_that_was_checked(settings, monkeypatch):
    settings.WEBHOOKS_MAY_REACH_PRIVATE = False
    answers = iter(["93.184.215.14", "127.0.0.1"])
    asked, connected = [], []

    def resolve(host, port, **_kwargs):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    class Refusing:
        def connect_tcp(self, address, port, timeout):
            connected.append(address)
            raise connecting.httpcore.ConnectError("stopped here")

    monkeypatch.setattr(connecting.socket, "getaddrinfo", resolve)
    monkeypatch.setattr(connecting, "SyncBackend", Refusing)
    connecting.post("https://rebind.example/", b"{}", {})

    assert (asked, connected) == (["rebind.example"], ["93.184.215.14"])


def test_redirects_are_not_followed(shop, reachable):
    with Receiver(status=302) as receiver:
        endpoint_at(receiver.url)
        webhooks.emit("customer.created", {"customer": "abc"})
        delivering.deliver()

    assert len(receiver.heard) == 1
    assert WebhookDelivery.objects.get().state == "waiting"


def test_what_a_killed_worker_had_in_hand_is_sent_by_the_next(shop, reachable):
    with Receiver() as receiver:
        endpoint_at(receiver.url)
        webhooks.emit("customer.created", {"customer": "abc"})
        WebhookDelivery.objects.update(state="sending", claimed_at=timezone.now() - timedelta(minutes=2))

        delivering.deliver()

    assert len(receiver.heard) == 1
    assert WebhookDelivery.objects.get().state == "delivered"


def test_a_person_can_send_it_again_with_the_same_id(shop, reachable):
    with Receiver() as receiver:
        endpoint_at(receiver.url)
        webhooks.emit("customer.created", {"customer": "abc"})
        delivering.deliver()

        delivering.again(WebhookDelivery.objects.get(), at=timezone.now())
        delivering.deliver()

    (first, said), (second, said_again) = receiver.heard
    assert first["webhook-id"] == second["webhook-id"]
    assert said == said_again


def test_every_try_is_signed_anew_so_that_it_falls_into_the_window_of_the_receiver(shop, reachable):
    with Receiver(status=500) as receiver:
        endpoint = endpoint_at(receiver.url)
        webhooks.emit("customer.created", {"customer": "abc"}, at=timezone.now() - timedelta(days=2))
        delivering.deliver()

    [(headers, body)] = receiver.heard
    assert Webhook(endpoint.secret).verify(body, headers)["timestamp"] < timezone.now().isoformat()
    for minutes in (-6, 6):  # Standard Webhooks: five minutes either way.
        at = timezone.now() + timedelta(minutes=minutes)
        replayed = signing.headers(endpoint.secret, headers["webhook-id"], body, at=at)
        with pytest.raises(WebhookVerificationError, match=r"too (old|new)"):
            Webhook(endpoint.secret).verify(body, replayed)
    moved = str(int(headers["webhook-timestamp"]) + 1)
    with pytest.raises(WebhookVerificationError, match="signature"):  # The time is part of what is signed.
        Webhook(endpoint.secret).verify(body, {**headers, "webhook-timestamp": moved})


def test_owners_hear_once_that_a_webhook_was_switched_off(owner, owner_client, staff_client, reachable):
    with Receiver(status=410) as receiver:
        endpoint = endpoint_at(receiver.url, name="Till")
        for n in range(2):
            webhooks.emit("customer.created", {"customer": f"c{n}"})
        delivering.deliver()
        delivering.deliver()

    message = Message.objects.get(mailing__kind=notices.KIND)
    assert message.to_email == owner.email
    mail = notices.prepare(message.mailing)(message)
    assert "Till" in mail.subject
    assert f"/settings/webhooks/{endpoint.pk}/" in mail.text
    assert f"/settings/webhooks/{endpoint.pk}/" in mail.html
    assert "410" in mail.text
    assert "Till" in owner_client.get("/campaigns/home/attention/").content.decode()
    assert "Till" not in staff_client.get("/campaigns/home/attention/").content.decode()


def test_the_payload_names_fields_and_no_values(owner_client):
    endpoint_at("https://a.example/")
    person = make_customer(city="Paris")

    owner_client.post(
        f"/customers/{person.public_id}/edit/",
        {"first_name": "Ada", "last_name": person.last_name, "email": person.email, "city": "Lyon",
         "created_on": str(person.created_on)},
    )  # fmt: skip

    said = json.loads(WebhookDelivery.objects.get(event="customer.updated").body)
    assert said["data"] == {"customer": person.public_id, "changed": ["city"]}


def test_every_event_on_offer_is_told_by_the_verb_of_its_name(shop, clerk):
    endpoint_at("https://a.example/", events=list(webhooks.known()))
    now = timezone.now()
    ada, bo = make_customer(), make_customer()

    case = cases.open_case("Broken cup", customer=ada, text="In pieces", at=now)
    cases.solve(case, by=clerk, at=now)
    cases.reopen(Case.objects.get(), by=clerk, at=now)
    survey = Survey.objects.create(slug="loop", name="Loop", kind="nps")
    invitation = Invitation.objects.create(
        survey=survey, customer=ada, source="test", expires_at=now + timedelta(days=1)
    )
    answers.accept(invitation, score=9, comment="", values={}, language="en", at=now)
    telling.tell_news()
    merging.merge([ada.pk, bo.pk], by=clerk, at=now)
    privacy.erase(Customer.objects.get(pk=ada.pk), by=clerk, at=now)

    told = set(WebhookDelivery.objects.values_list("event", flat=True))
    assert {"case.created", "case.solved", "case.reopened", "answer.created", "customer.merged"} <= told
    assert "customer.deleted" in told
