"""The invented customers: who they are, and how they buy."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from numpy.random import Generator

from campaigns.demo import names
from crm import phones
from crm.models import Customer

DAYS = 730
DRINKS = ("Espresso", "Filter coffee", "Black tea", "Green tea", "Oolong", "Matcha")
INTERESTS = ("New harvests", "Brewing tips", "Offers", "Tasting evenings")
SOURCES = ("Shop", "Website", "Market stall", "Friend", "Instagram")


@dataclass(frozen=True, slots=True)
class Temper:
    """A way of buying: share of all people, mean days between orders, how happy, how keen on mail."""

    name: str
    share: float
    gap: float
    mood: float  # 0 unhappy … 1 delighted.
    opens: float
    clicks: float


TEMPERS = (
    Temper("devoted", 0.07, 13, 0.90, 0.72, 0.34),
    Temper("regular", 0.20, 36, 0.74, 0.56, 0.20),
    Temper("occasional", 0.21, 92, 0.62, 0.42, 0.11),
    Temper("gifts", 0.10, 60, 0.64, 0.36, 0.08),
    Temper("discount", 0.08, 55, 0.50, 0.50, 0.28),
    Temper("once", 0.16, 9999, 0.46, 0.26, 0.05),
    Temper("sleeping", 0.11, 30, 0.36, 0.26, 0.08),
    Temper("new", 0.06, 18, 0.68, 0.60, 0.24),
    Temper("curious", 0.01, 9999, 0.60, 0.40, 0.10),  # Left an address, never bought.
)


@dataclass(slots=True)
class Person:
    """A customer with what only the inventor knows: temper, taste, and the last day of interest."""

    customer: Customer
    temper: Temper
    likes_tea: float  # 0 only coffee … 1 only tea.
    joined: date
    starts: date  # The first purchase on record: who came earlier than our records has older ones.
    until: date
    is_dead: bool = False  # The mail address, once a mail came back.


def invent(rng: Generator, count: int, today: date) -> list[Person]:
    """`count` people, those who joined first standing first."""
    tempers = rng.choice(len(TEMPERS), count, p=[one.share for one in TEMPERS])
    weights = [place.weight for place in names.PLACES]
    places = rng.choice(len(weights), count, p=[one / sum(weights) for one in weights])
    people = [_person(rng, n, TEMPERS[tempers[n]], names.PLACES[places[n]], today) for n in range(count)]
    people.sort(key=lambda person: person.joined)
    for number, person in enumerate(people, 1):
        person.customer.external_id = f"HL{number:05d}"
        person.customer.prepare()
    _share_addresses(rng, people)
    return people


def _person(rng: Generator, n: int, temper: Temper, place: names.Place, today: date) -> Person:
    joined, until = _stay(rng, temper, today)
    customer = Customer(
        public_id=f"{int(rng.integers(0, 2**32)):08x}{n:04x}",
        country=place.country,
        city=place.city,
        language=place.language,
        source=str(rng.choice(SOURCES, p=[0.4, 0.3, 0.12, 0.1, 0.08])),
        created_on=joined,
        is_demo=True,
        added_at=datetime.combine(joined, time(9), UTC),
    )
    _name(rng, customer, n)
    dialled = "".join(str(rng.integers(0, 10)) if sign == "#" else sign for sign in place.phone)
    customer.phone = dialled[:-3] if n % 150 == 7 else phones.normalise(dialled, place.country)
    if rng.random() < 0.45:
        customer.phone = ""
    if rng.random() < 0.06:
        customer.email = ""
    if rng.random() < 0.55:
        customer.birth_date = date(1950, 1, 1) + timedelta(days=int(rng.beta(3, 2.4) * 20800))
    likes_tea = float(rng.beta(0.8, 0.9)) if place.language != "zh-hans" else float(rng.beta(2.2, 0.8))
    customer.custom = _custom(rng, likes_tea)
    _ask_consent(rng, customer, temper)
    opened = today - timedelta(days=DAYS - int(rng.integers(0, 60)))
    return Person(customer, temper, likes_tea, joined, max(joined, opened), until)


def _stay(rng: Generator, temper: Temper, today: date) -> tuple[date, date]:
    """From the first day to the last day of interest."""
    if temper.name == "new":
        return today - timedelta(days=int(rng.integers(2, 46))), today
    if temper.name == "sleeping":
        left = int(rng.integers(130, 470))
        return today - timedelta(days=int(rng.integers(left + 90, DAYS))), today - timedelta(days=left)
    reach = 1.0 if temper.name in {"once", "discount"} else 1.6
    ago = int(DAYS * reach * rng.random() ** 0.9)
    return today - timedelta(days=max(ago, 20)), today


def _name(rng: Generator, customer: Customer, n: int) -> None:
    if customer.language == "zh-hans":
        first, latin, gender = names.CHINESE_FIRST[rng.integers(len(names.CHINESE_FIRST))]
        last, latin_last = names.CHINESE_LAST[rng.integers(len(names.CHINESE_LAST))]
        written = f"{latin}.{latin_last}"
    else:
        firsts, lasts = names.EUROPEAN.get(customer.language, (names.ENGLISH_FIRST, names.ENGLISH_LAST))
        first, gender = firsts[rng.integers(len(firsts))]
        last = lasts[rng.integers(len(lasts))]
        written = f"{_ascii(first)}.{_ascii(last)}"
    customer.first_name, customer.last_name = first, last
    customer.gender = gender if rng.random() < 0.6 else ""
    customer.email = f"{written}{n}@example.{('com', 'org', 'net')[n % 3]}".lower()


def _ascii(text: str) -> str:
    text = text.replace("ß", "ss").replace("ł", "l").replace("Ł", "L")
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def _custom(rng: Generator, likes_tea: float) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if rng.random() < 0.62:
        choices = DRINKS[2:] if rng.random() < likes_tea else DRINKS[:2]
        values["favourite_drink"] = str(rng.choice(choices))
    if rng.random() < 0.4:
        values["newsletter_interest"] = str(rng.choice(INTERESTS))
    if rng.random() < 0.35:
        values["cups_a_day"] = int(rng.integers(1, 7))
    return values


def _ask_consent(rng: Generator, customer: Customer, temper: Temper) -> None:
    luck = rng.random()
    if customer.email and luck < (0.86 if temper.name != "once" else 0.62):
        customer.email_consent = Customer.EmailConsent.GRANTED
    elif luck > 0.95:
        customer.email_consent = Customer.EmailConsent.WITHDRAWN


def _share_addresses(rng: Generator, people: list[Person]) -> None:
    """A few couples use one mail address, so that "one mail per address" can be seen."""
    for n in rng.integers(1, len(people), max(len(people) // 250, 1)):
        first, second = people[n - 1].customer, people[n].customer
        if first.email and first.language == second.language:
            second.email, second.last_name = first.email, first.last_name
            second.email_consent = first.email_consent
            second.prepare()
