"""Two years of invented purchases: rhythm of the week, seasons, tastes, coupons, refunds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.random import Generator

from campaigns.demo.catalogue import ARTICLES, BUSY, SEASONS, WEEKDAYS
from campaigns.demo.people import DAYS, Person
from crm import bulk
from crm.models import Product, Purchase, PurchaseLine, Refund, Subscription
from crm.subscriptions import following

CENT = Decimal("0.01")
COLUMNS = ["id", "key", "number", "customer_id", "bought_at", "charged", "refunded", "discount", "shipping"]
COLUMNS += ["tax", "currency", "channel", "coupon", "status"]
HOURS = {"shop": (9, 18), "market": (9, 13), "website": (7, 23)}


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody buys on a day; `person` is None at the till, where nobody asks for a name."""

    person: Person | None
    day: date
    coupon: str = ""
    subscription: str = ""


@dataclass(slots=True)
class Line:
    """What becomes a row of PurchaseLine: whole model rows would cost more than all the rest."""

    product: Product
    quantity: int
    price: Decimal
    amount: Decimal


def visits(rng: Generator, people: Iterable[Person], today: date) -> Iterator[Visit]:
    """When everybody buys of their own accord, until yesterday evening."""
    for person in people:
        for day in sorted(set(_days(rng, person, today))):
            coupon = "TREAT10" if person.temper.name == "discount" and rng.random() < 0.6 else ""
            yield Visit(person, day, coupon)
        if person.temper.name in {"devoted", "regular"} and rng.random() < 0.09:
            yield from _subscription(rng, person, today)
    for ago in range(1, DAYS):
        day = today - timedelta(days=ago)
        for _ in range(rng.poisson(2.4 * WEEKDAYS[day.weekday()] * BUSY[day.month - 1])):
            yield Visit(None, day)


def _days(rng: Generator, person: Person, today: date) -> Iterator[date]:
    temper, last = person.temper.name, min(person.until, today - timedelta(days=1))
    if temper == "curious":
        return
    if temper == "gifts":
        yield from _gift_days(rng, person, last)
        return
    mean = person.temper.gap * float(rng.lognormal(0, 0.35))
    day = person.starts
    while day <= last:
        yield max(person.starts, min(_nearby(rng, day), last))
        gap = rng.gamma(2.2, mean / 2.2) / (0.35 + 0.65 * BUSY[day.month - 1] / 0.83)
        day += timedelta(days=max(1, round(gap)))


def _gift_days(rng: Generator, person: Person, last: date) -> Iterator[date]:
    yield min(person.starts, last)
    for year in range(person.starts.year, last.year + 1):
        for chance, month, first, length in ((0.9, 11, 15, 36), (0.3, 2, 4, 9), (0.3, 5, 2, 10)):
            day = date(year, month, first) + timedelta(days=int(rng.integers(0, length)))
            if rng.random() < chance and person.starts <= day <= last:
                yield day


def _nearby(rng: Generator, day: date) -> date:
    """A day of the same week, Saturdays more often than Mondays."""
    around = [day + timedelta(days=shift) for shift in range(-3, 4)]
    chances = np.cumsum([WEEKDAYS[one.weekday()] for one in around])
    return around[int(np.searchsorted(chances, rng.random() * chances[-1]))]


def _subscription(rng: Generator, person: Person, today: date) -> Iterator[Visit]:
    sku = "HL-A02" if rng.random() < person.likes_tea else "HL-A01"
    day = person.starts + timedelta(days=int(rng.integers(10, 200)))
    anchor = day.day
    stops = today if rng.random() < 0.7 else day + timedelta(days=int(rng.integers(60, 500)))
    while day < today and day <= min(person.until, stops):
        yield Visit(person, day, subscription=sku)
        day = following(day, Subscription.Interval.MONTH, anchor)


class Till:
    """Turns visits into orders with lines; one per load, since it numbers them."""

    def __init__(
        self, rng: Generator, products: dict[str, Product], subscribed: dict[int, int], zone: ZoneInfo
    ) -> None:
        self.rng = rng
        self.subscribed = subscribed  # Customer and subscription.
        self.zone = zone
        self.products = [products[one.sku] for one in ARTICLES]
        self.by_sku = products
        self.prices = [Decimal(one.price) for one in ARTICLES]
        shelves = sorted({one.category for one in ARTICLES})
        self.shelf = np.array([shelves.index(one.category) for one in ARTICLES])
        self.shelves = shelves
        self.by_month = np.array(
            [[one.popularity * SEASONS[one.season][month] for one in ARTICLES] for month in range(12)]
        )
        self.purchases: list[Purchase] = []
        self.lines: list[tuple[Purchase, str, Line]] = []
        self.refunds: list[Refund] = []

    def ring_up(self, visits: Sequence[Visit]) -> None:
        """Make the orders of all visits, in the order of time."""
        timed = [(self._moment(visit), n, visit) for n, visit in enumerate(visits)]
        for number, ((moment, channel), _, visit) in enumerate(sorted(timed, key=lambda one: one[:2]), 1):
            self._order(number, visit, moment, channel)

    def _moment(self, visit: Visit) -> tuple[datetime, str]:
        luck = self.rng.random()
        if visit.person is None:
            channel = "shop" if luck < 0.8 else "market"
        elif visit.subscription or visit.person.customer.country != "Ireland":
            channel = "website"
        else:
            channel = "shop" if luck < 0.62 else "website" if luck < 0.91 else "market"
        first, last = HOURS[channel]
        minutes = int((first + (last - first) * self.rng.beta(2.2, 1.9)) * 60)
        clock = time(minutes // 60, minutes % 60, int(self.rng.integers(60)))
        return datetime.combine(visit.day, clock, self.zone), channel

    def _order(self, number: int, visit: Visit, moment: datetime, channel: str) -> None:
        customer = visit.person.customer if visit.person else None
        renewed = self.subscribed[customer.pk] if customer and visit.subscription else None
        purchase = Purchase(
            key=f"renewal:{renewed}:{visit.day}" if renewed else f"demo:{number}",
            number=f"HL{moment:%y}-{number:06d}",
            customer=customer,
            bought_at=moment,
            channel=channel,
            coupon=visit.coupon,
        )
        lines = self._subscribed(visit) if visit.subscription else self._basket(visit, moment.month)
        total = sum((line.amount for line in lines), Decimal(0))
        if visit.coupon:
            share = Decimal("0.15") if visit.coupon == "WELCOME15" else Decimal("0.10")
            purchase.discount = (total * share).quantize(CENT)
        if channel == "website" and total < 40 and not visit.subscription:
            purchase.shipping = Decimal("4.90")
        purchase.charged = total - Decimal(purchase.discount) + Decimal(purchase.shipping)
        purchase.tax = (purchase.charged * Decimal("0.115")).quantize(CENT)
        self.purchases.append(purchase)
        self.lines += [(purchase, f"{number:024x}{place:08x}", line) for place, line in enumerate(lines, 1)]
        self._regret(purchase, lines)

    def _subscribed(self, visit: Visit) -> list[Line]:
        product = self.by_sku[visit.subscription]
        price = product.price or Decimal(0)
        return [Line(product, 1, price, price)]

    def _basket(self, visit: Visit, month: int) -> list[Line]:
        chances = np.cumsum(self.by_month[month - 1] * self._appetite(visit.person)[self.shelf])
        size = 1 + min(int(self.rng.poisson(1.25)), 6)
        picked = np.searchsorted(chances, self.rng.random(size) * chances[-1])
        lines = []
        for index in dict.fromkeys(picked.tolist()):  # The same article twice is a quantity, not a line.
            luck = self.rng.random()
            quantity = 1 + (luck > 0.78) + (luck > 0.95)
            price = self.prices[index]
            lines.append(Line(self.products[index], quantity, price, price * quantity))
        return lines

    def _appetite(self, person: Person | None) -> np.ndarray:
        tea = person.likes_tea if person else 0.5
        gifts = 4.0 if person and person.temper.name == "gifts" else 0.5
        wishes = {"Coffee": 1.05 - tea, "Tea": 0.05 + tea, "Equipment": 0.45, "Gifts": gifts, "Treats": 0.7}
        return np.array([wishes.get(shelf, 0.0) for shelf in self.shelves])

    def _regret(self, purchase: Purchase, lines: list[Line]) -> None:
        """A few orders are cancelled, a few are given back, whole or one line of them."""
        luck = self.rng.random()
        if purchase.channel == "website" and luck < 0.009:
            purchase.status = Purchase.Status.CANCELLED
        elif luck > 0.978:
            whole = luck > 0.992
            line = lines[0]
            amount = purchase.charged if whole else min(line.amount, purchase.charged)
            days = int(self.rng.integers(1, 12))
            purchase.refunded = amount
            self.refunds.append(
                Refund(
                    key=f"demo:{purchase.key}",
                    number=f"R{purchase.number}",
                    customer=purchase.customer,
                    purchase=purchase,
                    product=None if whole else line.product,
                    quantity=1 if whole else line.quantity,
                    amount=amount,
                    refunded_at=purchase.bought_at + timedelta(days=days),
                )
            )

    def save(self, now: datetime) -> None:
        """Write all orders; a refund that would lie in the future has not happened."""
        future = [one for one in self.refunds if one.refunded_at > now]
        for refund in future:
            assert refund.purchase is not None
            refund.purchase.refunded = Decimal(0)
        first = bulk.next_id(Purchase)
        for purchase_id, purchase in enumerate(self.purchases, first):
            purchase.pk = purchase_id
        bulk.write(Purchase, COLUMNS, map(_row, self.purchases))
        columns = ["purchase_id", "product_id", "quantity", "price", "amount", "fingerprint", "occurrence"]
        bulk.write(
            PurchaseLine,
            columns,
            (
                (
                    purchase.pk,
                    one.product.pk,
                    one.quantity,
                    str(one.price),
                    str(one.amount),
                    fingerprint,
                    1,
                )
                for purchase, fingerprint, one in self.lines
            ),
        )
        bulk.follow(Purchase, PurchaseLine)
        Refund.objects.bulk_create([one for one in self.refunds if one.refunded_at <= now])


def _row(purchase: Purchase) -> tuple[Any, ...]:
    moment = purchase.bought_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    customer = purchase.customer.pk if purchase.customer else None
    money = (purchase.charged, purchase.refunded, purchase.discount, purchase.shipping, purchase.tax)
    named = (purchase.pk, purchase.key, purchase.number, customer, moment, *map(str, money))
    return (*named, "", purchase.channel, purchase.coupon, str(purchase.status))
