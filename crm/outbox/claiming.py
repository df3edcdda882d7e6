"""Who has a message in hand: claims and settlements, each one conditional statement, and what the dead left.

Settling one message and claiming the next is a single statement, so a sending connection never has more than
one message in SENDING, and a message costs one commit.
"""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from crm.models import Customer, Mailing, Message
from crm.outbox import mailings

State = Message.State
LEASE = timedelta(minutes=5)

MESSAGE, MAILING, CUSTOMER = (model._meta.db_table for model in (Message, Mailing, Customer))
# A pause, a cancellation or an objection takes effect here, between one message and the next.
FREE = f"""state = 'queued'
    AND EXISTS (SELECT 1 FROM {MAILING} m WHERE m.id = mailing_id AND m.state = 'open')"""
WILLING = f"""{FREE} AND EXISTS (SELECT 1 FROM {CUSTOMER} c WHERE c.id = customer_id
    AND c.email_consent = 'granted' AND c.suppressed_at IS NULL AND c.email = to_email)"""
# The cap of the house rules: what other workers and other campaigns sent meanwhile counts.
FEW = f"""(SELECT count(*) FROM {MESSAGE} g JOIN {MAILING} gm ON gm.id = g.mailing_id
    WHERE g.customer_id = {MESSAGE}.customer_id AND g.claimed_at > {{since}}
    AND g.state IN ('sent', 'sending', 'unsure') AND gm.purpose = 'marketing') < {{cap}}"""
CLAIM = """UPDATE {table} SET state = 'sending', reason = '', claimed_by = %s, claimed_at = %s,
      attempts = attempts + 1
    WHERE id = %s AND {condition}"""
TURN = """UPDATE {table} SET
      state = CASE WHEN id = %s THEN 'sent' ELSE 'sending' END,
      sent_at = CASE WHEN id = %s THEN {moment} ELSE sent_at END,
      error = CASE WHEN id = %s THEN '' ELSE error END,
      reason = '',
      claimed_by = %s,
      claimed_at = {moment},
      attempts = CASE WHEN id = %s THEN attempts ELSE attempts + 1 END
    WHERE (id = %s AND state = 'sending' AND claimed_by = %s) OR (id = %s AND {condition})
    RETURNING id"""


@cache
def _host() -> str:
    """This machine and its process numbers: two containers may share a name but not a process table."""
    try:
        table = os.readlink("/proc/self/ns/pid").strip("pid:[]")
    except OSError:
        table = ""
    return f"{socket.gethostname()[:30]}/{table}"


def _started(pid: int) -> str:
    """When a process began, as the system says it; "" when there is no such process."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            return stat.read_text().rpartition(")")[2].split()[19]
        except (OSError, IndexError):
            return ""
    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    ps = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return "".join(ps.stdout.split())


def claimant() -> str:
    """The name of this process in `claimed_by`: never the same for two processes, even with one number."""
    return f"{_host()}:{os.getpid()}:{_started(os.getpid())}"


def claim(message: Message, me: str, now: datetime) -> bool:
    """Take a message into this process's hand, unless something speaks against it by now."""
    with connection.cursor() as cursor:
        condition, values = _condition(message, now)
        sql = CLAIM.format(table=MESSAGE, condition=condition)
        cursor.execute(sql, [me, _moment(now), message.pk, *values])
        return bool(cursor.rowcount == 1)


def sent_and_claim(done: Message, following: Message, me: str, now: datetime) -> bool:
    """Settle one message as sent and take the next one in the same statement; whether the next is ours."""
    at = _moment(now)
    moment = "%s::timestamptz" if connection.vendor == "postgresql" else "%s"
    condition, values = _condition(following, now)
    sql = TURN.format(table=MESSAGE, condition=condition, moment=moment)
    pk = done.pk
    with connection.cursor() as cursor:
        cursor.execute(sql, [pk, pk, at, pk, me, at, pk, pk, me, following.pk, *values])
        return any(row[0] == following.pk for row in cursor.fetchall())


def settle(message: Message, state: str, me: str, **values: object) -> bool:
    """End this process's hold on a message with what is known now; False when the sweep was faster."""
    held = Message.objects.filter(pk=message.pk, state=State.SENDING, claimed_by=me)
    return bool(held.update(state=state, **values))


def leave_out(message: Message, state: str, **values: object) -> bool:
    """Settle a message that still waits: skipped, or impossible to write."""
    return bool(Message.objects.filter(pk=message.pk, state=State.QUEUED).update(state=state, **values))


def postpone(messages: Iterable[Message], at: datetime, reason: str) -> int:
    """Let these wait until then, saying why; returns how many did."""
    waiting = Message.objects.filter(pk__in=[one.pk for one in messages], state=State.QUEUED)
    return waiting.update(not_before=at, reason=reason)


def reclaim_lost(now: datetime) -> int:
    """Call UNSURE what dead or silent processes had in hand, and cancel what waits in closed mailings."""
    found = 0
    held = Message.objects.filter(state=State.SENDING).values_list("pk", "claimed_by", "claimed_at")
    for pk, owner, at in held:
        if at is None or at < now - _lease() or _is_dead(owner):
            same = Message.objects.filter(pk=pk, state=State.SENDING, claimed_by=owner, claimed_at=at)
            found += same.update(state=State.UNSURE)
    closed = Mailing.objects.filter(state=Mailing.State.CLOSED, messages__state=State.QUEUED)
    if ids := list(closed.values_list("pk", flat=True).distinct()):
        mailings.cancel_queued(ids)
    return found


def _is_dead(owner: str) -> bool:
    """Whether the claimant surely does not live any more; of other machines nobody here can say."""
    host, _, rest = owner.partition(":")
    pid, _, start = rest.partition(":")
    return host == _host() and pid.isdigit() and _started(int(pid)) != start


def _lease() -> timedelta:
    """Longer than one hand-over can take when every answer comes at the last moment."""
    return max(LEASE, timedelta(seconds=8 * settings.MAIL_CONNECTION.get("timeout", 0)))


def _condition(message: Message, now: datetime) -> tuple[str, list[Any]]:
    """What must hold for this message to leave at this moment, with its parameters."""
    if message.mailing.purpose != Mailing.Purpose.MARKETING:
        return FREE, []
    if message.cap is None:
        return WILLING, []
    most, days = message.cap
    moment = "%s::timestamptz" if connection.vendor == "postgresql" else "%s"
    few = FEW.format(since=moment, cap="%s")
    return f"{WILLING} AND {few}", [_moment(now - timedelta(days=days)), most]


def _moment(at: datetime) -> str | datetime | None:
    return connection.ops.adapt_datetimefield_value(at)
