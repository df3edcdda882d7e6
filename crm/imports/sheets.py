"""Orders as a file tells them, put together from its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Final, NamedTuple

MONEY: Final = ("discount", "shipping", "tax", "order_total", "refunded")
ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)


class Line(NamedTuple):
    code: str
    quantity: str
    price: str
    amount: str
    fingerprint: str
    occurrence: int
    row: int = 0  # Which of the rows of the order it stands in: one may hold several.


class Return(NamedTuple):
    key: str
    code: str
    quantity: str
    amount: str
    at: str
    person: str


@dataclass(slots=True)
class Sheet:
    """One order. `whom` is (last seen, key of the person)."""

    key: str
    number: str
    at: str = ""
    whom: tuple[str, str] = ("", "")
    rows: list[int] = field(default_factory=list)
    sales: list[Line] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    header: dict[str, str] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    rate: Decimal = ONE
    own_charged: Decimal | None = None  # In its own currency, where that is not the shop's.

    def add(self, data: list[Any]) -> None:
        """Take one row: [kind, order, person, at, code, quantity, price, amount, header, mark, more]."""
        kind, _order, person, at, code, quantity, price, amount = data[:8]
        if person:
            self.whom = max(self.whom, (at, person))
        if data[8]:
            self._take(data[8])
        if kind == "s":
            more = data[10] if len(data) > 10 else ()
            for article, pieces, each, total in ((code, quantity, price, amount), *more):
                mark = fingerprint(article, pieces, each, total)
                self.seen[mark] += 1
                here = len(self.rows)
                self.sales.append(Line(article, pieces, each, total, mark, self.seen[mark], here))
            self.at = min(self.at or at, at)
            return
        mark = fingerprint(code, quantity, price, amount, at, "r")
        self.seen[mark] += 1
        key = f"{self.number}:{mark}:{self.seen[mark]}" if self.number else self.key
        self.returns.append(Return(key, code, quantity, amount, at, person))

    def _take(self, header: Mapping[str, str]) -> None:
        """Order values may stand on one line or on each; the order of lines does not matter."""
        for name, value in header.items():
            known = self.header.get(name)
            if name[0] == "+":  # Told line by line.
                total = Decimal(self.header.get(name[1:], "0")) + Decimal(value)
                self.header[name[1:]] = str(total)
            elif known is None:
                self.header[name] = value
            elif known != value:
                self.header[name] = max(known, value, key=Decimal) if name in MONEY else max(known, value)
                if name == "status":
                    self.header[name] = min(known, value)  # "cancelled" outweighs "failed" and "refunded".

    @property
    def told(self) -> int:
        """How many rows tell of sales."""
        return count_rows(self.sales)

    @property
    def person(self) -> str:
        return self.whom[1]

    @property
    def charged(self) -> Decimal:
        total = self.header.get("order_total")
        return Decimal(total) if total is not None else sum((Decimal(one.amount) for one in self.sales), ZERO)

    @property
    def cancelled(self) -> bool:
        return bool(self.header.get("status") == "cancelled" or self.header.get("cancelled_at"))

    @property
    def failed(self) -> bool:
        return self.header.get("status") == "failed"

    def settle(self) -> None:
        """A refund that is told for the order as a whole becomes a return of its own."""
        lines = sum((Decimal(one.amount) for one in self.returns), ZERO)
        told = Decimal(self.header.get("refunded", "0"))
        if not told and self.header.get("status") == "refunded":
            told = self.charged - lines
        if told > 0 and self.sales:
            at = self.header.get("refunded_at") or self.header.get("cancelled_at") or self.at
            self.returns.append(Return(f"{self.key}:refund", "", "1.0000", str(told), at, self.person))


def count_rows(lines: Iterable[Line]) -> int:
    return len({line.row for line in lines})


def fingerprint(*parts: str) -> str:
    return blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


def assemble(rows: Iterable[tuple[int, list[Any]]]) -> list[Sheet]:
    """Rows with an order number make orders; every other row is an order of its own."""
    sheets: dict[str, Sheet] = {}
    equal: Counter[str] = Counter()
    for row, data in rows:
        if number := data[1]:
            key = f"order:{number}"
        else:
            equal[data[9]] += 1
            key = f"row:{data[9]}:{equal[data[9]]}"
        sheet = sheets.get(key)
        if sheet is None:
            sheet = sheets[key] = Sheet(key, number)
        sheet.rows.append(row)
        sheet.add(data)
    for sheet in sheets.values():
        if sheet.header:
            sheet.settle()
    return list(sheets.values())
