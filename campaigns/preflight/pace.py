"""How long the sending will take and what it costs, from what is known of the way out."""

from __future__ import annotations

from django.db.models import Count, Max, Min

from campaigns.models import Campaign
from crm.languages import money
from crm.models import Business, Message
from crm.outbox import senders

A_SECOND = 20.0  # Mails, while nothing was ever measured here.
MEASURED = 200  # So many mails tell something about the pace.


def seconds(receivers: int, campaign: Campaign) -> float:
    """About how long from the first mail to the last, by the last campaign of some size."""
    pace = _per_second()
    sender = campaign.sender or senders.usual()
    if sender is None:
        return receivers / pace
    if sender.per_minute:
        pace = min(pace, sender.per_minute / 60)
    if sender.window_messages and receivers > sender.window_messages:
        pace = min(pace, sender.window_messages / (3600 * sender.window_hours))
    return receivers / pace


def cost(receivers: int, business: Business) -> str:
    """What these mails cost, "" where a mail costs nothing."""
    total = business.cost_per_mail * receivers
    return money(total, business.currency) if total else ""


def _per_second() -> float:
    last = (
        Campaign.objects.filter(state=Campaign.State.DONE, mailing__isnull=False, is_demo=False)
        .order_by("-finished_at")
        .values_list("mailing", flat=True)
        .first()
    )
    if last is None:
        return A_SECOND
    sent = Message.objects.filter(mailing=last, sent_at__isnull=False)
    said = sent.aggregate(n=Count("pk"), begin=Min("sent_at"), end=Max("sent_at"))
    if said["n"] < MEASURED:
        return A_SECOND
    span: float = (said["end"] - said["begin"]).total_seconds()
    return float(said["n"]) / max(1.0, span)
