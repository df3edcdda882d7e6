"""The invented past campaigns: who got them, who read, clicked, left, answered and bought."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from numpy.random import Generator

from campaigns.demo import designs
from campaigns.demo.people import Person
from campaigns.demo.sales import Visit
from crm.models import Customer, Message

State = Message.State


@dataclass(frozen=True, slots=True)
class Letter:
    """`buys` is the chance that somebody who clicked comes to buy within six days."""

    slug: str
    name: str
    subject: str
    mjml: str
    segment: str
    days_ago: int
    reaches: Callable[[Person, date], bool]
    links: tuple[str, ...]
    survey: str = ""
    coupon: str = ""
    buys: float = 0.25
    pull: float = 1.0  # How much better than usual it was read.


@dataclass(slots=True)
class Sending:
    """One message of a letter as it went."""

    person: Person
    state: str
    reason: str = ""
    sent_at: datetime | None = None
    opened_at: datetime | None = None
    clicks: list[tuple[datetime, int]] = field(default_factory=list)
    left_at: datetime | None = None


def _known(person: Person, day: date) -> bool:
    return person.joined < day


def _loyal(person: Person, day: date) -> bool:
    return person.temper.name in {"devoted", "regular"} and (day - person.joined).days > 90


def _asleep(person: Person, day: date) -> bool:
    if person.temper.name == "sleeping":
        return (day - person.until).days > 90
    return person.temper.name == "once" and (day - person.joined).days > 180


def _recent(person: Person, day: date) -> bool:
    lively = person.temper.name not in {"once", "curious", "gifts"} and person.until > day
    return lively and (person.joined < day - timedelta(days=12))


LETTERS = (
    Letter(
        "new-harvest",
        "The new harvest",
        "The new harvest has landed",
        designs.HARVEST,
        "may-be-written-to",
        402,
        _known,
        ("https://example.com/coffee/new", "https://example.com/tea/first-flush"),
        buys=0.32,
    ),
    Letter(
        "would-you-recommend-us",
        "Would you recommend us?",
        "One question, {{ customer.first_name | default: 'if we may' }}",
        designs.RECOMMEND,
        "may-be-written-to",
        188,
        _known,
        ("https://example.com/journal",),
        survey="recommend",
        buys=0.1,
    ),
    Letter(
        "evening-for-regulars",
        "Evening for our regulars",
        "A table is laid for you",
        designs.REGULARS,
        "loyal-regulars",
        117,
        _loyal,
        ("https://example.com/evening", "https://example.com/evening/box"),
        buys=0.42,
        pull=1.15,
    ),
    Letter(
        "we-miss-you",
        "We miss you",
        "It has been quiet without you",
        designs.MISS_YOU,
        "sleeping",
        74,
        _asleep,
        ("https://example.com/new",),
        coupon="WELCOME15",
        buys=0.5,
        pull=1.1,
    ),
    Letter(
        "how-was-your-order",
        "How was your order?",
        "How was your last order?",
        designs.LAST_ORDER,
        "bought-lately",
        23,
        _recent,
        ("https://example.com/help",),
        survey="last-order",
        buys=0.12,
    ),
)


def post(
    rng: Generator, letter: Letter, people: Sequence[Person], today: date, zone: ZoneInfo
) -> list[Sending]:
    """Send a letter in the imagination; people who leave are not written to by later letters."""
    day = today - timedelta(days=letter.days_ago)
    start = datetime.combine(day, time(9, 30), zone)
    seen: set[str] = set()
    sendings: list[Sending] = []
    for person in people:
        if not letter.reaches(person, day):
            continue
        sending = Sending(person, State.SENT, _reason(person.customer, seen))
        if sending.reason:
            sending.state = State.SKIPPED
        elif rng.random() < 0.004:
            sending.state = State.FAILED
        else:
            sending.sent_at = start + timedelta(seconds=len(sendings) / 18)
            _react(rng, letter, sending)
        sendings.append(sending)
    return sendings


def _reason(customer: Customer, seen: set[str]) -> str:
    if not customer.email:
        return "no_address"
    if customer.email_consent != Customer.EmailConsent.GRANTED:
        return "withdrawn" if customer.email_consent == Customer.EmailConsent.WITHDRAWN else "no_consent"
    if customer.email in seen:
        return "duplicate_address"
    seen.add(customer.email)
    return ""


def _react(rng: Generator, letter: Letter, sending: Sending) -> None:
    temper = sending.person.temper
    assert sending.sent_at is not None
    if rng.random() >= min(temper.opens * letter.pull, 0.95):
        return
    sending.opened_at = sending.sent_at + timedelta(hours=float(rng.lognormal(1.1, 1.2)), minutes=2)
    if rng.random() < temper.clicks / temper.opens:
        later = timedelta(seconds=int(rng.integers(8, 240)))
        place = 0 if rng.random() < 0.74 else len(letter.links) - 1
        sending.clicks.append((sending.opened_at + later, place))
        if len(letter.links) > 1 and rng.random() < 0.12:
            sending.clicks.append((sending.opened_at + 2 * later, 1 - place))
    elif rng.random() < (0.022 if temper.mood < 0.5 else 0.006):
        sending.left_at = sending.opened_at + timedelta(seconds=50)
        sending.person.customer.email_consent = Customer.EmailConsent.WITHDRAWN


def purchases_after(
    rng: Generator, letter: Letter, sendings: Sequence[Sending], today: date
) -> Iterator[Visit]:
    """Some of those who clicked come to buy."""
    for sending in sendings:
        if sending.clicks and rng.random() < letter.buys:
            day = sending.clicks[0][0].date() + timedelta(days=int(rng.integers(0, 6)))
            if day < today:
                yield Visit(sending.person, day, letter.coupon)
