"""What a message says, in our own words, whichever shop system said it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.utils.translation import gettext as _

from crm.errors import Refusal
from crm.imports.parsing import EXACT
from crm.orders import OrderLine

MOST: Final = Decimal(10) ** 12


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the shop; `agreed` is None where the shop says nothing about mail."""

    number: str = ""
    email: str = ""
    phone: str = ""
    first_name: str = ""
    last_name: str = ""
    country: str = ""
    city: str = ""
    agreed: bool | None = None
    created_at: datetime | None = None
    tags: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.number or self.email or self.phone)


@dataclass(frozen=True, slots=True)
class Sale:
    """An order as it stands now. `refunds` are amounts by the shop's number of each refund."""

    number: str
    bought_at: datetime
    lines: Sequence[OrderLine]
    person: Person
    total: Decimal | None
    status: str = ""
    cancelled_at: datetime | None = None
    refunds: Mapping[str, Decimal] = field(default_factory=dict)
    header: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """`what` is order, refund, customer, gone (deleted in the shop), redact, or "" for nothing to do."""

    what: str
    subject: str = ""
    changed_at: datetime | None = None
    sale: Sale | None = None
    person: Person | None = None
    refunds: Mapping[str, Decimal] = field(default_factory=dict)
    note: str = ""


def text(value: Any, longest: int = 200) -> str:
    return " ".join(str(value).split())[:longest] if isinstance(value, str | int) else ""


def money(value: Any) -> Decimal:
    """A figure with four decimals, in the one form that equal lines of files have."""
    try:
        found = Decimal(str(value if value not in (None, "") else "0"))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or abs(found) >= MOST:
        said = {"text": text(value, 40)}
        raise Refusal(_("The message holds “%(text)s” where an amount should be.") % said)
    return found.quantize(EXACT)


def moment(value: Any, *, utc: bool = False) -> datetime | None:
    """A moment as JSON writes it; `utc` where the shop leaves the zone out."""
    if not isinstance(value, str) or not value:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    if found.tzinfo is None:
        return found.replace(tzinfo=UTC) if utc else None
    return found.astimezone(UTC)


def part(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = data.get(name)
    return found if isinstance(found, Mapping) else {}


def parts(data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = data.get(name)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
