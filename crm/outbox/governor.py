"""Who may be written to now: one set of house rules over campaigns, surveys and whatever else sends.

    governor.at_planning(mailing, now)     # Set-based, over all that was planned: later, or left out.
    governor.judge(messages, now)          # Of one batch, just before it leaves; both give the same answer.
    governor.over_cap(customers, now)      # Who has got enough for now, for a forecast.

What is in the way for a while makes a message wait; what lasts beyond `Mailing.expires_at` leaves it out with
the reason. Transactional mail is never touched.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from crm.models import Business, Channel, ContactRules, ContactWish, Customer, Mailing, Message
from crm.outbox import reasons, zones

State = Message.State
WISH_DAYS = 30
MANY = 500  # Numbers that a statement takes as such; of more it asks again.
OUT = (State.SENT, State.SENDING, State.UNSURE)  # It reached the person, or may have.


@dataclass(frozen=True, slots=True)
class Verdict:
    """Not now. `at` is when it may leave; None: not at all."""

    at: datetime | None
    reason: str


def reached(since: datetime) -> QuerySet[Message]:
    """Marketing mail that people got, or may have got, since then."""
    marketing = Message.objects.filter(mailing__purpose=Mailing.Purpose.MARKETING, state__in=OUT)
    return marketing.filter(claimed_at__gt=since)


def over_cap(
    customers: QuerySet[Customer], now: datetime, rules: ContactRules | None = None
) -> QuerySet[Customer]:
    """Those of them who have got as much as the rules allow for now."""
    rules = rules or ContactRules.current()
    if not rules.cap_messages:
        return customers.none()
    full = with_at_least(rules.cap_messages, now - timedelta(days=rules.cap_days))
    return customers.filter(pk__in=full)


def with_at_least(n: int, since: datetime) -> Any:
    """The numbers of those who got so many since then: gathered once, not asked for each person."""
    got = reached(since).filter(customer__isnull=False).order_by().values("customer")
    return got.annotate(n=Count("pk")).filter(n__gte=n).values("customer")


def judge(messages: Sequence[Message], now: datetime) -> dict[int, Verdict]:
    """What stands against these leaving now, by their numbers; nothing stands against the others."""
    found = [one for one in messages if one.mailing.purpose == Mailing.Purpose.MARKETING and one.customer]
    if not found:
        return {}
    rules, home = ContactRules.current(), Business.current().zone
    people = {one.customer_id for one in found if one.customer_id}
    wishes = {wish.customer_id: wish for wish in ContactWish.objects.filter(customer__in=people)}
    got = _got(people, rules, now)
    verdicts = {}
    for message in found:
        assert message.customer is not None
        message.cap = (rules.cap_messages, rules.cap_days) if rules.cap_messages else None
        assert message.customer_id is not None
        wish = wishes.get(message.customer_id)
        verdict = _verdict(message, wish, got[message.customer_id], rules, home, now)
        if verdict is not None:
            verdicts[message.pk] = _within(message.mailing, verdict, now)
    return verdicts


def _got(people: Iterable[int], rules: ContactRules, now: datetime) -> defaultdict[int, list[datetime]]:
    """When each of them got marketing mail lately, the newest first."""
    since = now - timedelta(days=max(WISH_DAYS, rules.cap_days))
    rows = reached(since).filter(customer__in=people).order_by("-claimed_at")
    got: defaultdict[int, list[datetime]] = defaultdict(list)
    for person, at in rows.values_list("customer", "claimed_at"):
        if at is not None:
            got[person].append(at)
    return got


def _verdict(
    message: Message,
    wish: ContactWish | None,
    got: list[datetime],
    rules: ContactRules,
    home: ZoneInfo,
    now: datetime,
) -> Verdict | None:
    assert message.customer is not None
    zone = zones.of_country(message.customer.country) or home
    if wish is not None and (verdict := _wished(wish, got, zone, now)):
        return verdict
    if free := free_at(got, rules.cap_messages, rules.cap_days, now):
        return Verdict(free, reasons.CAP)
    if end := zones.quiet_end(now, rules.quiet_from, rules.quiet_until, zone):
        return Verdict(end, reasons.QUIET)
    return None


def _wished(wish: ContactWish, got: list[datetime], zone: ZoneInfo, now: datetime) -> Verdict | None:
    if wish.channel and wish.channel != Channel.EMAIL:
        return Verdict(None, reasons.OTHER_CHANNEL)
    if wish.pause_until and now.astimezone(zone).date() < wish.pause_until:
        return Verdict(datetime.combine(wish.pause_until, time(), zone), reasons.WISH)
    if wish.at_most is not None:
        if wish.at_most == 0:
            return Verdict(None, reasons.WISH)
        if free := free_at(got, wish.at_most, WISH_DAYS, now):
            return Verdict(free, reasons.WISH)
    return None


def free_at(got: Sequence[datetime], cap: int, days: int, now: datetime) -> datetime | None:
    """When one more is allowed again, of at most `cap` within `days`; None when it is now. Newest first."""
    if not cap or len(got) < cap:
        return None
    free = got[cap - 1] + timedelta(days=days)
    return free if free > now else None


def _within(mailing: Mailing, verdict: Verdict, now: datetime) -> Verdict:
    """What cannot leave before the mailing's time is over, never leaves."""
    if verdict.at is not None and mailing.expires_at is not None and verdict.at > mailing.expires_at:
        return Verdict(None, verdict.reason if verdict.reason != reasons.QUIET else reasons.EXPIRED)
    return verdict


def at_planning(mailing: Mailing, now: datetime) -> None:
    """Apply what is known now to all that was planned: a handful of statements, however many people."""
    if mailing.purpose != Mailing.Purpose.MARKETING:
        return
    _plan_wishes(mailing, now)
    rules = ContactRules.current()
    if rules.cap_messages:
        _plan_cap(mailing, rules.cap_messages, rules.cap_days, now)


def _queued(mailing: Mailing) -> QuerySet[Message]:
    return Message.objects.filter(mailing=mailing, state=State.QUEUED)


def _plan_wishes(mailing: Mailing, now: datetime) -> None:
    never = Q(at_most=0)
    if mailing.expires_at is not None:
        never |= Q(pause_until__gt=mailing.expires_at.date())
    other = ContactWish.objects.exclude(channel__in=["", Channel.EMAIL])
    for wishes, reason in ((other, reasons.OTHER_CHANNEL), (ContactWish.objects.filter(never), reasons.WISH)):
        if wishes.exists():  # Where there is no such wish, nobody's message is looked at.
            against = Exists(wishes.filter(customer=OuterRef("customer")))
            _queued(mailing).filter(against).update(state=State.SKIPPED, reason=reason)


def _plan_cap(mailing: Mailing, cap: int, days: int, now: datetime) -> None:
    """By the mail that is the cap-th newest: when that is out of the window, one more is allowed."""
    span = timedelta(days=days)
    people = list(with_at_least(cap, now - span).values_list("customer", flat=True)[: MANY + 1])
    if not people:
        return
    some = people if len(people) <= MANY else with_at_least(cap, now - span)
    earlier = reached(now - span).filter(customer=OuterRef("customer")).order_by("-claimed_at")
    nth = Subquery(earlier.values("claimed_at")[cap - 1 : cap])
    full = _queued(mailing).filter(customer__in=some).annotate(nth=nth).filter(nth__isnull=False)
    if mailing.expires_at is not None:
        late = full.filter(nth__gt=mailing.expires_at - span).order_by().values("pk")
        Message.objects.filter(pk__in=late).update(state=State.SKIPPED, reason=reasons.CAP)
    rest = full.filter(nth__gt=F("not_before") - span).order_by().values("pk")
    Message.objects.filter(pk__in=rest).update(not_before=nth + span, reason=reasons.CAP)


def counted(customer: Customer, now: datetime) -> int:
    """How many marketing mails a person got within the days of the cap."""
    rules = ContactRules.current()
    since = now - timedelta(days=rules.cap_days)
    return reached(since).filter(customer=customer).count()
