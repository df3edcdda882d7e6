"""The kind "purchases": rows are lines of orders or whole purchases; sales, refunds and cancellations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.errors import Refusal
from crm.imports import describing, fields, items, orders, particulars, people, presets, products, statuses
from crm.imports.exchange import Exchange
from crm.imports.kinds import Fact, Outcome, Plan, Reject, Skip, Staged
from crm.imports.parsing import EXACT
from crm.models.purchase import LARGEST

HEADER: Final = [
    "discount",
    "shipping",
    "tax",
    "order_total",
    "refunded",
    "currency",
    "channel",
    "coupon",
    "status",
    "cancelled_at",
    "refunded_at",
    "rate",
]
MONEY: Final = {"discount", "shipping", "tax", "order_total", "refunded", "rate"}
SUMMED: Final = {"line_discount": "discount", "tax_of_line": "tax"}
TOTALS: Final = frozenset(["total", "totals", "sum", "合计", "总计"])
CHANGING: Final = frozenset(["status", "refunded", "cancelled_at", "refunded_at", "rate"])
LONGEST_ORDER: Final = 80
ZERO: Final = Decimal(0)
ONE: Final = "1.0000"


class PurchasesLoader:
    label = gettext_lazy("Purchases")
    fields = fields.PURCHASE_FIELDS

    def check(self, plan: Plan) -> None:
        if "bought_at" not in plan.mapped:
            raise Refusal(_("Which column says when it was bought? Choose one for “Bought at” (bought_at)."))
        if not plan.mapped & {"price", "amount", "order_total", "items"}:
            raise Refusal(_("Which column holds the money? Choose one for price, amount or order total."))

    def session(self, plan: Plan) -> PurchasesSession:
        return PurchasesSession(plan)


class PurchasesSession:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.priced = "price" in plan.mapped
        self.settles = bool(particulars.NEEDS & plan.mapped)
        self.header = [name for name in HEADER if name in plan.mapped]
        if "items" in plan.mapped and "order_total" not in self.header:
            self.header.append("order_total")  # What was paid for all of them.
        if "all_back" in plan.mapped and "status" not in self.header:
            self.header.append("status")
        if "converted_amount" in plan.mapped:
            self.header.append("rate")
        if {"partial_refunds", "disputed"} & plan.mapped and "refunded" not in self.header:
            self.header.append("refunded")
        self.summed = {name: f"+{SUMMED[name]}" for name in SUMMED if name in plan.mapped}
        if "discount" in plan.mapped:
            self.summed.pop("line_discount", None)
        self.exchange = Exchange(plan)
        self.key_order = people.key_order(plan.options)
        personal = {*people.ATTRIBUTES, "name"}
        self.about = sorted(one for one in plan.mapped if one in personal or one.startswith(people.OWN))
        self.describes = bool(self.about)
        self.descriptions: dict[tuple[str, ...], tuple[tuple[str, Any], ...]] = {}
        # Files of well-known programs and shops that are connected call orders open that are sold.
        self.waiting_sells = bool(plan.options.get("waiting_sells") or presets.of(plan.options))
        self.letter_cancels = bool(plan.findings.get("order_letters"))
        self.moments: dict[datetime, tuple[str, str]] = {}

    def judge(self, row: dict[str, Any]) -> Staged:
        if self.settles:
            particulars.settle(row, self.plan)
        if (at := row.get("bought_at")) is None:
            if row.get("order", "").casefold() in TOTALS:
                raise Skip("totals", "order")
            raise Reject("missing", "bought_at")
        order = row.get("order", "")
        status = statuses.word(str(row.get("status", "")), waiting_sells=self.waiting_sells)
        if status == "failed" and not (order and self.priced):
            raise Skip("payment_failed", "status")  # Else the order's other lines must be left out as well.
        if len(order) > LONGEST_ORDER:
            raise Reject("too_long", "order")
        dated, day = self._dated(at)
        person = people.key_of(row, self.key_order)
        others = self._unpack(row) if "items" in row else []
        code = (row.get("sku") or row.get("product", ""))[: products.LONGEST_SKU]
        sale, quantity, price, amount = self._value(row, order)
        if abs(amount) >= LARGEST:
            raise Reject("too_large", "amount")
        header = self._header(row, status, sale=sale) if self.header or self.summed else None
        data = [
            "s" if sale else "r",
            order,
            person,
            dated,
            code,
            str(abs(quantity)),
            str(abs(price)),
            str(abs(amount)),
            header,
        ]
        if others:
            data += ["", [[one.code, str(one.quantity), _each(one), str(one.amount)] for one in others]]
        if not order:
            data[9:10] = [_hash(data)]
        since = str(row.get("created_on") or day)
        facts = self._facts(row, (person, code), dated, since)
        goods = tuple(_described(one, dated) for one in others if one.code)
        return Staged(order or data[9], data, facts + goods)

    def _unpack(self, row: dict[str, Any]) -> list[items.Line]:
        """Let the row be about the first of its items; returns the others. What goes back is one sum."""
        found, total = row.pop("items"), row.get("amount", row.get("order_total"))
        if total is not None and total < 0:
            row.setdefault("product", found[0].name if len(found) == 1 else "")
            return []
        lines = items.lines(found, total)
        if not lines:
            raise Reject("missing", "amount" if "amount" in self.plan.mapped else "order_total")
        first, *others = lines
        if any(one.amount >= LARGEST or len(one.code) > products.LONGEST_SKU for one in lines):
            raise Reject("too_large" if any(one.amount >= LARGEST for one in lines) else "too_long", "items")
        row |= {"product": first.name, "sku": first.code, "quantity": first.quantity, "amount": first.amount}
        if first.price is not None:
            row["price"] = first.price
        if total is not None:
            row["order_total"] = total
        return others

    def _value(self, row: dict[str, Any], order: str) -> tuple[bool, Decimal, Decimal, Decimal]:
        """(is it a sale, quantity, price, amount) of the row's own line."""
        quantity = row.get("quantity")
        price, amount = row.get("price"), row.get("amount")
        if price is None and amount is None and "order_total" in row and not self.priced:
            amount = row["order_total"]
        if price is None and amount is None:
            raise Reject("missing", "price" if self.priced else "amount")
        pieces = Decimal(ONE) if quantity is None else quantity
        cancels = self.letter_cancels and order[:1] == "C" and order[1:].isdigit()
        if price is None:  # The row is a purchase of its own: it counts even at zero.
            assert amount is not None
            each = (amount / pieces).quantize(EXACT) if pieces else amount
            return amount >= 0 and pieces >= 0 and not cancels, pieces, each, amount
        total = (pieces * price).quantize(EXACT) if amount is None else amount
        if amount is None and (less := row.get("line_discount")) and 0 < abs(less) <= total:
            total -= abs(less)
        if (not price or not pieces) and "order_total" in row and order:
            return True, pieces, price, ZERO  # A gift: the row tells what the whole order cost.
        if not price or not pieces:
            raise Skip("no_value", "quantity" if price else "price")
        if price < 0 and pieces < 0:
            raise Reject("unclear_sign", "price")
        return price > 0 and pieces > 0 and total >= 0 and not cancels, pieces, price, total

    def _header(self, row: dict[str, Any], status: str, *, sale: bool) -> dict[str, str] | None:
        """What the row says about the whole order."""
        found = {sign: str(abs(row[name])) for name, sign in self.summed.items() if name in row}
        for name in self.header:
            if name in row and (sale or name not in {"order_total", "refunded"}):
                value = row[name]
                if name in {"cancelled_at", "refunded_at"}:
                    found[name] = self._dated(value)[0]
                elif name == "status":
                    found |= {"status": status} if status else {}
                else:
                    found[name] = str(abs(value)) if name in MONEY else value[:60]
        if "currency" in found:
            found["currency"] = found["currency"][:3].upper()
            if not self.exchange.knows(found["currency"]) and "rate" not in found:
                raise Reject("no_rate", "currency")
        return found or None

    def _facts(self, row: dict[str, Any], keys: tuple[str, str], dated: str, since: str) -> tuple[Fact, ...]:
        """What the row says about its person and its product."""
        facts = []
        person, code = keys
        if person:
            values = self._described(row) if self.describes else people.EMPTY
            facts.append(Fact(people.kind_of(person), person, dated, (*values, ("-created_on", since))))
        if code:
            said = []
            if name := row.get("product"):
                said.append(("name", name[: products.LONGEST_NAME]))
            if category := row.get("category"):
                said.append(("category", category[: products.LONGEST_CATEGORY]))
            if (price := row.get("price")) and price > 0:
                said.append(("price", str(price)))
            facts.append(Fact(products.KIND, code, dated, tuple(said)))
        return tuple(facts)

    def _described(self, row: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
        """What the row says about the person; rows of one order mostly say the same."""
        said = tuple(str(row.get(name)) for name in self.about)
        if (found := self.descriptions.get(said)) is None:
            if len(self.descriptions) > 20_000:
                self.descriptions.clear()
            found = self.descriptions[said] = people.values_of(row)
        return found

    def _dated(self, at: datetime) -> tuple[str, str]:
        """A moment as the database writes it in UTC, and its day in the shop."""
        if (found := self.moments.get(at)) is None:
            if len(self.moments) > 50_000:
                self.moments.clear()
            found = str(at.replace(tzinfo=None)), str(at.astimezone(self.plan.zone).date())
            self.moments[at] = found
        return found

    def describe(self, kind: int, facts: dict[str, dict[str, tuple[str, Any]]]) -> dict[str, Any]:
        return describing.describe(kind, facts, self.plan)

    def merge(self, rows: Sequence[tuple[int, Any]]) -> Outcome:
        return orders.merge(rows, self.plan)

    def finish(self) -> dict[str, Any]:
        return {}


def _each(line: items.Line) -> str:
    """The price of one piece, as far as it is known."""
    price = line.price if line.price is not None else line.amount / (line.quantity or 1)
    return str(price.quantize(EXACT))


def _described(line: items.Line, dated: str) -> Fact:
    said = [("name", line.name[: products.LONGEST_NAME])] if line.name else []
    said += [("price", str(line.price))] if line.price else []
    return Fact(products.KIND, line.code, dated, tuple(said))


def _hash(data: list[Any]) -> str:
    """What makes two rows without order number the same sale; what may change later is left out."""
    header = data[8] or {}
    fixed = sorted(name for name in header if name not in CHANGING)
    parts = [*data[:8], *(f"{name}={header[name]}" for name in fixed)]
    parts += [text for one in data[10:11] for line in one for text in line]
    return blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()
