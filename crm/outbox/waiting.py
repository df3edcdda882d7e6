"""Why something is not moving: the answer for a mailing and for everything, what weighs most first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm import languages
from crm.models import Mailing, Message, PaceCount, Sender, WorkerHeartbeat
from crm.outbox import mending, pacing, reasons, troubles

State = Message.State
FAR = timedelta(days=3650)  # As good as never: somebody else sets the time.


@dataclass(frozen=True, slots=True)
class Answer:
    """`level` is "ok" (it moves), "wait" (it will by itself) or "stop" (a person must act)."""

    level: str
    text: str
    ways: tuple[mending.Way, ...] = ()


def why(mailing: Mailing | None, now: datetime) -> list[Answer]:
    """What holds messages back, of one mailing or of all; never empty while something waits."""
    queued = Message.objects.filter(state=State.QUEUED)
    queued = queued.filter(mailing=mailing) if mailing else queued.exclude(mailing__state="closed")
    counted = queued.aggregate(
        all=Count("pk"),
        due=Count("pk", filter=Q(not_before__lte=now)),
        first=Min("not_before", filter=Q(not_before__gt=now)),
    )
    if not counted["all"]:
        return []
    found = [*_stopped(mailing, counted["due"], now), *_limits(mailing, now)]
    if counted["first"] and counted["all"] > counted["due"]:
        found += _later(queued.filter(not_before__gt=now), now)
    if not found and counted["due"]:
        found = [Answer("ok", _moving(counted["due"]))]
    return found


def _stopped(mailing: Mailing | None, due: int, now: datetime) -> list[Answer]:
    found = []
    if mailing is not None and mailing.state == Mailing.State.PAUSED:
        reason = _(mailing.reason) if mailing.reason else ""
        said = f"{_('The mailing is paused.')} {reason}".strip()
        found.append(Answer("stop", said, mending.ways(mailing)))
    if not WorkerHeartbeat.anybody_there(now):
        found.append(
            Answer("stop", _("No worker is running, so nothing is sent. Nothing is lost meanwhile."))
        )
    trouble = troubles.of(mailing.sender_id) if mailing else troubles.everywhere()
    if trouble and due:
        found.append(Answer("stop", trouble, (mending.sender(mailing.sender_id if mailing else None),)))
    return found


def _limits(mailing: Mailing | None, now: datetime) -> list[Answer]:
    sender = Sender.objects.filter(pk=mailing.sender_id).first() if mailing and mailing.sender_id else None
    if sender is None:
        return []
    found = []
    if sender.window_messages:
        left, opens_at = pacing.window(sender, now)
        if not left and opens_at:
            text = ngettext(
                "The sender has used its %(n)s mail in %(hours)s. It goes on at %(at)s.",
                "The sender has used its %(n)s mails in %(hours)s. It goes on at %(at)s.",
                sender.window_messages,
            )
            values = {
                "n": sender.window_messages,
                "hours": languages.hours(sender.window_hours),
                "at": _clock(opens_at),
            }
            found.append(Answer("wait", text % values))
    if sender.per_minute and not found:
        text = ngettext(
            "The sender writes at most %(n)s mail a minute, so it takes its time.",
            "The sender writes at most %(n)s mails a minute, so it takes its time.",
            sender.per_minute,
        )
        found.append(Answer("wait", text % {"n": sender.per_minute}))
    return found


def _later(queued: Any, now: datetime) -> list[Answer]:
    """Those with a time of their own, by why."""
    rows = queued.order_by().values_list("reason").annotate(n=Count("pk"), first=Min("not_before"))
    found = []
    for reason, n, first in sorted(rows, key=lambda row: -row[1]):
        if first - now > FAR:
            text = ngettext(
                "%(n)s message waits until the better version is known.",
                "%(n)s messages wait until the better version is known.",
                n,
            )
            found.append(Answer("wait", text % {"n": n}))
            continue
        label = reasons.label(reason) if reason else _("Tried again later, or planned for later")
        text = ngettext(
            "%(n)s message waits: %(why)s. The next leaves at %(at)s.",
            "%(n)s messages wait: %(why)s. The next leaves at %(at)s.",
            n,
        )
        found.append(Answer("wait", text % {"n": n, "why": label, "at": _clock(first)}))
    return found


def _moving(n: int) -> str:
    return ngettext("%(n)s message is about to leave.", "%(n)s messages are leaving now.", n) % {"n": n}


def _clock(at: datetime) -> str:
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")


def with_figures(sender: Sender) -> Sender:
    """Put what left lately and what stands against it on the row, for its page."""
    now = timezone.now()
    day = PaceCount.objects.filter(sender=sender, at__gt=now - timedelta(hours=sender.window_hours))
    sender.used = sum(day.values_list("n", flat=True)) if sender.window_messages else None  # type: ignore[attr-defined]
    sent = Message.objects.filter(mailing__sender=sender, sent_at__gt=now - timedelta(days=1))
    sender.sent_today = sent.count()  # type: ignore[attr-defined]
    sender.trouble = troubles.of(sender.pk)  # type: ignore[attr-defined]
    return sender
