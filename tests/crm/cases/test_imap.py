"""Looking into a mailbox, against a small IMAP server of our own."""

from __future__ import annotations

import re
import socketserver
import ssl
import subprocess
import threading
from contextlib import suppress

import pytest

from crm.cases.incoming import imap
from crm.errors import TemporaryFailure
from crm.models import Case, Mailbox, ReceivedMail

pytestmark = pytest.mark.django_db(transaction=True)


def mail(n: int) -> bytes:
    return (
        f"From: ada{n}@example.com\r\nSubject: Cup {n}\r\nMessage-ID: <{n}@x.example>\r\n\r\nBroken.".encode()
    )


class Talk(socketserver.StreamRequestHandler):
    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self) -> None:
        self.say("* OK ready")
        while line := self.rfile.readline().decode().strip():
            tag, _, order = line.partition(" ")
            mails, word = self.server.mails, order.upper()
            if word.startswith("CAPABILITY"):
                self.say("* CAPABILITY IMAP4rev1")
            elif word.startswith("LOGIN") and "right" not in order:
                self.say(f"{tag} NO wrong password")
                continue
            elif word.startswith("EXAMINE"):
                self.say(f"* {len(mails)} EXISTS")
                self.say(f"* OK [UIDVALIDITY {self.server.validity}] ok")
                self.say(f"* OK [UIDNEXT {max(mails, default=0) + 1}] next")
            elif word.startswith("UID SEARCH"):
                self.say("* SEARCH " + " ".join(map(str, mails)))
            elif found := re.match(r"UID FETCH (\d+) \(RFC822.SIZE\)", word):
                self.say(f"* 1 FETCH (UID {found[1]} RFC822.SIZE {len(mails[int(found[1])])})")
            elif found := re.match(r"UID FETCH (\d+)", word):
                data = mails[int(found[1])]
                self.say(f"* 1 FETCH (UID {found[1]} BODY[] {{{len(data)}}}")
                self.wfile.write(data + b")\r\n")
            elif word.startswith("LOGOUT"):
                self.say("* BYE")
            self.say(f"{tag} OK done")


@pytest.fixture
def server():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk) as found:
        found.daemon_threads = True
        found.mails, found.validity = {1: mail(1), 2: mail(2)}, 7
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield found
        found.shutdown()


def box_of(server, **fields) -> Mailbox:
    where = {"host": "127.0.0.1", "port": server.server_address[1], "security": "none"}
    who = {"name": "Help", "address": "help@teahouse.example", "username": "help", "secret": "right"}
    return Mailbox.objects.create(**{**where, **who, **fields})


def test_only_mails_that_come_after_the_first_look_become_cases_once(shop, server):
    box = box_of(server)
    assert imap.check(box.pk) == 0
    server.mails |= {3: mail(3), 4: mail(4)}

    assert imap.check(box.pk) == 2
    assert imap.check(box.pk) == 0

    assert set(Case.objects.values_list("subject", flat=True)) == {"Cup 3", "Cup 4"}
    box.refresh_from_db()
    assert (box.last_uid, box.claimed_at, box.error) == (4, None, "")


def test_a_server_that_numbers_anew_brings_no_mail_twice(shop, server):
    box = box_of(server)
    imap.check(box.pk)
    server.mails = {3: mail(3)}
    imap.check(box.pk)
    server.validity, server.mails = 8, {1: mail(3), 2: mail(5)}

    imap.check(box.pk)

    assert ReceivedMail.objects.count() == Case.objects.count() == 2


def test_a_wrong_password_or_a_silent_server_is_said_and_tried_again(shop, server):
    wrong = box_of(server, secret="bad")
    away = box_of(server, port=1)

    assert imap.check(wrong.pk) == imap.check(away.pk) == 0
    with pytest.raises(TemporaryFailure):
        imap.test(away)

    wrong.refresh_from_db()
    away.refresh_from_db()
    assert "user name and password" in wrong.error
    assert "cannot be reached" in away.error
    assert wrong.claimed_at is None


def test_a_box_that_somebody_looks_into_is_left_alone(shop, server):
    from django.utils import timezone

    box = box_of(server, claimed_at=timezone.now())

    assert imap.waiting(timezone.now()) == []
    assert imap.check(box.pk) == 0
    box.refresh_from_db()
    assert box.checked_at is None


# Encrypted, and killed half-way.


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for this machine, and who trusts it."""
    folder = tmp_path_factory.mktemp("imap")
    key, found = folder / "key.pem", folder / "cert.pem"
    order = (
        f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -keyout {key} -out {found}"
    )
    subprocess.run(
        [*order.split(), "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(found, key)
    return found, context


class Encrypted(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, context):
        super().__init__(("127.0.0.1", 0), Talk)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.mails, self.validity = {1: mail(1)}, 7

    def handle_error(self, request, client_address):
        """A handshake that was refused is what one of these tests wants."""


@pytest.fixture
def encrypted(certificate):
    with Encrypted(certificate[1]) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield found
        found.shutdown()


def test_an_encrypted_mailbox_is_read_when_its_certificate_is_trusted(
    shop, encrypted, certificate, monkeypatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    box = box_of(encrypted, security="ssl")
    imap.check(box.pk)
    encrypted.mails |= {2: mail(2)}

    assert imap.check(box.pk) == 1

    assert Case.objects.get().subject == "Cup 2"


def test_a_certificate_that_nobody_vouches_for_is_refused_in_words_on_the_page(owner_client, encrypted):
    box = box_of(encrypted, security="ssl")

    assert imap.check(box.pk) == 0
    page = owner_client.get("/settings/mailboxes/").content.decode()
    tried = owner_client.post(f"/settings/mailboxes/{box.pk}/test/", follow=True).content.decode()

    box.refresh_from_db()
    assert box.error == "The server's certificate is not valid."
    assert "certificate is not valid" in page
    assert "certificate is not valid" in tried
    assert not Case.objects.exists()


def test_a_wrong_password_stands_on_the_page_of_the_mailboxes(owner_client, server):
    box = box_of(server, secret="bad")

    imap.check(box.pk)

    page = owner_client.get("/settings/mailboxes/").content.decode()
    assert "did not accept the user name and password" in page
    assert "bad" not in Mailbox.objects.get().error


class Killed(BaseException):
    """As if the process had died here."""


@pytest.mark.parametrize("before", [True, False])
def test_killed_between_any_two_steps_no_mail_is_lost_or_doubled(shop, server, monkeypatch, before):
    box = box_of(server)
    imap.check(box.pk)
    server.mails |= {n: mail(n) for n in range(3, 9)}
    calls, real = [], imap.take

    def dies(raw, **more):
        """Dies at each second mail: before it is filed, or after that but before the mark moves."""
        calls.append(raw)
        if len(calls) % 2 == 0 and before:
            raise Killed
        found = real(raw, **more)
        if len(calls) % 2 == 0:
            raise Killed
        return found

    monkeypatch.setattr(imap, "take", dies)
    for _round in range(20):
        Mailbox.objects.update(claimed_at=None)
        with suppress(Killed):
            if imap.check(box.pk) == 0:
                break

    assert sorted(Case.objects.values_list("subject", flat=True)) == [f"Cup {n}" for n in range(3, 9)]
    assert ReceivedMail.objects.count() == 6
    assert Mailbox.objects.get().last_uid == 8
