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
from crm.outbox import reasons

State = Message.State
REST = "*"  # Gets the better version later.


@dataclass(frozen=True, slots=True)
class Trial:
    """A second subject, and how much better it is opened than the first; `share` of the people take part."""

    subject: str
    pull: float
    share: float = 1.0
    hours: int = 24


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
    held: int = 0  # So many of 100 got nothing, to compare.
    days: int = 14  # Of its effect.
    trial: Trial | None = None


@dataclass(slots=True)
class Sending:
    """One message of a letter as it went."""

    person: Person
    state: str
    reason: str = ""
    arm: str = ""
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
        held=15,
    ),
    Letter(
        "first-flush",
        "The first flush",
        "The first flush from Darjeeling is here",
        designs.FLUSH,
        "may-be-written-to",
        263,
        _known,
        ("https://example.com/tea/first-flush", "https://example.com/tea"),
        buys=0.4,
        trial=Trial("Have you tasted spring yet?", 1.12),
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
        buys=0.8,
        pull=1.2,
        held=25,
    ),
    Letter(
        "for-the-weekend",
        "A recipe for the weekend",
        "Our recipe for cold brew",
        designs.WEEKEND,
        "may-be-written-to",
        47,
        _known,
        ("https://example.com/journal/cold-brew", "https://example.com/coffee/cold-brew"),
        buys=0.45,
        held=10,
        days=30,  # Until answers have come, too.
        trial=Trial("What are you brewing this weekend?", 1.75, share=0.8),
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
        sending = Sending(person, State.SENT, _reason(person, seen))
        if sending.reason:
            sending.state = State.SKIPPED
        elif letter.held and rng.random() < letter.held / 100:
            sending.state, sending.reason = State.HELD_OUT, reasons.HELD_FROM_THIS
        else:
            later = _take_part(rng, letter, sending)
            if rng.random() < 0.004:
                sending.state, person.is_dead = State.FAILED, True
            else:
                sending.sent_at = start + later + timedelta(seconds=len(sendings) / 18)
                _react(rng, letter, sending)
        sendings.append(sending)
    return sendings


def _take_part(rng: Generator, letter: Letter, sending: Sending) -> timedelta:
    """Draw the version; how much later it comes."""
    trial = letter.trial
    if trial is None:
        return timedelta()
    where = rng.random() / trial.share
    sending.arm = REST if where >= 1 else "a" if where < 0.5 else "b"
    return timedelta(hours=trial.hours) if sending.arm == REST else timedelta()


def _reason(person: Person, seen: set[str]) -> str:
    customer = person.customer
    if not customer.email:
        return "no_address"
    if person.is_dead:
        return "suppressed"
    if customer.email_consent != Customer.EmailConsent.GRANTED:
        return "withdrawn" if customer.email_consent == Customer.EmailConsent.WITHDRAWN else "no_consent"
    if customer.email in seen:
        return "duplicate_address"
    seen.add(customer.email)
    return ""


def _react(rng: Generator, letter: Letter, sending: Sending) -> None:
    temper = sending.person.temper
    assert sending.sent_at is not None
    pull = letter.pull * (letter.trial.pull if letter.trial and sending.arm != "a" else 1.0)
    if rng.random() >= min(temper.opens * pull, 0.95):
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
