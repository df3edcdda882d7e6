"""Who answers a mail: what customers did within weeks of a mail they got, known only from before it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db.models import Max, Min, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.models import Business, Interaction, Mailing, Message, Purchase
from segments import days

TARGETS: dict[str, str | Promise] = {
    "mail.opened": _("Opens a mail"),
    "mail.clicked": _("Clicks in a mail"),
    "mail.bought": _("Buys after a mail"),
}
DAYS = 60  # Before the day of analysis: mails sent then, and what was done until now.


def opens(day: date) -> date:
    """The day at whose end the features stand: nothing after it may be used to foretell."""
    return day - timedelta(days=DAYS)


def anything_sent() -> bool:
    """Whether there is a mail that anybody could have answered."""
    return _marketing().exists()


def _marketing() -> QuerySet[Message]:
    return Message.objects.filter(state=Message.State.SENT, mailing__purpose=Mailing.Purpose.MARKETING)


def happened(target: str, ids: npt.NDArray[np.int64], since: date) -> npt.NDArray[np.float64]:
    """For each customer (n, ascending) who got a mail in the weeks after `since`: 1 or 0; else NaN."""
    zone = Business.current().zone
    begin, end = days.end_of(since, zone), days.end_of(since + timedelta(days=DAYS), zone)
    sent = _marketing().filter(sent_at__gte=begin, sent_at__lt=end)
    got = dict(sent.exclude(customer=None).order_by().values_list("customer_id").annotate(Min("sent_at")))
    rows: Any
    if target == "mail.bought":
        bought = Purchase.objects.counting().filter(bought_at__gte=begin, bought_at__lt=end)
        rows = bought.exclude(customer=None).order_by().values_list("customer_id").annotate(Max("bought_at"))
    else:
        kind = {"mail.opened": "open", "mail.clicked": "click"}[target]
        seen = Interaction.objects.filter(kind=kind, at__gte=begin, at__lt=end)
        rows = seen.exclude(customer=None).order_by().values_list("customer_id").annotate(Max("at"))
    did: dict[int | None, datetime] = dict(rows)
    found = [float(pk in did and did[pk] >= got[pk]) if pk in got else np.nan for pk in ids.tolist()]
    return np.array(found, np.float64)
