"""Households and companies: who belongs together, what they are worth together, and who might."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Lower, StrIndex, Substr
from django.utils.translation import gettext as _

from crm import access
from crm.errors import Refusal
from crm.figures import Figures, figures_of
from crm.listing import filters
from crm.models import Customer, CustomerQuerySet, CustomField, Group, GroupMember, GroupRefusal, User

Kind = Group.Kind
MOST_MEMBERS = 200
SUGGESTED = 30
# Addresses there say nothing about where somebody works.
FREE_MAILERS = frozenset(
    {
        "126.com", "139.com", "163.com", "189.cn", "aliyun.com", "aol.com", "att.net",
        "bigpond.com", "btinternet.com", "comcast.net", "daum.net", "example.com", "example.net",
        "example.org", "fastmail.com", "foxmail.com", "free.fr", "freenet.de", "gmail.com",
        "gmx.at", "gmx.ch", "gmx.de", "gmx.net", "googlemail.com", "hanmail.net", "hey.com",
        "hotmail.co.uk", "hotmail.com", "hotmail.de", "hotmail.fr", "icloud.com", "interia.pl",
        "laposte.net", "libero.it", "live.com", "mac.com", "mail.com", "mail.ru", "me.com",
        "msn.com", "naver.com", "o2.pl", "orange.fr", "outlook.com", "outlook.de", "pm.me",
        "proton.me", "protonmail.com", "qq.com", "rediffmail.com", "sbcglobal.net", "seznam.cz",
        "sina.cn", "sina.com", "sky.com", "sohu.com", "t-online.de", "tin.it", "tutanota.com",
        "uol.com.br", "verizon.net", "vip.qq.com", "virgilio.it", "wanadoo.fr", "web.de", "wp.pl",
        "yahoo.co.jp", "yahoo.co.uk", "yahoo.com", "yahoo.de", "yahoo.fr", "yandex.com",
        "yandex.ru", "yeah.net", "ymail.com", "zoho.com",
    }
)  # fmt: skip
ADDRESS_WORDS = ("address", "street", "adresse", "strasse", "地址", "街")


def visible(user: access.Person) -> QuerySet[Group]:
    """All of them; for who sees only their own customers those with one of these in."""
    everything = Group.objects.all()
    if not isinstance(user, User):
        return everything.none()
    if user.scope != User.Scope.OWN:
        return everything
    theirs = GroupMember.objects.filter(group=OuterRef("pk"), customer__owner=user)
    return everything.filter(Exists(theirs))


def members(user: access.Person, group: Group) -> list[GroupMember]:
    """Those members whom this member of staff may see, the main contact first."""
    seen = access.visible(user, group.members.select_related("customer"))
    return list(seen.order_by("-is_main", "pk")[:MOST_MEMBERS])


@dataclass(frozen=True, slots=True)
class Worth:
    """What some customers bought together."""

    orders: int = 0
    revenue: Decimal = Decimal(0)
    first_at: datetime | None = None
    last_at: datetime | None = None

    @property
    def average_order(self) -> Decimal | None:
        return self.revenue / self.orders if self.orders else None


def worth(figures: Sequence[Figures]) -> Worth:
    first = [one.first_at for one in figures if one.first_at]
    last = [one.last_at for one in figures if one.last_at]
    return Worth(
        sum(one.orders for one in figures),
        sum((one.revenue for one in figures), Decimal(0)),
        min(first, default=None),
        max(last, default=None),
    )


def worth_of(groups: Sequence[Group], user: access.Person) -> dict[int, tuple[int, Worth]]:
    """{group: (members, their worth)} for one page of groups, in three queries."""
    seen = access.visible(user, GroupMember.objects.filter(group__in=groups))
    pairs = list(seen.values_list("group_id", "customer_id"))
    figures = figures_of({customer for _group, customer in pairs})
    found: dict[int, list[Figures]] = {one.pk: [] for one in groups}
    for group, customer in pairs:
        found[group].append(figures[customer])
    return {pk: (len(rows), worth(rows)) for pk, rows in found.items()}


def join(group: Group, customer: Customer, *, role: str = "") -> GroupMember:
    """Put somebody in; the first one becomes the main contact."""
    with transaction.atomic():
        Group.objects.select_for_update().get(pk=group.pk)
        first = not group.members.exists()
        values = {"role": role, "is_main": first}
        return GroupMember.objects.get_or_create(group=group, customer=customer, defaults=values)[0]


def make_main(member: GroupMember) -> None:
    """Only one is the main contact."""
    with transaction.atomic():
        Group.objects.select_for_update().get(pk=member.group_id)
        GroupMember.objects.filter(group=member.group_id, is_main=True).update(is_main=False)
        GroupMember.objects.filter(pk=member.pk).update(is_main=True)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """People who might belong together, and what they share."""

    kind: str
    shared: tuple[str, ...]
    count: int

    @property
    def key(self) -> str:
        return hashlib.sha256("\0".join((self.kind, *self.shared)).encode()).hexdigest()

    @property
    def name(self) -> str:
        return self.shared[0]


def suggestions(user: access.Person) -> list[Suggestion]:
    """The largest first; without those that were refused and people who belong somewhere already."""
    refused = set(GroupRefusal.objects.values_list("kind", "key"))
    people = access.customers(user)
    found = [*_companies(people), *_households(people)]
    kept = [one for one in found if (one.kind, one.key) not in refused]
    return sorted(kept, key=lambda one: (-one.count, one.shared))[:SUGGESTED]


def people_of(suggestion: Suggestion, user: access.Person) -> list[Customer]:
    people = access.customers(user)
    lone, names = _lone(people, suggestion.kind), _sharing(suggestion.kind)
    given = dict(zip(names, suggestion.shared, strict=True))
    return list(lone.filter(**given).order_by("pk")[:MOST_MEMBERS])


def find(kind: str, key: str, user: access.Person) -> Suggestion:
    """The suggestion with this fingerprint, as things are now."""
    found = next((one for one in suggestions(user) if (one.kind, one.key) == (kind, key)), None)
    if found is None:
        raise Refusal(_("This suggestion is gone: somebody took it up, or the customers changed."))
    return found


@transaction.atomic
def accept(suggestion: Suggestion, user: access.Person) -> Group:
    """Make the household or company with everybody who shares this."""
    people = people_of(suggestion, user)
    company = suggestion.kind == Kind.COMPANY
    name = suggestion.shared[0] if company else people[0].last_name if people else suggestion.shared[0]
    values = {"domain": suggestion.shared[0]} if company else {"address": ", ".join(suggestion.shared[1:])}
    known = Group.objects.filter(kind=Kind.COMPANY, domain=values.get("domain", "-")).first()
    group = known or Group.objects.create(kind=suggestion.kind, name=name, **values)
    rows = [GroupMember(group=group, customer=person) for person in people]
    if rows and not group.members.filter(is_main=True).exists():
        rows[0].is_main = True
    GroupMember.objects.bulk_create(rows, ignore_conflicts=True)
    return group


def refuse(suggestion: Suggestion) -> None:
    try:
        with transaction.atomic():
            GroupRefusal.objects.create(kind=suggestion.kind, key=suggestion.key)
    except IntegrityError:
        pass  # Somebody else has just refused it too.


def address_field() -> str:
    """The key of the shop's own field for a street address, "" where there is none."""
    plain = CustomField.objects.in_use().filter(sensitive=False, kind__in=("text", "long_text"))
    for key, label in plain.values_list("key", "label"):
        if any(word in f"{key} {label}".casefold() for word in ADDRESS_WORDS):
            return str(key)
    return ""


def _sharing(kind: str) -> tuple[str, ...]:
    return ("domain",) if kind == Kind.COMPANY else ("surname", "place", "town")


def _lone(people: CustomerQuerySet, kind: str) -> Any:
    """People in no group of this kind, with what they might share beside them."""
    inside = GroupMember.objects.filter(customer=OuterRef("pk"), group__kind=kind)
    lone = people.filter(~Exists(inside))
    if kind == Kind.COMPANY:
        domain = Lower(Substr("email", StrIndex("email", Value("@")) + 1))
        return lone.filter(email__contains="@").annotate(domain=domain)
    key = address_field()
    place = Lower(KeyTextTransform(key, "custom")) if key else F("phone")
    town = Lower("city") if key else Value("")
    return lone.exclude(last_name="").annotate(surname=Lower("last_name"), place=place, town=town)


def _companies(people: CustomerQuerySet) -> list[Suggestion]:
    lone = _lone(people, Kind.COMPANY).exclude(domain__in=FREE_MAILERS)
    rows = lone.order_by().values_list("domain").annotate(n=Count("pk")).filter(n__gte=2).order_by("-n")
    return [Suggestion(Kind.COMPANY, (domain,), n) for domain, n in rows[:SUGGESTED]]


def _households(people: CustomerQuerySet) -> list[Suggestion]:
    """The same surname at the same address; where the shop knows no streets, at the same phone."""
    lone = _lone(people, Kind.HOUSEHOLD).filter(place__isnull=False).exclude(place="")
    rows = lone.order_by().values_list("surname", "place", "town").annotate(n=Count("pk"))
    rows = rows.filter(n__gte=2, n__lte=12).order_by("-n")
    return [Suggestion(Kind.HOUSEHOLD, (name, place, town), n) for name, place, town, n in rows[:SUGGESTED]]


def condition(value: str, _today: object = None) -> filters.Meaning:
    """For the list of customers: any, none, a kind, or the number of one."""
    inside = GroupMember.objects.filter(customer=filters.outer())
    if value in ("-", "*"):
        return ~Exists(inside) if value == "-" else Exists(inside)
    if value in Kind.values:
        return Exists(inside.filter(group__kind=value))
    if value.isdecimal() and len(value) < 12:
        return Exists(inside.filter(group=int(value)))
    return None


def choices() -> list[tuple[str, str]]:
    return [(str(code), str(label)) for code, label in Kind.choices]


def search(groups: QuerySet[Group], words: str) -> QuerySet[Group]:
    return groups.filter(Q(name__icontains=words) | Q(domain__icontains=words))
