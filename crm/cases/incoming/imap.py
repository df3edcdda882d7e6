"""Looking into an IMAP box: what is new since the last UID; one look at a time, each mail committed alone."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from crm.cases.incoming.filing import LARGEST, take
from crm.errors import TemporaryFailure
from crm.models import Mailbox

SECONDS = 20.0
LEASE = timedelta(minutes=10)
AT_ONCE = 100
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_size = re.compile(rb"RFC822\.SIZE (\d+)")
TROUBLE = (OSError, imaplib.IMAP4.error, ssl.SSLError)


def waiting(now: datetime) -> list[int]:
    """Boxes that nobody looks into at the moment."""
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - LEASE)
    boxes = Mailbox.objects.filter(free, kind=Mailbox.Kind.IMAP, is_active=True)
    return list(boxes.values_list("pk", flat=True))


def check(mailbox_id: int) -> int:
    """Take what is new in this box; returns how many mails. Does nothing when somebody else is at it."""
    now = timezone.now()
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - LEASE)
    if not Mailbox.objects.filter(free, pk=mailbox_id, is_active=True).update(claimed_at=now):
        return 0
    box = Mailbox.objects.get(pk=mailbox_id)
    error = ""
    try:
        with signed_in(box) as server:
            return sum(1 for _mail in _new(server, box))
    except TemporaryFailure as failure:
        error = str(failure)
        return 0
    finally:
        mine = Mailbox.objects.filter(pk=box.pk, claimed_at=now)
        mine.update(claimed_at=None, checked_at=timezone.now(), error=error[:300])


def test(box: Mailbox) -> int:
    """Sign in and open the folder; returns how many mails lie there. TemporaryFailure says what is wrong."""
    with signed_in(box) as server:
        return _select(server, box)


@contextmanager
def signed_in(box: Mailbox) -> Iterator[imaplib.IMAP4]:
    server: imaplib.IMAP4 | None = None
    try:
        server = _connected(box)
        server.login(box.username, box.secret)
        yield server
    except TROUBLE as error:
        raise TemporaryFailure(_in_words(error)) from None
    finally:
        if server is not None:
            with suppress(*TROUBLE):
                server.logout()


def _connected(box: Mailbox) -> imaplib.IMAP4:
    if box.security == Mailbox.Security.SSL:
        context = ssl.create_default_context()
        return imaplib.IMAP4_SSL(box.host, box.port, ssl_context=context, timeout=SECONDS)
    server = imaplib.IMAP4(box.host, box.port, timeout=SECONDS)
    if box.security == Mailbox.Security.STARTTLS:
        server.starttls(ssl.create_default_context())
    return server


def _in_words(error: Exception) -> str:
    """Without what the server says: it may repeat the name or the password."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return gettext_noop("The server's certificate is not valid.")
    if isinstance(error, imaplib.IMAP4.abort):
        return gettext_noop("The server broke off the connection.")
    if isinstance(error, imaplib.IMAP4.error):
        return gettext_noop("The server did not accept the user name and password, or the folder.")
    return gettext_noop("The server cannot be reached. Check its name, port and encryption.")


def _select(server: imaplib.IMAP4, box: Mailbox) -> int:
    folder = box.folder.replace("\\", "").replace('"', "")
    answer, found = server.select(f'"{folder}"', readonly=True)
    if answer != "OK":
        raise imaplib.IMAP4.error("no such folder")
    return int(found[0] or b"0")


def _new(server: imaplib.IMAP4, box: Mailbox) -> Iterator[int]:
    """The UIDs that were taken now. The mark moves after each mail, so a crash repeats one at most."""
    _select(server, box)
    validity, following = _number(server, "UIDVALIDITY"), _number(server, "UIDNEXT")
    mark = Mailbox.objects.filter(pk=box.pk)
    if not box.uid_validity:  # The first look: what lay there before is not ours to open cases of.
        mark.update(uid_validity=validity, last_uid=max(following - 1, 0))
        return
    last, wanted = box.last_uid, f"UID {box.last_uid + 1}:*"
    if validity != box.uid_validity:  # The server numbers anew; digests keep known mails from counting twice.
        mark.update(uid_validity=validity, last_uid=0)
        since = (box.checked_at or timezone.now()) - timedelta(days=2)
        last, wanted = 0, f"SINCE {since.day}-{MONTHS[since.month - 1]}-{since.year}"
    _answer, found = server.uid("SEARCH", wanted)
    uids = sorted(int(one) for one in (found[0] or b"").split() if int(one) > last)
    for uid in uids[:AT_ONCE]:
        take(_fetched(server, uid), at=timezone.now(), mailbox=box)
        mark.update(last_uid=uid)
        yield uid


def _number(server: imaplib.IMAP4, name: str) -> int:
    found = server.response(name)[1]
    return int(found[0]) if found and found[0] else 0


def _fetched(server: imaplib.IMAP4, uid: int) -> bytes:
    """The mail, or of one that is too large only its beginning, blown up so that it is put aside."""
    _answer, sizes = server.uid("FETCH", str(uid), "(RFC822.SIZE)")
    known = _size.search(b" ".join(one for one in sizes if isinstance(one, bytes)))
    part = "BODY.PEEK[]<0.65536>" if known and int(known[1]) > LARGEST else "BODY.PEEK[]"
    _answer, parts = server.uid("FETCH", str(uid), f"({part})")
    raw = next((one[1] for one in parts if isinstance(one, tuple)), b"")
    return raw if part == "BODY.PEEK[]" else raw.ljust(LARGEST + 1, b"\n")
