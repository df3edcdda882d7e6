"""Orders of a file beside those that are stored: each is reconciled as a whole, in bulk and repeatably."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from crm import bulk
from crm.imports import people, products
from crm.imports.exchange import Exchange
from crm.imports.kinds import Outcome, Plan
from crm.imports.sheets import ZERO, Sheet, assemble, count_rows
from crm.models import ImportProblem, Purchase, PurchaseLine, Refund
from crm.models.purchase import LARGEST

TEXTS: Final = ("currency", "channel", "coupon")
AMOUNTS: Final = ("discount", "shipping", "tax")
BY_HAND: Final = "till:"


def merge(rows: Sequence[tuple[int, list[Any]]], plan: Plan) -> Outcome:
    """Bring these whole orders into the tables; the counts say what became of each row."""
    sheets = assemble(rows)
    work = Work(sheets, plan)
    for sheet in sheets:
        if reason := work.left_out(sheet):
            work.problems += [(number, "skipped", reason) for number in sheet.rows]
        else:
            work.take(sheet)
    work.write()
    return Outcome(work.counts(), work.problems)


@dataclass(slots=True)
class Stored:
    """What the tables hold about the orders of one bucket."""

    purchases: dict[str, Purchase] = field(default_factory=dict)
    lines: dict[int, dict[tuple[str, int], int]] = field(default_factory=lambda: defaultdict(dict))
    refunds: dict[str, dict[str, Refund]] = field(default_factory=lambda: defaultdict(dict))  # By order key.

    @classmethod
    def of(cls, sheets: Iterable[Sheet]) -> Stored:
        stored = cls()
        numbers = {sheet.number: sheet.key for sheet in sheets if sheet.number}
        keys = [sheet.key for sheet in sheets]
        stored.purchases = {one.key: one for one in Purchase.objects.filter(key__in=keys)}
        owners = {one.pk: one.key for one in stored.purchases.values()}
        if owners:
            lines = PurchaseLine.objects.filter(purchase__in=list(owners))
            for pk, owner, mark, nth in lines.values_list("pk", "purchase_id", "fingerprint", "occurrence"):
                stored.lines[owner][mark, nth] = pk
            for refund in Refund.objects.filter(purchase__in=list(owners)):
                stored.refunds[owners[refund.purchase_id or 0]][refund.key] = refund
        for refund in Refund.objects.filter(number__in=list(numbers)) if numbers else ():
            stored.refunds[numbers[refund.number]][refund.key] = refund
        alone = [key for key in keys if key.startswith("row:")]
        for refund in Refund.objects.filter(key__in=alone) if alone else ():
            stored.refunds[refund.key][refund.key] = refund
        return stored


class Work:
    """The writes of one bucket, gathered order by order."""

    def __init__(self, sheets: Sequence[Sheet], plan: Plan) -> None:
        self.plan = plan
        self.stored = Stored.of(sheets)
        exchange = Exchange(plan)
        for sheet in sheets:
            exchange.bring_home(sheet, self.stored.purchases.get(sheet.key))
        keys = {sheet.person for sheet in sheets} | {one.person for sheet in sheets for one in sheet.returns}
        self.people = people.find(keys - {""})
        codes = {line.code for sheet in sheets for line in sheet.sales}
        codes |= {one.code for sheet in sheets for one in sheet.returns}
        self.products = products.find(codes - {""})
        fresh = sum(1 for one in sheets if one.sales and one.key not in self.stored.purchases)
        self.numbers = iter(bulk.reserve(Purchase, fresh) if fresh else [])
        self.rows: Counter[str] = Counter(created=0, updated=0, unchanged=0)
        self.facts: Counter[str] = Counter(orders=0, cancelled_orders=0)
        self.money = dict.fromkeys(("charged", "charged_known", "refunded", "refunded_known"), ZERO)
        self.new_purchases: list[dict[str, Any]] = []
        self.changed: list[Purchase] = []
        self.new_lines: list[list[Any]] = []
        self.gone_lines: list[int] = []
        self.new_refunds: list[dict[str, Any]] = []
        self.changed_refunds: list[Refund] = []
        self.gone_refunds: list[int] = []
        self.problems: list[tuple[int, str, str]] = []
        self.mode = str(plan.options.get("mode") or "both")

    def left_out(self, sheet: Sheet) -> str:
        """Why the whole order is left out, "" when it is not."""
        if sheet.failed:
            return "payment_failed"
        if sheet.charged >= LARGEST or any(Decimal(one.amount) >= LARGEST for one in sheet.returns):
            return "too_large"
        known = sheet.key in self.stored.purchases or bool(self.stored.refunds.get(sheet.key))
        if self.mode == "create" and known:
            return "known_already"
        return "not_known" if self.mode == "update" and not known else ""

    def take(self, sheet: Sheet) -> None:
        purchase = self.stored.purchases.get(sheet.key)
        customer = self.people.get(sheet.person) if sheet.person else None
        self._count(sheet, customer)
        if sheet.sales and purchase is None:
            number = self._create(sheet, customer)
            self._refunds(sheet, number, customer)
            return
        touched = self._refunds(sheet, purchase.pk if purchase else None, customer)
        if purchase is not None:
            touched = self._update(sheet, purchase, customer) or touched
        if touched and sheet.sales and not self._lines_differ(sheet, purchase):
            self.rows["unchanged"] -= sheet.told
            self.rows["updated"] += sheet.told

    def _count(self, sheet: Sheet, customer: int | None) -> None:
        if sheet.sales:
            self.facts["orders"] += 1
            self.money["charged"] += sheet.charged
            self.money["charged_known"] += sheet.charged if customer else ZERO
        for one in sheet.returns:
            known = customer or self.people.get(one.person)
            self.money["refunded"] += Decimal(one.amount)
            self.money["refunded_known"] += Decimal(one.amount) if known else ZERO
        self.facts["cancelled_orders"] += sheet.cancelled or bool(sheet.number and not sheet.sales)

    def _create(self, sheet: Sheet, customer: int | None) -> int:
        number = next(self.numbers)
        header = sheet.header
        self.new_purchases.append(
            {
                "id": number,
                "key": sheet.key,
                "number": sheet.number,
                "customer_id": customer,
                "bought_at": sheet.at,
                "charged": str(sheet.charged),
                "own_charged": None if sheet.own_charged is None else str(sheet.own_charged),
                "rate": str(sheet.rate),
                "refunded": str(sum((Decimal(one.amount) for one in self._linked(sheet)), ZERO)),
                **{name: header.get(name, "0") for name in AMOUNTS},
                **{name: header.get(name, "") for name in TEXTS},
                "status": Purchase.Status.CANCELLED.value
                if sheet.cancelled
                else Purchase.Status.COMPLETED.value,
            }
        )
        self._add_lines(sheet, number, {})
        self.rows["created"] += sheet.told
        return number

    def _linked(self, sheet: Sheet) -> list[Any]:
        """The refunds that the purchase will carry: the file's, else those stored; by hand always."""
        stored = list(self.stored.refunds.get(sheet.key, {}).values())
        if not sheet.returns:
            return stored
        told = {one.key for one in sheet.returns}
        kept = [one for one in stored if one.key.startswith(BY_HAND) or sheet.key in self.broken]
        return [*sheet.returns, *(one for one in kept if one.key not in told)]

    def _add_lines(self, sheet: Sheet, number: int, stored: dict[tuple[str, int], int]) -> int:
        fresh = [line for line in sheet.sales if (line.fingerprint, line.occurrence) not in stored]
        self.new_lines += [
            [
                number,
                self.products.get(line.code),
                line.quantity,
                line.price,
                line.amount,
                line.fingerprint,
                line.occurrence,
            ]
            for line in fresh
        ]
        return count_rows(fresh)

    def _lines_differ(self, sheet: Sheet, purchase: Purchase | None) -> bool:
        stored = self.stored.lines.get(purchase.pk, {}) if purchase else {}
        return {(line.fingerprint, line.occurrence) for line in sheet.sales} != set(stored)

    def _update(self, sheet: Sheet, purchase: Purchase, customer: int | None) -> bool:
        """Lines of the file replace those stored; True when the order itself changed."""
        stored = self.stored.lines.get(purchase.pk, {})
        if sheet.sales:
            fresh = self._add_lines(sheet, purchase.pk, stored)
            told = {(line.fingerprint, line.occurrence) for line in sheet.sales}
            gone = [] if sheet.key in self.broken else [pk for mark, pk in stored.items() if mark not in told]
            self.gone_lines += gone
            replaced = min(fresh, len(gone))
            self.rows["updated"] += replaced
            self.rows["created"] += fresh - replaced
            self.rows["unchanged"] += sheet.told - fresh
        wanted = self._wanted(sheet, customer)
        if all(getattr(purchase, name) == value for name, value in wanted.items()):
            return False
        for name, value in wanted.items():
            setattr(purchase, name, value)
        self.changed.append(purchase)
        return True

    def _wanted(self, sheet: Sheet, customer: int | None) -> dict[str, Any]:
        wanted: dict[str, Any] = {"refunded": sum((Decimal(one.amount) for one in self._linked(sheet)), ZERO)}
        if sheet.sales:
            wanted |= {"bought_at": _moment(sheet.at)}
            if sheet.key not in self.broken:
                wanted |= {"charged": sheet.charged, "own_charged": sheet.own_charged, "rate": sheet.rate}
            wanted |= {name: sheet.header[name] for name in TEXTS if name in sheet.header}
            wanted |= {name: Decimal(sheet.header[name]) for name in AMOUNTS if name in sheet.header}
        if customer:
            wanted["customer_id"] = customer
        if sheet.cancelled:
            wanted["status"] = Purchase.Status.CANCELLED.value
        return wanted

    def _refunds(self, sheet: Sheet, purchase: int | None, customer: int | None) -> bool:
        """Returns of the file replace those stored; True when something changed."""
        stored = self.stored.refunds.get(sheet.key, {})
        if not sheet.returns:
            for refund in stored.values():
                self._link(refund, purchase)
            return False
        told = {one.key for one in sheet.returns}
        gone = (
            [one for key, one in stored.items() if key not in told and not key.startswith(BY_HAND)]
            if sheet.key not in self.broken
            else []
        )
        self.gone_refunds += [one.pk for one in gone]
        fresh = 0
        for one in sheet.returns:
            own = customer or self.people.get(one.person)
            known = stored.get(one.key)
            row = not one.key.endswith(":refund")
            if known is None:
                self._add_refund(sheet, one, purchase, own)
                fresh += row
            else:
                self.rows["unchanged"] += row
                self._link(known, purchase)
                self._same_refund(known, one, own)
        replaced = min(fresh, len(gone))
        self.rows["updated"] += replaced
        self.rows["created"] += fresh - replaced
        return bool(gone or fresh)

    def _add_refund(self, sheet: Sheet, one: Any, purchase: int | None, customer: int | None) -> None:
        self.new_refunds.append(
            {
                "key": one.key,
                "number": sheet.number,
                "customer_id": customer,
                "purchase_id": purchase,
                "product_id": self.products.get(one.code),
                "quantity": one.quantity,
                "amount": one.amount,
                "refunded_at": one.at,
            }
        )

    def _link(self, refund: Refund, purchase: int | None) -> None:
        if purchase and refund.purchase_id is None:
            refund.purchase_id = purchase
            self.changed_refunds.append(refund)

    def _same_refund(self, refund: Refund, one: Any, customer: int | None) -> None:
        amount, at = Decimal(one.amount), _moment(one.at)
        owner = customer or refund.customer_id
        if (refund.amount, refund.refunded_at, refund.customer_id) != (amount, at, owner):
            refund.amount, refund.refunded_at, refund.customer_id = amount, at, owner
            self.changed_refunds.append(refund)

    @cached_property
    def broken(self) -> set[str]:
        """Orders of which some row was not understood: their stored lines are kept for now."""
        column = next((name for name, field in self.plan.batch.mapping.items() if field == "order"), "")
        if not column or not self.plan.batch.counts.get("rejected"):
            return set()
        place = self.plan.findings["columns"].index(column)
        floats = self.plan.findings["studies"][place]["whole_floats"]
        rejected = ImportProblem.objects.filter(batch=self.plan.batch, verdict="rejected")
        cells = (row[place].strip() for row in rejected.values_list("cells", flat=True) if len(row) > place)
        return {f"order:{cell.split('.')[0] if floats else cell}" for cell in cells if cell}

    def write(self) -> None:
        self._keep()
        PurchaseLine.objects.filter(pk__in=self.gone_lines).delete()
        Refund.objects.filter(pk__in=self.gone_refunds).delete()
        bulk.write_full(Purchase, self.new_purchases)
        columns = [
            "id",
            "purchase_id",
            "product_id",
            "quantity",
            "price",
            "amount",
            "fingerprint",
            "occurrence",
        ]
        lines = bulk.reserve(PurchaseLine, len(self.new_lines)) if self.new_lines else []
        bulk.write(PurchaseLine, columns, ([n, *one] for n, one in zip(lines, self.new_lines, strict=True)))
        refunds = bulk.reserve(Refund, len(self.new_refunds)) if self.new_refunds else []
        bulk.write_full(Refund, [{"id": n, **one} for n, one in zip(refunds, self.new_refunds, strict=True)])
        names = ["refunded", "bought_at", "charged", "own_charged", "rate", "customer", "status"]
        names += [*TEXTS, *AMOUNTS]
        bulk.rewrite(self.changed, names)
        fields = ["purchase", "customer", "amount", "refunded_at"]
        Refund.objects.bulk_update(set(self.changed_refunds), fields, batch_size=200)
        self.plan.made(Purchase, [one["id"] for one in self.new_purchases])
        self.plan.made(PurchaseLine, lines)
        self.plan.made(Refund, refunds)

    def _keep(self) -> None:
        """Tell the journal what will change."""
        self.plan.keep(PurchaseLine, self.gone_lines)
        self.plan.keep(Refund, [*self.gone_refunds, *(one.pk for one in self.changed_refunds)])
        self.plan.keep(Purchase, [one.pk for one in self.changed])

    def counts(self) -> dict[str, Any]:
        return {**self.rows, "skipped": len(self.problems), **self.facts, **self.money}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")
