"""One mail by a sender at once, to see whether its connection works."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from crm.errors import PermanentFailure, Refusal
from crm.models import Mailing, Message, Sender
from crm.outbox import channels, mime, senders
from crm.outbox.channels import Known
from crm.outbox.envelope import Envelope


def send(sender: Sender, to: str, *, now: datetime) -> str:
    """What happened, in words; Refusal or TemporaryFailure when it did not leave."""
    if not settings.MAIL_CONNECTION:
        raise Refusal(
            _("Closeknit is in the sandbox: nothing leaves this machine. Set EMAIL_URL, then try again.")
        )
    if refused := channels.refusal():
        raise Refusal(refused)
    envelope = Envelope(
        subject=_("Test of the sender “%s”") % sender.name,
        html=f"<p>{_('This mail shows that the connection works.')}</p>",
        text=_("This mail shows that the connection works."),
        from_name=sender.from_name,
        from_email=sender.from_email,
        reply_to=sender.reply_to,
    )
    mailing = Mailing(source="test", kind="test", purpose=Mailing.Purpose.TRANSACTIONAL)
    message = Message(pk=int(now.timestamp()), mailing=mailing, to_email=to.strip().lower())
    try:
        parcel = mime.assemble(message, envelope, now=now, sender_of=sender, returns=sender.return_path)
    except PermanentFailure as failure:
        raise Refusal(_(str(failure))) from None
    channel = senders.channel(sender)
    try:
        channel.open()
        outcome = channel.hand_over(parcel)
    finally:
        channel.close()
    if outcome.known is Known.TAKEN:
        return _("It works: the server took the test to %s.") % to
    raise Refusal(_("The server did not take it: %s") % (_(outcome.text) if outcome.text else "–"))
