"""Anywhere from the keyboard: apps register what can be found, and where one can go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import access, accounts, masking
from crm.access import Right
from crm.cases import seeing
from crm.models import Business, Customer, User

SHOWN = 6
LONGEST = 100


@dataclass(frozen=True, slots=True)
class Hit:
    """One line of the answer."""

    label: str
    url: str
    icon: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    label: str
    hits: list[Hit]


type Search = Callable[[User, str], list[Hit]]


@dataclass(frozen=True, slots=True)
class Source:
    """Things that are searched for; `search` gives at most SHOWN of those this user may see."""

    label: str | Promise
    search: Search
    right: Right | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A page or an action; `words` are what people may call it besides its label."""

    label: str | Promise
    url_name: str
    icon: str
    right: Right | None = None
    words: str | Promise = ""


_sources: dict[str, Source] = {}
_places: dict[str, Place] = {}
OF_A_TEAM = {"crm:staff"}


def register(key: str, source: Source) -> None:
    _sources[key] = source


def page(place: Place) -> None:
    _places[place.url_name] = place


def find(user: User, words: str) -> list[Group]:
    """What fits the words, group by group; without words the places to go."""
    words = " ".join(words.split())[:LONGEST]
    groups = []
    if words:
        for source in _sources.values():
            may = source.right is None or access.may(user, source.right)
            if may and (hits := source.search(user, words)):
                groups += [Group(str(source.label), hits[:SHOWN])]
    if places := _fitting(user, words):
        groups.append(Group(_("Go to"), places))
    return groups


def _fitting(user: User, words: str) -> list[Hit]:
    wanted = words.casefold().split()
    found = []
    solo = accounts.is_solo(Business.current())
    for place in _places.values():
        if solo and place.url_name in OF_A_TEAM:
            continue
        text = f"{place.label} {place.words}".casefold()
        may = place.right is None or access.may(user, place.right)
        if may and all(word in text for word in wanted):
            found.append(Hit(str(place.label), reverse(place.url_name), place.icon))
    return found[: SHOWN if words else 20]


def _people(user: User, words: str) -> list[Hit]:
    """By address, phone or number exactly, then by any part of what is known; few rows are read."""
    if masking.active():  # Who sees masked data could spell out a name by asking.
        return []
    among = access.customers(user).defer("custom", "search_text").order_by()
    low = words.casefold()
    exact = list(among.filter(Q(email=low) | Q(external_id=words) | Q(phone=words))[:SHOWN])
    others = access.customers(user, Customer.objects.search(low)).exclude(pk__in=[one.pk for one in exact])
    rest = list(others.defer("custom", "search_text").order_by()[: SHOWN - len(exact)])
    return [
        Hit(one.name, one.get_absolute_url(), "user", one.email or one.phone or one.external_id or "")
        for one in [*exact, *rest]
    ]


def _cases(user: User, words: str) -> list[Hit]:
    found = seeing.visible(user).search(words)
    return [
        Hit(f"#{one.pk} {one.subject}", one.get_absolute_url(), "lifebuoy")
        for one in found.order_by("-id")[:SHOWN]
    ]


def register_own() -> None:
    register("people", Source(gettext_lazy("Customers"), _people))
    register("cases", Source(gettext_lazy("Cases"), _cases))
    for place in (
        Place(gettext_lazy("Home"), "crm:home", "home"),
        Place(gettext_lazy("My day"), "crm:my_day", "checklist"),
        Place(gettext_lazy("Customers"), "crm:customers", "users"),
        Place(gettext_lazy("Households and companies"), "crm:groups", "users-group"),
        Place(gettext_lazy("Tags"), "crm:tags", "tags"),
        Place(gettext_lazy("Add a customer"), "crm:customer_new", "user-plus", Right.EDIT),
        Place(
            gettext_lazy("Sale"),
            "crm:counter_sale",
            "shopping-bag-plus",
            Right.EDIT,
            gettext_lazy("counter till"),
        ),
        Place(gettext_lazy("Sign-up forms"), "crm:sign_up_forms", "forms", Right.MARKET),
        Place(gettext_lazy("Subscriptions"), "crm:subscriptions", "repeat"),
        Place(gettext_lazy("Import a file"), "crm:import_new", "file-import", Right.IMPORT),
        Place(gettext_lazy("Imports"), "crm:imports", "file-import", Right.IMPORT),
        Place(gettext_lazy("Cases"), "crm:cases", "lifebuoy"),
        Place(gettext_lazy("New case"), "crm:case_new", "plus", Right.SERVE),
        Place(gettext_lazy("Done to many at once"), "crm:bulk_jobs", "checks", Right.EDIT),
        Place(gettext_lazy("Products"), "crm:products", "package"),
        Place(gettext_lazy("Outbox"), "crm:outbox", "mailbox"),
        Place(gettext_lazy("Settings"), "crm:settings", "settings"),
        Place(gettext_lazy("Staff"), "crm:staff", "users-group", Right.OWN),
        Place(gettext_lazy("Own fields"), "crm:fields", "forms", Right.OWN),
        Place(gettext_lazy("Your account"), "crm:account", "user-circle"),
    ):
        page(place)
