"""The mail that asks to confirm a sign-up, as the outbox wants it."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from crm import opt_in
from crm.errors import PermanentFailure
from crm.languages import language_of
from crm.models import Business, Customer, Mailing, Message, OptIn
from crm.outbox import Envelope
from crm.outbox.kinds import Render


def prepare(mailing: Mailing) -> Render:
    """Write mails with a link that confirms. It is made now and kept nowhere."""
    business = Business.current()

    def render(message: Message) -> Envelope:
        waiting = OptIn.objects.select_related("customer").filter(pk=message.context.get("opt_in")).first()
        if waiting is None or waiting.state != OptIn.State.WAITING or waiting.address != message.to_email:
            raise PermanentFailure(gettext_noop("This was confirmed or taken back already."))
        with translation.override(language(waiting, business)):
            return _envelope(business, waiting)

    return render


def language(waiting: OptIn, business: Business) -> str:
    """What the person read when they signed up, else their own language, else the shop's."""
    spoken = Customer(language=waiting.language) if waiting.language else waiting.customer
    return language_of(spoken, business)


def _envelope(business: Business, waiting: OptIn) -> Envelope:
    subject = _("Please confirm your sign-up at %(shop)s") % {"shop": business.name}
    context = {
        "business": business,
        "subject": subject,
        "waiting": waiting,
        "link": opt_in.link(waiting),
        "until": timezone.localtime(waiting.expires_at, business.zone),
    }
    from_name, from_email = business.sender
    return Envelope(
        subject=subject,
        html=render_to_string("mail/opt_in.html", context),
        text=render_to_string("mail/opt_in.txt", context),
        from_name=from_name,
        from_email=from_email,
        to_name=waiting.customer.name if waiting.customer else "",
        reply_to=business.reply_to,
        headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
    )
