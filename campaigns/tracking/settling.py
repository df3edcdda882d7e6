"""Judging what was heard, in steps; may be repeated with better rules. The ledger follows each change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched, groupby
from operator import itemgetter
from typing import Any

from django.db import transaction
from django.db.models import Max

from campaigns.models import Campaign, Link, MessageEvent
from campaigns.tracking.judging import HUMAN, Seen, judge, rules
from crm import bulk, ledger
from crm.models import Interaction

SETTLE = timedelta(seconds=60)  # So late the hits that tell a machine have come, too.
STEP = 20_000  # Messages at a time.
IDS = 5000
Verdict = MessageEvent.Verdict
COLUMNS = (
    "message_id", "pk", "kind", "at", "link_id", "method", "agent", "network", "verdict", "signal", "rules",
    "message__sent_at", "message__customer_id", "message__mailing_id",
)  # fmt: skip

type Places = dict[int, tuple[int, str]]  # Of each link its number in the mail, and its address.
type Rows = dict[str, Sequence[Any]]  # By key of the ledger.


@dataclass(slots=True)
class Done:
    """How many hits were looked at, how many are judged otherwise now, and how many of each verdict."""

    hits: int = 0
    changed: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)


def settle(*, now: datetime, after: timedelta = SETTLE) -> int:
    """Judge what waits long enough, together with all other hits of the same messages; returns how many."""
    waiting = MessageEvent.objects.filter(verdict=Verdict.WAITING, at__lte=now - after)
    ids = list(waiting.order_by("at").values_list("message_id", flat=True)[:STEP])
    done = Done()
    if ids:
        _judge(MessageEvent.objects.filter(message__in=bulk.numbers(sorted(set(ids)))), done)
    return done.hits


def judge_all(*, step: int = STEP) -> Done:
    """Judge every hit anew under today's rules, however it was judged before."""
    done, start = Done(), 0
    last = MessageEvent.objects.aggregate(last=Max("message_id"))["last"] or 0
    while start <= last:
        _judge(MessageEvent.objects.filter(message__gte=start, message__lt=start + step), done)
        start += step
    return done


def _judge(events: Any, done: Done) -> None:
    """Judge these events, which must be all of their messages."""
    rows = list(events.exclude(kind=MessageEvent.Kind.UNSUBSCRIBE).values_list(*COLUMNS))
    rows.sort(key=itemgetter(0, 3))
    links = Link.objects.filter(pk__in={row[4] for row in rows if row[4]})
    places: Places = {pk: (place, url) for pk, place, url in links.values_list("pk", "position", "url")}
    version = rules()
    changes: dict[tuple[str, str], list[int]] = defaultdict(list)
    lost: Rows = {}
    gained: Rows = {}
    for _message, group in groupby(rows, key=itemgetter(0)):
        mine = list(group)
        found = _verdicts(mine, places)
        for row, verdict in zip(mine, found, strict=True):
            done.verdicts[verdict[0]] = done.verdicts.get(verdict[0], 0) + 1
            if row[8:11] != (*verdict, version):
                changes[verdict].append(row[1])
        if moved := sum(row[8] != verdict[0] for row, verdict in zip(mine, found, strict=True)):
            done.changed += moved
            _compare(mine, found, places, lost, gained)
    done.hits += len(rows)
    _write(changes, version, lost, gained, places)


def _verdicts(mine: Sequence[Any], places: Places) -> list[tuple[str, str]]:
    sent_at = mine[0][11]
    hits = [
        Seen(row[2], row[3].timestamp(), places[row[4]][0] if row[4] in places else None, *row[5:8])
        for row in mine
    ]
    return judge(hits, sent_at.timestamp() if sent_at else None)


def _compare(
    mine: Sequence[Any], found: Sequence[tuple[str, str]], places: Places, lost: Rows, gained: Rows
) -> None:
    """What the ledger said of one message and must not any more, and what it does not say yet."""
    was: Rows = {}
    now: Rows = {}
    for row, verdict in zip(mine, found, strict=True):
        if row[8] == HUMAN:
            was.setdefault(_key(row, places), row)
        if verdict[0] == HUMAN:
            now.setdefault(_key(row, places), row)  # The first of its kind, for rows come by time.
    lost |= {key: row for key, row in was.items() if key not in now}
    gained |= {key: row for key, row in now.items() if key not in was}


def _key(row: Sequence[Any], places: Places) -> str:
    """The ledger's key: the first opening of a message, the first click on each of its links."""
    return f"{row[2]}:{row[0]}" + (f":{places[row[4]][0]}" if row[4] in places else "")


def _write(
    changes: dict[tuple[str, str], list[int]], version: int, lost: Rows, gained: Rows, places: Places
) -> None:
    mailings = {row[13] for row in (*lost.values(), *gained.values())}
    campaigns = {one.mailing_id: one for one in Campaign.objects.filter(mailing__in=mailings)}
    sources = [one.source for one in campaigns.values()]
    with transaction.atomic():
        for (verdict, signal), pks in changes.items():
            for some in batched(pks, IDS):
                found = MessageEvent.objects.filter(pk__in=bulk.numbers(some))
                found.update(verdict=verdict, signal=signal, rules=version)
        for keys in batched(sorted(lost), IDS):
            Interaction.objects.filter(source__in=sources, key__in=bulk.texts(keys)).delete()
        ledger.record(_entries(gained, campaigns, places))


def _entries(gained: Rows, campaigns: dict[int | None, Campaign], places: Places) -> Iterator[Interaction]:
    for key, row in gained.items():
        campaign = campaigns.get(row[13])
        if row[2] not in (MessageEvent.Kind.OPEN, MessageEvent.Kind.CLICK) or campaign is None or not row[12]:
            continue
        url = places[row[4]][1] if row[4] in places else ""
        yield Interaction(
            customer_id=row[12],
            kind=row[2],
            at=row[3],
            source=campaign.source,
            key=key,
            subject=campaign.slug,
            title=campaign.name,
            properties={"url": url[:500]} if url else {},
        )
