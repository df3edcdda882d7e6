"""What was known of each customer on a day of the past, from their orders until then and nothing after it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]
type Ints = npt.NDArray[np.int64]
type Flags = npt.NDArray[np.bool_]
NEVER = 2**40
# Of a customer, as they stand in their features: days since the last order, orders, days since the first,
# mean days between two (NaN after one), money per order.
RAW = ("recency", "orders", "age", "gap", "amount")


@dataclass(frozen=True, slots=True)
class Orders:
    """Orders (m) of customers (n, by `ids`): `who` is their place, `day` counts from any one day.

    From the day `returned` on an order counts no more (NEVER: it was kept).
    """

    ids: Ints
    who: Ints
    day: Ints
    amount: Floats
    returned: Ints

    @classmethod
    def of(cls, customers: Ints, day: Ints, amount: Floats, returned: Ints) -> Orders:
        ids, who = np.unique(customers, return_inverse=True)
        return cls(ids, who.astype(np.int64), day, amount, returned)


class LooksAhead(ValueError):
    """Features hold something from after the moment of the forecast; nothing may be learned from them."""


@dataclass(frozen=True, slots=True)
class Frame:
    """`values` (n × names, NaN unknown) of customers at the places `who`; `until` is the last day used."""

    names: tuple[str, ...]
    who: Ints
    values: Floats
    until: int

    def joined(self, name: str, column: Floats, until: int) -> Frame:
        """One more column, and the last day that it used."""
        values = np.column_stack([self.values, column])
        return replace(self, names=(*self.names, name), values=values, until=max(self.until, until))

    def taken(self, rows: Ints) -> Frame:
        return replace(self, who=self.who[rows], values=self.values[rows])


@dataclass(frozen=True, slots=True)
class Window:
    """Customers as known at the end of the day `opens`, and who of them did not buy until `closes`."""

    frame: Frame
    lapsed: Flags
    opens: int
    closes: int

    def __post_init__(self) -> None:
        if self.frame.until > self.opens:
            raise LooksAhead(f"features until day {self.frame.until}, forecast from day {self.opens}")


def frame(orders: Orders, until: int) -> Frame:
    """What was known at the end of the day `until` of everybody who had bought by then."""
    counts = (orders.day <= until) & (orders.returned > until)
    who, day = orders.who[counts], orders.day[counts]
    n = len(orders.ids)
    number = np.bincount(who, minlength=n)
    first, last = np.full(n, NEVER), np.full(n, -NEVER)
    np.minimum.at(first, who, day)
    np.maximum.at(last, who, day)
    money = np.bincount(who, weights=orders.amount[counts], minlength=n)
    buyers = np.flatnonzero(number)
    times, spread = number[buyers], (last - first)[buyers]
    columns = [
        until - last[buyers],
        times,
        until - first[buyers],
        np.where(times > 1, spread / np.maximum(times - 1, 1), np.nan),
        money[buyers] / times,
    ]
    used = int(day.max()) if len(day) else until
    return Frame(RAW, buyers, np.column_stack(columns).astype(np.float64), used)


def window(orders: Orders, opens: int, days: int) -> Window:
    """A window of `days` days after the end of the day `opens`."""
    seen, closes = frame(orders, opens), opens + days
    later = (orders.day > opens) & (orders.day <= closes) & (orders.returned > closes)
    came = np.zeros(len(orders.ids), np.bool_)
    came[orders.who[later]] = True
    return Window(seen, ~came[seen.who], opens, closes)


def openings(first: int, until: int, days: int, most: int = 6) -> list[int]:
    """The days on which windows of the past open, the latest first: each is over by `until`.

    Before a window opens, purchases must reach back for a while, else nobody has shown anything yet.
    """
    latest, earliest = until - days, first + max(days // 3, 14)
    if latest < earliest:
        return []
    step = max(7, days // 4, -(-(latest - earliest) // most))
    return list(range(latest, earliest - 1, -step))[:most]
