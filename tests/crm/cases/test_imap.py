"""Looking into a mailbox, against a small IMAP server of our own."""

from __future__ import annotations

import re
import socketserver
import threading

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
