"""What the DNS of a sender's domain must say so that its mail is believed, and whether it does.

SPF (RFC 7208) names the servers, DKIM (RFC 6376) proves the content, DMARC (RFC 7489) says what holds.
Without a network the page says so instead of guessing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import dns.exception
import dns.resolver
from django.utils.translation import gettext_noop as _  # Stored in English, translated where it is shown.

from crm.models import Sender
from crm.outbox import signing

SECONDS = 4.0
GOOD, MISSING, WRONG, OFFLINE, ADVICE = "good", "missing", "wrong", "offline", "advice"
INCLUDES = {
    "brevo": "include:spf.brevo.com", "mailersend": "include:_spf.mailersend.net",
    "mailgun": "include:mailgun.org", "mailjet": "include:spf.mailjet.com",
    "mailtrap": "include:_spf.smtp.mailtrap.live", "mandrill": "include:spf.mandrillapp.com",
    "postmark": "include:spf.mtasv.net", "resend": "include:amazonses.com",
    "sendgrid": "include:sendgrid.net", "sparkpost": "include:sparkpostmail.com",
}  # fmt: skip

type Lookup = Callable[[str, str], list[str]]


class Offline(Exception):
    """No name server answers: nothing is known, which is not the same as "there is no record"."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record: where it stands, what it should say, and what was found. `state` "" before a look."""

    what: str
    kind: str
    name: str
    value: str
    state: str = ""
    found: str = ""
    why: str = ""


def look_up(name: str, kind: str) -> list[str]:
    """The texts of the records of this name; empty where there are none; Offline where nobody answers."""
    resolver = dns.resolver.Resolver()
    resolver.lifetime = SECONDS
    try:
        answer = resolver.resolve(name, kind)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise Offline from error
    if kind == "TXT":
        return [b"".join(one.strings).decode("utf-8", "replace") for one in answer]
    return [str(one) for one in answer]


def wanted(sender: Sender) -> list[Record]:
    """The records that this sender needs, ready to be copied."""
    domain = sender.domain
    found = [Record("SPF", "TXT", domain, f"v=spf1 {_mechanism(sender)} ~all")]
    if sender.dkim_key:
        name = f"{sender.dkim_selector}._domainkey.{domain}"
        found.append(Record("DKIM", "TXT", name, signing.record(sender.dkim_key)))
    found.append(
        Record("DMARC", "TXT", f"_dmarc.{domain}", f"v=DMARC1; p=none; rua=mailto:{sender.from_email}")
    )
    returns = sender.bounces_to.rpartition("@")[2]
    found.append(Record("MX", "MX", returns, ""))
    return found


def _mechanism(sender: Sender) -> str:
    if sender.kind == Sender.Kind.PROVIDER:
        return INCLUDES.get(sender.provider, "mx")
    return f"a:{sender.host}" if sender.kind == Sender.Kind.SMTP and sender.host else "mx"


def look(sender: Sender, ask: Lookup = look_up) -> list[Record]:
    """The same records with what the DNS says of each at this moment."""
    return [_looked(record, sender, ask) for record in wanted(sender)]


def _looked(record: Record, sender: Sender, ask: Lookup) -> Record:
    try:
        texts = ask(record.name, record.kind)
    except Offline:
        return _with(record, OFFLINE, "", _("No name server answers from here, so nothing is known."))
    match record.what:
        case "SPF":
            return _spf(record, texts, sender)
        case "DKIM":
            return _dkim(record, texts)
        case "DMARC":
            return _dmarc(record, texts)
    if texts:
        return _with(record, GOOD, ", ".join(texts)[:200], "")
    return _with(record, MISSING, "", _("Mails that come back find no mailbox at this domain."))


def _spf(record: Record, texts: list[str], sender: Sender) -> Record:
    own = [one for one in texts if one.lower().startswith("v=spf1")]
    if not own:
        return _with(record, MISSING, "", _("The domain does not say which servers may send for it."))
    if len(own) > 1:
        return _with(record, WRONG, " | ".join(own), _("There must be one SPF record only. Join them."))
    wanted_part = _mechanism(sender)
    if wanted_part not in own[0]:
        why = _("The record does not name your mail server. Add the part that is shown.")
        return _with(record, ADVICE if wanted_part == "mx" else WRONG, own[0], why)
    return _with(record, GOOD, own[0], "")


def _dkim(record: Record, texts: list[str]) -> Record:
    key = record.value.partition("p=")[2]
    own = [one for one in texts if "p=" in one]
    if not own:
        return _with(record, MISSING, "", _("Without this key nobody can check your signature."))
    if key not in own[0].replace(" ", ""):
        return _with(record, WRONG, own[0], _("Another key stands there: signatures would not fit."))
    return _with(record, GOOD, own[0], "")


def _dmarc(record: Record, texts: list[str]) -> Record:
    own = [one for one in texts if one.lower().startswith("v=dmarc1")]
    if not own:
        why = _("Large mailbox providers want this record of whoever sends many mails.")
        return _with(record, MISSING, "", why)
    return _with(record, GOOD, own[0], "")


def _with(record: Record, state: str, found: str, why: str) -> Record:
    return Record(record.what, record.kind, record.name, record.value, state, found[:500], why)


def keep(sender: Sender, records: list[Record], now: datetime) -> None:
    """Remember the look, so that other pages need no network."""
    states = {one.what: one.state for one in records}
    Sender.objects.filter(pk=sender.pk).update(proof=states, proof_at=now)


def unproven(sender: Sender | None) -> list[str]:
    """What the last look found missing or wrong: names of records, for the check before sending.

    Empty where all is well; where nobody looked yet, or there was no network, `proof` says so itself.
    """
    if sender is None:
        return []
    return [what for what, state in sender.proof.items() if state in {MISSING, WRONG} and what != "MX"]
