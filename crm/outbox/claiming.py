"""Who has a message in hand: claims and settlements, each one conditional statement, and what the dead left.

A sending connection claims a few messages together, and stores the results of the last few with the next
claim. What waits in hand is asked for again every tenth of a second: a pause, a cancellation or an objection
takes no longer to have its effect. Of what a killed process had in hand its notes tell (`notes`).
"""

from __future__ import annotations

import os
import socket
import subprocess
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F

from crm.models import Customer, Mailing, Message
from crm.outbox import mailings, notes

State = Message.State
LEASE = timedelta(minutes=5)

MESSAGE, MAILING, CUSTOMER = (model._meta.db_table for model in (Message, Mailing, Customer))
OPEN = f"EXISTS (SELECT 1 FROM {MAILING} m WHERE m.id = mailing_id AND m.state = 'open')"
WILLING = f"""{OPEN} AND EXISTS (SELECT 1 FROM {CUSTOMER} c WHERE c.id = customer_id
    AND c.email_consent = 'granted' AND c.suppressed_at IS NULL AND c.email = to_email)"""
# The cap of the house rules: what other workers and other campaigns sent meanwhile counts. Asked for each
# person by their index, whatever the database knows of its tables.
FEW = f"""(SELECT count(*) FROM {MESSAGE} g WHERE g.customer_id = chosen.customer_id
    AND g.claimed_at > {{since}} AND g.state IN ('sent', 'sending', 'unsure')
    AND (SELECT gm.purpose FROM {MAILING} gm WHERE gm.id = g.mailing_id) = 'marketing') < {{cap}}"""
# Found by number and judged once each, whatever the database knows of its tables: counted while they were
# empty, it would look through all that waits for each one.
CLAIM = """WITH chosen AS MATERIALIZED (SELECT id, mailing_id, customer_id, to_email FROM {table}
      WHERE id IN ({marks}) AND state || '' = 'queued' {lock}),
    fit AS MATERIALIZED (SELECT id FROM chosen WHERE {condition})
    UPDATE {table} SET state = 'sending', reason = '', claimed_by = %s, claimed_at = %s,
      attempts = attempts + 1
    WHERE id {among_fit} RETURNING id"""
STILL = """SELECT id FROM {table}
    WHERE id IN ({marks}) AND state = 'sending' AND claimed_by = %s AND {condition}"""
# What never left goes back to where it was; where its mailing was closed meanwhile, nobody will send it.
RELEASE = f"""UPDATE {MESSAGE} SET state = CASE WHEN EXISTS (SELECT 1 FROM {MAILING} m
      WHERE m.id = mailing_id AND m.state = 'closed') THEN 'cancelled' ELSE 'queued' END,
      claimed_by = '', claimed_at = NULL, attempts = attempts - 1
    WHERE id IN ({{marks}}) AND state = 'sending' AND claimed_by = %s"""


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


_runs = count(1)


def claimant() -> str:
    """The name of one run of this process in `claimed_by`: no two runs, of no two processes, share it."""
    return f"{_host()}:{os.getpid()}:{_started(os.getpid())}#{next(_runs)}"


def together(messages: Sequence[Message], most: int) -> int:
    """How many of the first can be claimed by one statement: of one purpose, and each of somebody else.

    The cap counts what is in hand, so two mails to one person are never claimed together.
    """
    people: set[int | None] = set()
    first = messages[0]
    for n, one in enumerate(messages[:most]):
        other = one.mailing.purpose != first.mailing.purpose or one.cap != first.cap
        if other or (one.customer_id is not None and one.customer_id in people):
            return n
        people.add(one.customer_id)
    return min(most, len(messages))


def claim(messages: Sequence[Message], me: str, now: datetime) -> set[int]:
    """Take messages into this run's hand, those that nothing speaks against by now; returns their numbers."""
    condition, values = _condition(messages[0], now)
    lock = "FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
    fit = (
        "= ANY(ARRAY(SELECT id FROM fit))" if connection.vendor == "postgresql" else "IN (SELECT id FROM fit)"
    )
    marks = ", ".join(["%s"] * len(messages))
    sql = CLAIM.format(table=MESSAGE, marks=marks, condition=condition, lock=lock, among_fit=fit)
    with connection.cursor() as cursor:
        cursor.execute(sql, [*(one.pk for one in messages), *values, me, _moment(now)])
        return {row[0] for row in cursor.fetchall()}


def still(pks: Collection[int], message: Message, me: str) -> set[int]:
    """Which of those in hand, alike with this one, may leave this very moment."""
    marketing = message.mailing.purpose == Mailing.Purpose.MARKETING
    marks = ", ".join(["%s"] * len(pks))
    sql = STILL.format(table=MESSAGE, marks=marks, condition=WILLING if marketing else OPEN)
    with connection.cursor() as cursor:
        cursor.execute(sql, [*pks, me])
        return {row[0] for row in cursor.fetchall()}


def release(pks: Collection[int], me: str) -> int:
    """Put back what was claimed and surely never left; returns how many."""
    if not pks:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(RELEASE.format(marks=", ".join(["%s"] * len(pks))), [*pks, me])
        return int(cursor.rowcount)


def settle_all(pks: Collection[int], state: str, me: str, **values: object) -> int:
    """End this run's hold on several messages; returns how many it still had."""
    held = Message.objects.filter(pk__in=pks, state=State.SENDING, claimed_by=me)
    return held.update(state=state, **values) if pks else 0


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
    """Settle what dead or silent processes had in hand, and cancel what waits in closed mailings.

    Returns how many are UNSURE now: of what a dead process noted only the mail whose answer was lost.
    """
    held: defaultdict[str, list[tuple[int, datetime | None]]] = defaultdict(list)
    for pk, owner, at in Message.objects.filter(state=State.SENDING).values_list(
        "pk", "claimed_by", "claimed_at"
    ):
        held[owner].append((pk, at))
    found = sum(_reclaim(owner, dict(some), now) for owner, some in held.items())
    closed = Mailing.objects.filter(state=Mailing.State.CLOSED, messages__state=State.QUEUED)
    if ids := list(closed.values_list("pk", flat=True).distinct()):
        mailings.cancel_queued(ids)
    return found


def _reclaim(owner: str, held: dict[int, datetime | None], now: datetime) -> int:
    """Settle what one owner cannot settle any more; returns how many are UNSURE now."""
    left, lease = notes.left_by(owner), _lease()
    if left and not left.is_alive:
        settle_all(left.taken, State.SENT, owner, sent_at=F("claimed_at"), error="")
        release(held.keys() - set(left.begun) - set(left.taken), owner)
        return settle_all(held.keys() - set(left.taken), State.UNSURE, owner)
    if left:  # Its clock, or ours, may have jumped.
        lease = max(lease, timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT))
    elif _is_dead(owner):
        return settle_all(held, State.UNSURE, owner)
    return settle_all([pk for pk, at in held.items() if at is None or at < now - lease], State.UNSURE, owner)


def _is_dead(owner: str) -> bool:
    """Whether the claimant surely does not live any more; of other machines nobody here can say."""
    host, _, rest = owner.partition(":")
    pid, _, start = rest.partition("#")[0].partition(":")
    return host == _host() and pid.isdigit() and _started(int(pid)) != start


def _lease() -> timedelta:
    """Longer than one hand-over can take when every answer comes at the last moment."""
    return max(LEASE, timedelta(seconds=8 * settings.MAIL_CONNECTION.get("timeout", 0)))


def _condition(message: Message, now: datetime) -> tuple[str, list[Any]]:
    """What must hold for this message to leave at this moment, with its parameters."""
    if message.mailing.purpose != Mailing.Purpose.MARKETING:
        return OPEN, []
    if message.cap is None:
        return WILLING, []
    most, days = message.cap
    moment = "%s::timestamptz" if connection.vendor == "postgresql" else "%s"
    few = FEW.format(since=moment, cap="%s")
    return f"{WILLING} AND {few}", [_moment(now - timedelta(days=days)), most]


def _moment(at: datetime) -> str | datetime | None:
    return connection.ops.adapt_datetimefield_value(at)
