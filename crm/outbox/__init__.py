"""Everything that leaves: one row per message, one engine, many kinds. These are its public doors.

A kind is registered in AppConfig.ready() with `register`; a mailing is opened, planned and woken:

    mailing = outbox.open_mailing("campaign:12", kind="campaign", name="Spring tea", purpose="marketing")
    outbox.plan(mailing, (Message(key=f"customer:{c.pk}", customer=c, to_email=c.email) for c in people))
    outbox.deliver_soon()

The states of a message are drawn in `crm.models.message`; the engine is `crm.outbox.sending`.
"""

from __future__ import annotations

from crm.outbox.channels import refusal
from crm.outbox.envelope import Enclosed, Envelope
from crm.outbox.kinds import register
from crm.outbox.mailings import cancel, counts, is_finished, open_mailing, pause, plan, resume, send_again
from crm.outbox.reasons import skip_reason
from crm.outbox.sending import trouble
from crm.outbox.single import deliver_soon, send_one
from crm.outbox.tokens import unsubscribe_token, unsubscribe_url

__all__ = [
    "Enclosed",
    "Envelope",
    "cancel",
    "counts",
    "deliver_soon",
    "is_finished",
    "open_mailing",
    "pause",
    "plan",
    "refusal",
    "register",
    "resume",
    "send_again",
    "send_one",
    "skip_reason",
    "trouble",
    "unsubscribe_token",
    "unsubscribe_url",
]
