"""The mails about accounts, as the outbox wants them."""

from __future__ import annotations

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
            return _envelope(business, user, invited=message.context.get("what") == "invite")

    return render


def _envelope(business: Business, user: User, *, invited: bool) -> Envelope:
    shop = {"shop": business.name}
    subject = _("Your account at %(shop)s") % shop if invited else _("A new password for %(shop)s") % shop
    context = {"business": business, "user": user, "invited": invited, "link": accounts.password_link(user)}
    from_name, from_email = business.sender
    return Envelope(
        subject=subject,
        html=render_to_string("mail/account.html", context),
        text=render_to_string("mail/account.txt", context),
        from_name=from_name,
        from_email=from_email,
        to_name=user.name,
    )
