"""Handing a person what is stored about them, by mail to the address on file and to nobody else.

The link to the customer's own page never ends and mails are passed on, so that page neither shows the file
nor tells anything. The mail carries a link of its own that ends after some days; pressing a button there
begins the download. One mail a day: its key is the day.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.core.signing import b62_decode, b62_encode
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from crm import audit, outbox
from crm.consent import email_hash
from crm.errors import PermanentFailure
from crm.languages import language_of
from crm.models import Business, Customer, Mailing, Message, PersonalArchive, PrivacyRequest, Suppression
from crm.outbox import Envelope
from crm.outbox.kinds import Render
from crm.privacy import archive

KIND = "archive"
WORKS = timedelta(days=3)
SALT = "crm.archive"


def can(customer: Customer) -> bool:
    """Whether a mail surely reaches this person alone: an address that works and that nobody else has."""
    if not customer.email or customer.erased_at:
        return False
    if Customer.objects.filter(email=customer.email).exclude(pk=customer.pk).exists():
        return False
    bounced = Suppression.objects.filter(email_hash=email_hash(customer.email))
    return not bounced.exclude(reason=Suppression.Reason.UNSUBSCRIBED).exists()


def ask(customer: Customer, *, at: datetime) -> bool:
    """Queue the mail; False when it went out today already, or cannot go."""
    if not can(customer):
        return False
    if asked_today(customer, at=at):
        return False
    key = _key(customer, at)
    outbox.send_one(
        KIND, kind=KIND, key=key, to_email=customer.email, name="What we hold about you", customer=customer
    )
    return True


def asked_today(customer: Customer, *, at: datetime) -> bool:
    return Message.objects.filter(mailing__source=KIND, key=_key(customer, at)).exists()


def _key(customer: Customer, at: datetime) -> str:
    return f"{customer.pk}:{at:%Y-%m-%d}"


def prepare(mailing: Mailing) -> Render:
    """Write mails with a link to the file. File and link are made now; a second try finds the same file."""
    business = Business.current()

    def render(message: Message) -> Envelope:
        customer = message.customer
        if customer is None or not can(customer) or customer.email != message.to_email:
            raise PermanentFailure(gettext_noop("The address has changed since, or is not theirs alone."))
        made = customer.archives.filter(made_by=None, made_at__gte=message.planned_at).first()
        if made is None:
            made = archive.make(customer, by=None, at=timezone.now(), kept=WORKS)
            audit.record(None, "exported", customer, count=1, detail="mailed to the customer")
        with translation.override(language_of(customer, business)):
            return _envelope(business, customer, made)

    return render


def _envelope(business: Business, customer: Customer, made: PersonalArchive) -> Envelope:
    subject = _("What %(shop)s holds about you") % {"shop": business.name}
    until = timezone.localtime(made.expires_at, business.zone)
    context = {"business": business, "subject": subject, "link": link(made), "until": until}
    from_name, from_email = business.sender
    return Envelope(
        subject=subject,
        html=render_to_string("mail/handing.html", context),
        text=render_to_string("mail/handing.txt", context),
        from_name=from_name,
        from_email=from_email,
        to_name=customer.name,
        reply_to=business.reply_to,
        headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
    )


def link(made: PersonalArchive) -> str:
    return f"{settings.SITE_URL}/data/{signing.TimestampSigner(salt=SALT).sign(b62_encode(made.pk))}"


def read(token: str, *, at: datetime) -> PersonalArchive | None:
    """The file of a link; None when it is not ours, has ended, or the file is gone."""
    try:
        number = b62_decode(signing.TimestampSigner(salt=SALT).unsign(token, max_age=WORKS))
    except (signing.BadSignature, ValueError):
        return None
    made = PersonalArchive.objects.select_related("customer").filter(pk=number).first()
    if made is None or at >= made.expires_at or not archive.file_of(made).is_file():
        return None
    return made


def taken(made: PersonalArchive, *, at: datetime) -> None:
    """The person has the file: it is written down, and what they asked staff for is answered."""
    audit.record(None, "exported", made.customer, count=1, detail="downloaded by the customer")
    wanted = made.customer.privacy_requests.filter(kind=PrivacyRequest.Kind.EXPORT)
    wanted.filter(state=PrivacyRequest.State.OPEN).update(state=PrivacyRequest.State.DONE, settled_at=at)
