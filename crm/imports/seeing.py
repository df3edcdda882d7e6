"""Whose imports somebody sees."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from crm.access import Person
from crm.models import ImportBatch, User


def visible(user: Person) -> QuerySet[ImportBatch]:
    """All imports; for who sees only their own customers what they brought themselves."""
    everything = ImportBatch.objects.all()
    if not isinstance(user, User):
        return everything.none()
    return everything.filter(started_by=user) if user.scope == User.Scope.OWN else everything


def find_import(request: HttpRequest, pk: int) -> ImportBatch:
    """The import of an address; one of somebody else does not exist for who sees only their own."""
    batch = visible(request.user).select_related("started_by").filter(pk=pk).first()
    if batch is None:
        raise Http404
    return batch
