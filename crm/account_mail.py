"""The mails about accounts, as the outbox wants them."""

from __future__ import annotations

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from crm import accounts
from crm.errors import PermanentFailure
from crm.models import Business, Mailing, Message, User
from crm.outbox import Envelope
from crm.outbox.kinds import Render


def prepare(mailing: Mailing) -> Render:
    """Write mails that let staff choose a password. The link is made now and kept nowhere."""
    business = Business.current()

    def render(message: Message) -> Envelope:
        user = User.objects.filter(pk=message.context.get("user"), is_active=True).first()
        if user is None or user.email != message.to_email:
            raise PermanentFailure("This account does not exist any more.")
        with translation.override(user.language or business.language):
            return _envelope(business, user, str(message.context.get("what")))

    return render


def _envelope(business: Business, user: User, what: str) -> Envelope:
    shop = {"shop": business.name}
    subjects = {"invite": _("Your account at %(shop)s"), "role": _("Your role at %(shop)s has changed")}
    subject = subjects.get(what, _("A new password for %(shop)s")) % shop
    link = settings.SITE_URL if what == "role" else accounts.password_link(user)
    context = {"business": business, "user": user, "what": what, "link": link}
    from_name, from_email = business.sender
    return Envelope(
        subject=subject,
        html=render_to_string("mail/account.html", context),
        text=render_to_string("mail/account.txt", context),
        from_name=from_name,
        from_email=from_email,
        to_name=user.name,
    )
