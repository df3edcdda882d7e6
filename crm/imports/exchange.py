"""Sales in other currencies: each keeps its own amount, and the rate that brings it into the shop's."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.utils.translation import gettext as _

from crm import journal
from crm.errors import Refusal
from crm.imports.kinds import Plan
from crm.imports.parsing import EXACT
from crm.imports.sheets import MONEY, Sheet
from crm.models import Business, ImportBatch, Purchase, Rate

ONE: Final = Decimal(1)
COUNTED: Final = ("purchases", "subscriptions")  # The kinds that bring money.
MOST: Final = Decimal(10) ** 8


class Exchange:
    """The rates of one run: those told for this file first, then those of the table by day."""

    def __init__(self, plan: Plan) -> None:
        self.home = plan.currency
        self.told = told(plan.options)
        self.days: dict[str, list[str]] = defaultdict(list)
        self.rates: dict[str, list[Decimal]] = defaultdict(list)
        for one in Rate.objects.order_by("valid_from"):
            self.days[one.currency].append(one.valid_from.isoformat())
            self.rates[one.currency].append(one.rate)

    def knows(self, currency: str) -> bool:
        return currency in {"", self.home} or currency in self.told or currency in self.days

    def rate(self, currency: str, at: str) -> Decimal:
        """What one unit was worth that day; before the first known day, what it was worth then."""
        if currency in {"", self.home}:
            return ONE
        if currency in self.told:
            return self.told[currency]
        place = bisect_right(self.days[currency], at[:10])
        return self.rates[currency][max(0, place - 1)]

    def bring_home(self, sheet: Sheet, stored: Purchase | None) -> None:
        """The order's amounts in the shop's currency. A sale that is stored keeps its rate."""
        currency = sheet.header.get("currency", "")
        if currency in {"", self.home}:
            return
        if said := sheet.header.get("rate"):
            rate = Decimal(said)
        elif stored is not None and stored.currency == currency and stored.own_charged is not None:
            rate = stored.rate
        else:
            rate = self.rate(currency, sheet.at or sheet.returns[0].at)
        sheet.own_charged, sheet.rate = sheet.charged, rate
        sheet.sales = [
            one._replace(price=_times(one.price, rate), amount=_times(one.amount, rate))
            for one in sheet.sales
        ]
        sheet.returns = [one._replace(amount=_times(one.amount, rate)) for one in sheet.returns]
        sheet.header |= {name: _times(sheet.header[name], rate) for name in MONEY if name in sheet.header}


def _times(amount: str, rate: Decimal) -> str:
    return str((Decimal(amount) * rate).quantize(EXACT))


def told(options: Mapping[str, Any]) -> dict[str, Decimal]:
    """The rates that a person gave for this file; refuses what is no rate."""
    found = {}
    for currency, text in (options.get("rates") or {}).items():
        try:
            rate = Decimal(str(text).strip().replace(",", "."))
        except InvalidOperation as error:
            raise Refusal(
                _("“%(text)s” is no exchange rate. Please write it like 1.0825.") % {"text": text}
            ) from error
        if not 0 < rate < MOST:
            raise Refusal(_("An exchange rate must be above zero. Please check the one of %s.") % currency)
        found[currency.upper()] = rate
    return found


def currencies(batch: ImportBatch) -> list[str]:
    """The currencies that the file's own column names."""
    named = _values(batch, "currency")
    standard = str((batch.options.get("defaults") or {}).get("currency", "")).upper()
    return sorted({*named, *([standard] if standard else [])})


def _values(batch: ImportBatch, field: str) -> set[str]:
    column = next((name for name, meant in batch.mapping.items() if meant == field), None)
    if column not in batch.findings["columns"]:
        return set()
    study = batch.findings["studies"][batch.findings["columns"].index(column)]
    return {value[:3].upper() for value in study.get("few", []) if value}


def adoptable(batch: ImportBatch, business: Business) -> str:
    """The file's one currency, where the shop has no sales yet and never chose a currency; else ""."""
    untouched = business.currency == Business._meta.get_field("currency").default
    found = (_values(batch, "converted_currency") or set(currencies(batch))) - {""}
    if not untouched or len(found) != 1 or Purchase.objects.exists() or told(batch.options):
        return ""
    (currency,) = found
    return currency if currency != business.currency and currency.isalpha() and len(currency) == 3 else ""


def adopt(batch: ImportBatch) -> None:
    """A shop that only begins counts in the currency of its first file."""
    business = Business.current()
    if batch.kind in COUNTED and (currency := adoptable(batch, business)):
        book = journal.of_import(batch)
        journal.keep(book, Business, [business.pk])
        Business.objects.filter(pk=business.pk).update(currency=currency)
        journal.settle(book)


def missing(batch: ImportBatch) -> list[str]:
    """The currencies for which a rate must be asked."""
    if batch.kind not in COUNTED:
        return []
    business = Business.current()
    home = adoptable(batch, business) or business.currency
    known = {home, *told(batch.options), *Rate.objects.values_list("currency", flat=True).distinct()}
    if home in _values(batch, "converted_currency"):
        return []  # The file brings the rates itself.
    return [one for one in currencies(batch) if one not in known]


def missing_rates(batch: ImportBatch) -> list[str]:
    """The same, without minding a rate that was mistyped."""
    try:
        return missing(batch)
    except Refusal:
        return currencies(batch)


def check(batch: ImportBatch) -> None:
    """Refuse to add up currencies without knowing what they are worth."""
    if wanted := missing(batch):
        raise NoRate(wanted, Business.current().currency)


class NoRate(Refusal):
    """Asks what other currencies are worth."""

    option = "--rate CURRENCY=RATE"

    def __init__(self, wanted: Iterable[str], home: str) -> None:
        self.wanted = list(wanted)
        super().__init__(
            _(
                "This file is in %(wanted)s and the shop counts in %(home)s. "
                "What is 1 %(first)s worth in %(home)s?"
            )
            % {"wanted": ", ".join(self.wanted), "home": home, "first": self.wanted[0]}
        )
