"""Purchases as the value models see them: per customer and day of the shop.

The orders are read into arrays and summed up there: grouping and numbering millions of days in SQL takes
several times as long. An order counts here as in `segments.features`: not cancelled, not given back in full
by the end. A day is worth what was paid on it less what of it was given back; orders of a day are one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.db.models import Max, Model

from crm.models import Business, Purchase, Refund
from segments import arrays, days
from segments.at_hand import only, within

EVERYBODY = (1, 0)
EPOCH = date(1970, 1, 1)
DAY_BITS, DAY_ZERO = 22, 1_000_000  # Room for every day that a calendar knows.
WAYS = ("bought_at", "-bought_at")  # Along the index: both ends are near.

type Ints = npt.NDArray[np.int64]
type Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Summaries:
    """Buyers (n) by ascending `ids`: `repeats`, days from the first to the `last` purchase, `age` in days
    from the first until `until`, and the mean `value` of repeat purchase days (NaN without one).
    """

    until: date
    ids: Ints
    repeats: Ints
    last: Ints
    age: Ints
    value: Floats


def span(business: Business, today: date) -> tuple[date, date] | None:
    """The first and the last day until today on which a known customer bought; None without purchases."""
    end = days.end_of(today, business.zone)
    sales = Purchase.objects.counting().filter(customer__isnull=False, bought_at__lt=end)
    ends = [sales.order_by(way).values_list("bought_at", flat=True).first() for way in WAYS]
    return (business.today(ends[0]), business.today(ends[1])) if ends[0] and ends[1] else None


def last_of_few(day: date, business: Business) -> date | None:
    """The day until `day` of the last purchase of those `at_hand`."""
    sales = only(Purchase.objects.counting(), "customer", True)
    found = sales.filter(bought_at__lt=days.end_of(day, business.zone)).aggregate(last=Max("bought_at"))
    return business.today(found["last"]) if found["last"] else None


def later_than(day: date, business: Business) -> int:
    """How many purchases are dated after `day`."""
    return Purchase.objects.filter(bought_at__gte=days.end_of(day, business.zone)).count()


def summaries(
    until: date, business: Business, part: tuple[int, int] = EVERYBODY, *, few: bool = False
) -> Summaries:
    """Everybody who had bought by the end of `until`; `part` (k, j): only ids with remainder j by k.

    `few`: only those `at_hand`.
    """
    found = _days(until, business, part, few=few)
    first, last = found.day[found.begins], found.day[found.ends]
    repeats = found.ends - found.begins
    worth = found.worth.copy()
    worth[found.begins] = 0  # The first purchase is how they came, not how they come again.
    total = np.add.reduceat(worth, found.begins) if len(worth) else worth
    value = np.divide(total, repeats, out=np.full(len(total), np.nan), where=repeats > 0)
    return Summaries(until, found.who[found.begins], repeats, last - first, _number(until) - first, value)


def came_back(
    opens: date, until: date, business: Business, part: tuple[int, int] = EVERYBODY
) -> tuple[Ints, Floats, Floats, Floats]:
    """Of those who had bought twice by the end of `opens`: gaps so far, their mean in days, days silent then,
    and days until the next purchase by `until` (NaN without one)."""
    found, opened = _days(until, business, part), _number(opens)
    n = (
        np.add.reduceat((found.day <= opened).astype(np.int64), found.begins)
        if len(found.day)
        else found.begins
    )
    begins, ends, n = (column[n > 1] for column in (found.begins, found.ends, n))
    last, after = found.day[begins + n - 1], np.minimum(begins + n, ends)
    came = np.where(begins + n <= ends, found.day[after] - opened, np.nan)
    mean = (last - found.day[begins]) / np.maximum(n - 1, 1)
    return n - 1, mean, (opened - last).astype(np.float64), came


def bought_days(
    after: date, until: date, business: Business, part: tuple[int, int] = EVERYBODY
) -> tuple[Ints, Ints]:
    """(ids, number of purchase days) of those who bought after `after`, until the end of `until`."""
    found = _days(until, business, part)
    return np.unique(found.who[found.day > _number(after)], return_counts=True)


def repeats_per_day(
    since: date, until: date, known: date, business: Business, part: tuple[int, int] = EVERYBODY
) -> Ints:
    """Repeat purchases on each day from `since` to `until`, of customers who had bought by `known`."""
    found = _days(until, business, part)
    is_first = np.zeros(len(found.day), np.bool_)
    is_first[found.begins] = True
    first = np.repeat(found.day[found.begins], found.ends - found.begins + 1)
    day = found.day - _number(since)
    counted = ~is_first & (first <= _number(known)) & (day >= 0)
    return np.bincount(day[counted], minlength=(until - since).days + 1)


@dataclass(frozen=True, slots=True)
class _Days:
    """One row (m) per customer and day, in this order, with its net worth; `day` counts from 1970.

    `begins` and `ends` (n) are the first and the last row of each customer.
    """

    who: Ints
    day: Ints
    worth: Floats
    begins: Ints
    ends: Ints


def _days(until: date, business: Business, part: tuple[int, int], *, few: bool = False) -> _Days:
    end = days.end_of(until, business.zone)
    values = {"end": days.moment(end), "parts": part[0], "part": part[1]}
    who, second, net = arrays.read(_sold(few), values, "iif")
    key, net = _summed(_key(who, arrays.days_of(second, business.zone, end)), net)
    who, second, amount = arrays.read(_loose(few), values, "iif")
    if len(who):
        loose, amount = _summed(_key(who, arrays.days_of(second, business.zone, end)), amount)
        place = np.minimum(np.searchsorted(loose, key), len(loose) - 1)
        net = net - np.where(loose[place] == key, amount[place], 0)
    who = key >> DAY_BITS
    begins = np.flatnonzero(np.diff(who, prepend=-1))
    ends = np.append(begins[1:], len(who))[: len(begins)] - 1
    return _Days(who, (key & (2**DAY_BITS - 1)) - DAY_ZERO, np.maximum(net, 0), begins, ends)


def _key(who: Ints, day: Ints) -> Ints:
    """One number for a customer and a day, which sorts by customer first."""
    return (who << DAY_BITS) + (day + DAY_ZERO)


def _summed(key: Ints, amount: Floats) -> tuple[Ints, Floats]:
    """Distinct keys, ascending, and the sum of each."""
    if (np.diff(key) < 0).any():
        order = np.argsort(key, kind="stable")
        key, amount = key[order], amount[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    return key[first], np.add.reduceat(amount, first) if len(first) else amount


def _sold(few: bool) -> str:
    """What of each order that counts was not given back by the end."""
    return f"""
WITH later AS (
    SELECT purchase_id, SUM(amount) AS amount FROM {_table(Refund)}
    WHERE purchase_id IS NOT NULL AND refunded_at >= %(end)s GROUP BY purchase_id
), sold AS (
    SELECT p.customer_id, p.bought_at, p.charged, ROUND(p.refunded - COALESCE(l.amount, 0), 4) AS refunded
    FROM {_table(Purchase)} p LEFT JOIN later l ON l.purchase_id = p.id
    WHERE p.customer_id IS NOT NULL AND p.customer_id %% %(parts)s = %(part)s
        AND p.bought_at < %(end)s AND p.status = 'completed'{within("p.customer_id", few)}
)
SELECT customer_id, {arrays.second_of("bought_at")}, charged - refunded FROM sold
WHERE refunded = 0 OR refunded < charged {arrays.along("customer_id", "bought_at")}"""


def _loose(few: bool) -> str:
    """What was given back without an order."""
    return f"""
SELECT customer_id, {arrays.second_of("refunded_at")}, amount FROM {_table(Refund)}
WHERE purchase_id IS NULL AND customer_id IS NOT NULL AND customer_id %% %(parts)s = %(part)s
    AND refunded_at < %(end)s{within("customer_id", few)}"""


def _number(day: date) -> int:
    """A day as it is counted here."""
    return (day - EPOCH).days


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)
