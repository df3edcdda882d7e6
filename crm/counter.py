"""The counter: who stands there, what they mostly buy, and a sale in one go."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core import signing
from django.core.cache import cache
from django.db import transaction
from django.db.models import Count, F, Q, Value
from django.db.models.functions import Replace
from django.utils.translation import gettext as _

from crm import access, addresses, consent, phones, sales, webhooks
from crm.errors import Refusal
from crm.models import Customer, CustomerQuerySet, Product, Purchase, PurchaseLine, User
from crm.privacy import identities

SHOWN = 6
FAVOURITES = 12
LOOK_BACK = timedelta(days=90)
UNDO = timedelta(minutes=15)
SALT = "crm.counter.sale"


@dataclass(frozen=True, slots=True)
class Found:
    """Who fits what was typed, and who it would be as a new customer ("" when that says too little)."""

    people: list[Customer]
    new: str = ""


def find(user: User, typed: str, *, only: str = "") -> Found:
    """By the last digits of a phone, by name, by address; `only` is a customer chosen before."""
    typed = " ".join(typed.split())[:100]
    if only:
        return Found(list(access.customers(user).filter(public_id=only)[:1]))
    if len(typed) < 2:
        return Found([])
    among = access.customers(user).filter(erased_at=None).defer("custom", "search_text")
    digits = _digits(typed)
    if digits:
        people = list(_known_by(among, digits).order_by("-id")[:SHOWN])
    else:
        people = list(among.search(typed).order_by("-id")[:SHOWN])
    known = any(typed.casefold() in (one.email, one.name.casefold()) for one in people)
    return Found(people, "" if known else _newcomer(typed))


def _digits(typed: str) -> str:
    """The digits of what looks like a phone or its end, else ""."""
    plain = re.sub(r"[\s()/.\-]", "", typed)
    return plain.lstrip("+") if re.fullmatch(r"\+?\d{3,18}", plain) else ""


def _known_by(among: CustomerQuerySet, digits: str) -> CustomerQuerySet:
    """A number typed with its leading zero, its country code or only its end; or a customer number.

    Numbers that an import left as they were written are compared without what divides their digits.
    """
    end = digits.removeprefix("00").lstrip("0") or digits
    plain: Any = F("phone")
    for sign in " -/().":
        plain = Replace(plain, Value(sign))
    return among.alias(plain_phone=plain).filter(Q(plain_phone__endswith=end) | Q(external_id=digits))


def _newcomer(typed: str) -> str:
    """What a new customer would be known by."""
    digits = _digits(typed)
    return typed if not digits or len(digits) >= 6 else ""


def newcomer(user: User, typed: str, *, at: datetime) -> Customer:
    """A customer of a phone, an address or a name; who is known by exactly that is taken instead."""
    values = _who(typed)
    identities.refuse_erased(email=values.get("email", ""), phone=values.get("phone", ""))
    for column in ("phone", "email"):
        if column in values:
            same = access.customers(user).filter(erased_at=None, **{column: values[column]}).order_by("pk")
            if known := same.first():
                return known
    owner = user if user.scope == User.Scope.OWN else None
    person = Customer(**values, source=sales.COUNTER, owner=owner, created_on=at.date()).prepare()
    person.save()
    if person.email:
        consent.recall(person)
    webhooks.emit("customer.created", {"customer": person.public_id})
    return person


def _who(typed: str) -> dict[str, str]:
    typed = " ".join(typed.split())
    if "@" in typed:
        try:
            return {"email": addresses.normalise(typed)}
        except ValueError:
            raise Refusal(_("This is not an e-mail address. Please check it.")) from None
    if _digits(typed):
        return {"phone": _phone(typed)}
    if not typed or not any(sign.isalpha() for sign in typed):
        raise Refusal(_("Type a phone number, a name or an e-mail address."))
    if typed.isascii() or " " in typed:
        first, _blank, last = typed.rpartition(" ")
        return {"first_name": first[:80], "last_name": last[:80]} if first else {"first_name": last[:80]}
    return {"last_name": typed[:1], "first_name": typed[1:80]} if len(typed) > 1 else {"last_name": typed}


def _phone(typed: str) -> str:
    try:
        number = phones.normalise(typed, "" if typed.startswith("+") else home_country())
    except ValueError:
        if typed.startswith("+"):
            raise Refusal(_("This phone number does not exist. Please check it.")) from None
        number = typed
    return number if number.startswith("+") else re.sub(r"\D", "", number)


def home_country() -> str:
    """Where most customers live; a number without a country code is read as one of there."""

    def most() -> str:
        known = Customer.objects.exclude(country="").values_list("country").annotate(n=Count("pk"))
        return next((country for country, _n in known.order_by("-n")[:1]), "")

    return str(cache.get_or_set("home-country", most, 3600) or "")


def favourites(at: datetime) -> list[Product]:
    """What was sold most often lately; remembered for ten minutes."""

    def keys() -> list[int]:
        lines = PurchaseLine.objects.filter(
            purchase__bought_at__gte=at - LOOK_BACK, product__isnull=False, product__price__isnull=False
        )
        counted = lines.values_list("product").annotate(n=Count("pk")).order_by("-n", "product")
        return [pk for pk, _n in counted[:FAVOURITES]]

    order = cache.get_or_set("favourite-products", keys, 600) or []
    found = Product.objects.in_bulk(order)
    return [found[pk] for pk in order if pk in found]


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys: somebody known, somebody new, or (both empty) a passer-by."""

    customer: Customer | None = None
    new: str = ""


@transaction.atomic
def sell(  # noqa: PLR0913 - what a sale consists of.
    user: User,
    buyer: Buyer,
    lines: Sequence[sales.Line],
    *,
    key: str,
    at: datetime,
    currency: str,
    discount: Decimal,
) -> tuple[Purchase, bool]:
    """Write the sale down, with its new customer; also whether it is new. The same key twice is one."""
    if known := sales.sold_before(key):
        return known, False
    person = newcomer(user, buyer.new, at=at) if buyer.new else buyer.customer
    sale = sales.sell(person, lines, key=key, at=at, currency=currency, discount=discount)
    if sale.customer_id != (person.pk if person else None):  # The same form at the same moment was faster.
        transaction.set_rollback(True)
        return sale, False
    return sale, True


def receipt(user: User, sale: Purchase) -> str:
    """Proves for some minutes that this member of staff typed this sale."""
    return signing.dumps([sale.pk, user.pk], salt=SALT)


def of_receipt(user: User, token: str) -> Purchase | None:
    """The sale of a receipt that is not too old."""
    try:
        pk, by = signing.loads(token, salt=SALT, max_age=UNDO)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Purchase.objects.select_related("customer").filter(pk=pk).first() if by == user.pk else None
