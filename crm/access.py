"""Who may see and do what: roles and their rights, a decorator for each view, and whose customers are seen.

A test walks all addresses as each role. Pages ask `may.<right>` in templates, Python asks `may(user, right)`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from crm.models import Customer, CustomerQuerySet, User

type View = Callable[..., HttpResponseBase]
type Person = AbstractBaseUser | AnonymousUser


class Right(StrEnum):
    """What a role may do besides looking."""

    EDIT = "edit"  # Customers: write, tag, note, sell, consent, tasks.
    SERVE = "serve"  # Cases, chat, help articles.
    MARKET = "market"  # Segments, campaigns, surveys, sign-up forms.
    IMPORT = "import_files"
    EXPORT = "export"  # Lists as files; masked for who sees masked data.
    MANAGE = "manage"  # Merge, bulk, undo, delete, erase.
    OWN = "own"  # The business, accounts, keys, audit.


_Role = User.Role
ROLES: dict[str, frozenset[Right]] = {
    _Role.OWNER: frozenset(Right),
    _Role.MANAGER: frozenset(Right) - {Right.OWN},
    _Role.MARKETER: frozenset({Right.EDIT, Right.MARKET, Right.EXPORT}),
    _Role.SERVICE: frozenset({Right.EDIT, Right.SERVE}),
    _Role.ANALYST: frozenset({Right.EXPORT}),
}


def may(user: Person, right: Right | str) -> bool:
    return isinstance(user, User) and user.is_active and Right(right) in ROLES.get(user.role, frozenset())


def rights(user: Person) -> dict[str, bool]:
    """{right: may}, for templates."""
    return {right.value: may(user, right) for right in Right}


def public(view: View) -> View:
    """Anybody: customers and visitors."""
    open_view: View = login_not_required(view)
    open_view.access = "public"  # type: ignore[attr-defined]
    return open_view


def staff(view: View) -> View:
    """Every signed-in member of staff may look; nothing is changed here."""
    view.access = "staff"  # type: ignore[attr-defined]
    return view


def needs(right: Right) -> Callable[[View], View]:
    """Only roles that have the right."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not may(request.user, right):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.access = right.value  # type: ignore[attr-defined]
        return guarded

    return decorate


owner = needs(Right.OWN)


def customers(user: Person, among: CustomerQuerySet | None = None) -> CustomerQuerySet:
    """The people (of `among`) whom this member of staff may see: all, or only their own."""
    everybody = Customer.objects.all() if among is None else among
    if not isinstance(user, User):
        return everybody.none()
    return everybody.filter(owner=user) if user.scope == User.Scope.OWN else everybody


def visible[M: Model](user: Person, rows: QuerySet[M], to_customer: str = "customer") -> QuerySet[M]:
    """Those rows (purchases, messages, answers …) whose customer this member of staff may see."""
    if not isinstance(user, User):
        return rows.none()
    return rows.filter(**{f"{to_customer}__owner": user}) if user.scope == User.Scope.OWN else rows


def find_customer(request: HttpRequest, public_id: str) -> Customer:
    """The customer of an address; a foreign one does not exist for who sees only their own."""
    found = customers(request.user).filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found
