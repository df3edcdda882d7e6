"""Who may see and do what: roles and their rights, a decorator for each view, and whose customers are seen.

A test walks all addresses as each role. Pages ask `may.<right>` in templates, Python asks `may(user, right)`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve

from crm import audit, audit_trail
from crm.models import AuditEntry, Customer, CustomerAlias, CustomerQuerySet, User

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


OPEN = frozenset({"public", "staff", "api"})  # Views that ask for no right; the API asks by itself.
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


def may_open(user: Person, address: str) -> bool:
    """Whether the page at this address is open to the role of `user`: else no link leads there."""
    try:
        view = resolve(urlsplit(address).path).func
    except Resolver404:
        return True
    needed = getattr(view, "access", Right.OWN)
    return needed in OPEN or may(user, needed)


def who_may(right: Right | str) -> list[str]:
    """The roles that have a right, as people call them."""
    return [str(role.label) for role in User.Role if Right(right) in ROLES[role]]


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
                _note_refusal(request)
                raise PermissionDenied(right)
            if request.method != "POST":
                return view(request, *args, **kwargs)
            trail = audit_trail.Trail(kwargs)
            with trail.at_work():
                response = view(request, *args, **kwargs)
            _note(request, response, trail)
            return response

        guarded.access = right.value  # type: ignore[attr-defined]
        return guarded

    return decorate


owner = needs(Right.OWN)


def _note(request: HttpRequest, response: HttpResponseBase, trail: audit_trail.Trail) -> None:
    """Every change leaves a trace, also of a page that writes none itself."""
    page = request.resolver_match.url_name or "" if request.resolver_match else ""
    told = trail.tell(request.user, page)
    person = trail.words.get("public_id")
    if trail.kinds or (told and not person) or not _has_changed(request, response, trail.wrote):
        return
    kind, key = page.partition("_")[0], str(next(iter(trail.words.values()), ""))
    if person:
        found = Customer.objects.filter(public_id=person).values_list("pk", flat=True)
        kind, key = "customer", str(found.first() or "")
    audit.record(request.user, AuditEntry.Action.CHANGED, (kind, key), detail=page)


def _has_changed(request: HttpRequest, response: HttpResponseBase, wrote: bool) -> bool:
    """Whether a form was taken: rows were written, or the browser is sent on; and no message refuses it."""
    sent_on = response.status_code in (302, 303) or "HX-Redirect" in response.headers
    said = getattr(getattr(request, "_messages", None), "_queued_messages", ())
    taken = sent_on or (wrote and response.status_code < 300)
    return taken and not any(one.level >= messages.ERROR for one in said)


def _note_refusal(request: HttpRequest) -> None:
    page = request.resolver_match.view_name if request.resolver_match else ""
    if isinstance(request.user, User) and cache.add(f"refused:{request.user.pk}:{page}", 1, 60):
        audit.record(request.user, AuditEntry.Action.REFUSED, "page", detail=page)


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


def _merged_into(public_id: str) -> QuerySet[CustomerAlias, int]:
    """Who took over the person that once had this address."""
    former = CustomerAlias.objects.filter(kind=CustomerAlias.Kind.PUBLIC, value=public_id)
    return former.values_list("customer_id", flat=True)


def find_customer(request: HttpRequest, public_id: str) -> Customer:
    """The customer of an address; a foreign one does not exist for who sees only their own."""
    people = customers(request.user)
    found = (
        people.filter(public_id=public_id).first() or people.filter(pk__in=_merged_into(public_id)).first()
    )
    if found is None:
        raise Http404
    return found
