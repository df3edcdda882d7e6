"""When each person of a mailing gets it: at once, at a time where they live, or at their best hour."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, time, timedelta
from itertools import batched
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from django.db.models import Count, QuerySet
from django.db.models.functions import ExtractHour

from campaigns.allotting import WAITING
from campaigns.models import Arm
from crm.models import Business, Customer, Interaction, Mailing, Message
from crm.outbox import reasons, zones
from segments.numerics import best_hour

CHUNK = 1000
LOOK_BACK = timedelta(days=365)
Timing = Mailing.Timing


def spread(mailing: Mailing, chosen: datetime, *, now: datetime) -> None:
    """Set the time of each message that waits; a few statements, however many people."""
    there = chosen.astimezone(Business.current().zone)
    _set(mailing, _waiting(mailing), there.time(), there, now)


def spread_rest(mailing: Mailing, arm: str, chosen: datetime, *, now: datetime) -> None:
    """The same, from now on, for those whom the end of a test has given their version."""
    home = Business.current().zone
    rest = Message.objects.filter(mailing=mailing, state=Message.State.QUEUED, arm=arm)
    _set(mailing, rest, chosen.astimezone(home).time(), now.astimezone(home), now)


def _set(mailing: Mailing, found: QuerySet[Message], clock: time, day: datetime, now: datetime) -> None:
    if mailing.timing == Timing.LOCAL:
        _at_clock(mailing, found, clock, day, now, reasons.LOCAL_TIME)
    elif mailing.timing == Timing.BEST:
        _at_best(mailing, found, day, now)


def _waiting(mailing: Mailing) -> QuerySet[Message]:
    """All but those whose time a test has drawn: another hour, or the rest that waits for the winner."""
    later = Arm.objects.filter(experiment__campaign__mailing=mailing, hours_later__gt=0)
    found = Message.objects.filter(mailing=mailing, state=Message.State.QUEUED)
    return found.exclude(arm__in=[WAITING, *later.values_list("letter", flat=True)])


def _at_clock(
    mailing: Mailing, found: QuerySet[Message], clock: time, day: datetime, now: datetime, reason: str
) -> None:
    """Everybody when the clock where they live shows this time; one statement for each instant."""
    home = Business.current().zone
    countries = list(found.order_by().values_list("customer__country", flat=True).distinct())
    groups = zones.by_instant(countries, day.date(), clock, home, not_before=now - timedelta(minutes=59))
    last = max(groups, default=now)
    if mailing.expires_at is not None and last + timedelta(hours=1) > mailing.expires_at:
        Mailing.objects.filter(pk=mailing.pk).update(expires_at=last + timedelta(hours=6))
        mailing.expires_at = last + timedelta(hours=6)
    for at, some in groups.items():
        people = Customer.objects.filter(country__in=some).order_by().values("pk")
        later = {"reason": reason} if at > now else {}
        found.filter(customer__in=people).update(not_before=max(at, now), **later)


def _at_best(mailing: Mailing, found: QuerySet[Message], day: datetime, now: datetime) -> None:
    """By the local hours at which people clicked: their own, else of this audience, else of the shop."""
    audience = found.order_by().values("customer")
    home = Business.current().zone
    shop = _curve(_clicks(now), home, now)
    mine = _clicks(now).filter(customer__in=audience)
    group = _curve(mine, home, now)
    rows = mine.values_list("customer", "customer__country", "hour").annotate(n=Count("pk"))
    counted: defaultdict[int, list[int]] = defaultdict(lambda: [0] * 24)
    for person, country, hour, n in rows:
        counted[person][_there(hour, country, home, now)] = n
    usual = best_hour.of_group(group, shop)
    _at_clock(mailing, found, time(usual), day, now, reasons.BEST_HOUR)
    people = np.array(list(counted), dtype=np.int64)
    if not len(people):
        return
    hours = best_hour.of_people(np.array(list(counted.values())), group, shop)
    for hour in range(24):
        if hour == usual:
            continue
        for some in batched(people[hours == hour].tolist(), CHUNK):
            theirs = found.filter(customer__in=some)
            _at_clock(mailing, theirs, time(hour), day, now, reasons.BEST_HOUR)


def _clicks(now: datetime) -> QuerySet[Any]:
    """Clicks of people on mails, with the hour of the shop's clock; the ledger holds no machines."""
    zone = Business.current().zone
    found = Interaction.objects.filter(kind="click", at__gt=now - LOOK_BACK, customer__isnull=False)
    return found.order_by().annotate(hour=ExtractHour("at", tzinfo=zone))


def _curve(clicks: QuerySet[Any], home: ZoneInfo, now: datetime) -> np.ndarray:
    counted = np.zeros(24)
    for country, hour, n in clicks.values_list("customer__country", "hour").annotate(n=Count("pk")):
        counted[_there(hour, country, home, now)] += n
    return counted


def _there(hour: int, country: str, home: ZoneInfo, now: datetime) -> int:
    """An hour of the shop's clock on the clock of a country, as far apart as they are now."""
    zone = zones.of_country(country) or home
    ahead = now.astimezone(zone).replace(tzinfo=None) - now.astimezone(home).replace(tzinfo=None)
    return (hour + round(ahead / timedelta(hours=1))) % 24
