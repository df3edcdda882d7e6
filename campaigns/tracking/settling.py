"""Judging what was heard, in steps; may be repeated with better rules. The ledger follows each change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
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
from crm.models import Interaction, Message

SETTLE = timedelta(seconds=60)  # So late the hits that tell a machine have come, too.
STEP = 20_000  # Messages at a time.
IDS = 5000
Verdict = MessageEvent.Verdict
COLUMNS = (
    "message_id", "pk", "kind", "at", "link_id", "method", "agent", "network", "verdict", "signal", "rules",
    "message__sent_at",
)  # fmt: skip


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
    rows.sort(key=itemgetter(0))
    places = dict(
        Link.objects.filter(pk__in={row[4] for row in rows if row[4]}).values_list("pk", "position")
    )
    version = rules()
    changes: dict[tuple[str, str], list[int]] = defaultdict(list)
    moved: set[int] = set()
    for message_id, group in groupby(rows, key=itemgetter(0)):
        mine = list(group)
        for row, verdict in zip(mine, _verdicts(mine, places), strict=True):
            done.verdicts[verdict[0]] = done.verdicts.get(verdict[0], 0) + 1
            if row[8:11] != (*verdict, version):
                changes[verdict].append(row[1])
            if row[8] != verdict[0]:
                done.changed += 1
                moved.add(message_id)
    done.hits += len(rows)
    _write(changes, version, moved, rows, places)


def _verdicts(mine: Sequence[Any], places: dict[int, int]) -> list[tuple[str, str]]:
    sent_at = mine[0][11]
    hits = [Seen(row[2], row[3].timestamp(), places.get(row[4]), *row[5:8]) for row in mine]
    return judge(hits, sent_at.timestamp() if sent_at else None)


def _write(
    changes: dict[tuple[str, str], list[int]],
    version: int,
    moved: set[int],
    rows: Sequence[Any],
    places: dict[int, int],
) -> None:
    with transaction.atomic():
        for (verdict, signal), pks in changes.items():
            for some in batched(pks, IDS):
                found = MessageEvent.objects.filter(pk__in=bulk.numbers(some))
                found.update(verdict=verdict, signal=signal, rules=version)
        if moved:
            was = [row for row in rows if row[0] in moved and row[8] == HUMAN]
            _forget({_key(row, places) for row in was}, moved)
            _remember(moved)


def _key(row: Sequence[Any], places: dict[int, int]) -> str:
    """The ledger's key: the first opening of a message, the first click on each of its links."""
    return f"{row[2]}:{row[0]}" + (f":{places[row[4]]}" if row[4] in places else "")


def _forget(keys: set[str], moved: Iterable[int]) -> None:
    """Take out of the ledger what was taken for a person; what still is one comes back at once."""
    if not keys:
        return
    mailings = Message.objects.filter(pk__in=bulk.numbers(sorted(moved))).values("mailing")
    sources = [one.source for one in Campaign.objects.filter(mailing__in=mailings).only("pk")]
    for some in batched(sorted(keys), IDS):
        Interaction.objects.filter(source__in=sources, key__in=bulk.texts(some)).delete()


def _remember(moved: Iterable[int]) -> None:
    for some in batched(sorted(moved), IDS):
        ledger.record(_entries(some))


def _entries(message_ids: Sequence[int]) -> Iterator[Interaction]:
    """The first human hit of each kind and link, for the ledger."""
    kinds = (MessageEvent.Kind.OPEN, MessageEvent.Kind.CLICK)
    found = MessageEvent.objects.filter(
        message__in=bulk.numbers(message_ids), verdict=HUMAN, kind__in=kinds, message__customer__isnull=False
    )
    columns = ("message_id", "kind", "link_id", "link__position", "link__url", "at", "message__customer_id")
    rows = list(found.order_by("at").values_list(*columns, "message__mailing_id"))
    campaigns = {
        one.mailing_id: one for one in Campaign.objects.filter(mailing__in={row[-1] for row in rows})
    }
    seen: set[str] = set()
    for message_id, kind, link_id, place, url, at, customer_id, mailing_id in rows:
        key = f"{kind}:{message_id}" + (f":{place}" if link_id else "")
        campaign = campaigns.get(mailing_id)
        if key in seen or campaign is None:
            continue
        seen.add(key)
        yield Interaction(
            customer_id=customer_id,
            kind=kind,
            at=at,
            source=campaign.source,
            key=key,
            subject=campaign.slug,
            title=campaign.name,
            properties={"url": url[:500]} if url else {},
        )
