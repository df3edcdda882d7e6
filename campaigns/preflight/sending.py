"""The sender and the rules of the house: address, proof, and who has had enough for now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import Campaign
from campaigns.preflight.addresses import RESERVED
from campaigns.preflight.findings import Finding
from crm.errors import Refusal
from crm.groups import FREE_MAILERS
from crm.models import Business, CustomerQuerySet, Sender
from crm.outbox import governor, proving, senders


def findings(campaign: Campaign, business: Business) -> Iterator[Finding]:
    """With real mail the gaps block; in the sandbox, where nothing leaves, they only warn."""
    leaves = bool(settings.MAIL_CONNECTION)
    profile = reverse("crm:business")
    sender = campaign.sender or senders.usual()
    if not business.from_email and sender is None:
        text = _("You have no sender address yet.")
        yield Finding("sender", text, leaves, "", profile, _("Set it in the business profile"))
    if not business.postal_address:
        text = _("Your postal address is missing. The law of many countries asks for it in marketing mail.")
        yield Finding("address", text, leaves, "", profile, _("Add it"))
    if leaves and settings.SITE_URL.startswith("http://"):
        text = _("Mail programs show their unsubscribe button only for https. Let SITE_URL begin with it.")
        yield Finding("site", text, False)
    if sender is not None:
        yield from _proof(sender, leaves)
    elif leaves and business.from_email:
        text = _("Nobody has looked yet whether the domain %(domain)s proves your mail.")
        domain = business.from_email.rpartition("@")[2]
        page = reverse("crm:senders")
        yield Finding("proof", text % {"domain": domain}, False, "", page, _("Add it as a sender"))
    yield from _free_mail(sender.from_email if sender else business.from_email)


def _free_mail(address: str) -> Iterator[Finding]:
    """Addresses that only their provider's own servers can prove."""
    domain = address.rpartition("@")[2].lower()
    if domain in FREE_MAILERS and not RESERVED.search(domain):
        text = _(
            "Addresses of %(domain)s can only be proven by that provider's own server. Through any other way "
            "your mail is refused or ends in the spam folder. Use an address of your own domain."
        )
        page = reverse("crm:senders")
        yield Finding("free_mail", text % {"domain": domain}, False, "", page, _("Look at your senders"))


def _proof(sender: Sender, leaves: bool) -> Iterator[Finding]:
    """What the last look at the DNS of the sender's domain said; pages do not wait for name servers."""
    page, look = reverse("crm:sender", args=[sender.pk]), _("Look at the records")
    if not sender.is_active:
        text = _("The chosen sender is not in use any more. Choose another.")
        yield Finding("sender", text, True, "", page, look)
    try:
        senders.refuse_foreign(sender, sender.bounces_to)
    except Refusal as refusal:
        yield Finding("sender", str(refusal), False, "", page, look, examples=(sender.bounces_to,))
    if not sender.proof:
        text = _("Nobody has looked yet whether the domain %(domain)s proves your mail.")
        yield Finding("proof", text % {"domain": sender.domain}, False, "", page, look)
        return
    if set(sender.proof.values()) <= {proving.OFFLINE}:
        text = _("Whether the domain %(domain)s proves your mail is not known: the last look was offline.")
        yield Finding("proof", text % {"domain": sender.domain}, False, "", page, look)
        return
    lacking = proving.unproven(sender)
    if lacking:
        text = _("The domain %(domain)s does not prove your mail: %(records)s. Much of it may be refused.")
        told = {"domain": sender.domain, "records": ", ".join(lacking)}
        unproven = leaves and {"SPF", "DKIM"} <= set(lacking)  # One of the two is the least that all ask for.
        yield Finding("proof", text % told, unproven, "", page, look)


def over_cap(campaign: Campaign, people: CustomerQuerySet, now: datetime) -> Iterator[Finding]:
    """Those who would have to wait, or be left out, because they got enough lately."""
    n = governor.over_cap(people.contactable(), now).count()
    if not n:
        return
    text = ngettext(
        "%(n)s person has got as much marketing mail as your rules allow: it leaves later, or not at all.",
        "%(n)s people have got as much marketing mail as your rules allow: it leaves later, or not at all.",
        n,
    )
    rules = reverse("crm:contact_rules")
    yield Finding("cap", text % {"n": n}, False, "", rules, _("See the rules of writing"))
