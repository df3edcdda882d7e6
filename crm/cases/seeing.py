"""Whose cases somebody sees."""

from __future__ import annotations

from django.db.models import Q
from django.http import Http404, HttpRequest

from crm.access import Person
from crm.models import Case, CaseQuerySet, User


def visible(user: Person) -> CaseQuerySet:
    """All cases; for who sees only their own customers those of them, cases given to them, and strangers'."""
    everything = Case.objects.all()
    if not isinstance(user, User):
        return everything.none()
    if user.scope != User.Scope.OWN:
        return everything
    return everything.filter(Q(customer__owner=user) | Q(owner=user) | Q(customer=None))


def find_case(request: HttpRequest, pk: int) -> Case:
    """The case of an address; a foreign one does not exist for who sees only their own."""
    found = visible(request.user).select_related("customer", "owner", "merged_into", "follows").filter(pk=pk)
    case = found.first()
    if case is None:
        raise Http404
    return case
