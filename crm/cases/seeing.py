"""Whose cases somebody sees."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q
from django.http import Http404, HttpRequest

from crm import masking
from crm.access import Person
from crm.models import Case, CaseMessage, CaseQuerySet, User


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
    found = (
        visible(request.user)
        .select_related("customer", "owner", "merged_into", "follows", "level")
        .filter(pk=pk)
    )
    case = found.first()
    if case is None:
        raise Http404
    return case


def veil(cases: Iterable[Case]) -> None:
    """Take away what describes a person from rows that are only shown; for who sees masked data."""
    if not masking.active():
        return
    for case in cases:
        case.subject = masking.hide(case.subject)
        case.sender_name = masking.hide(case.sender_name)
        case.sender_email = masking.hide(case.sender_email)


def veil_messages(messages: Iterable[CaseMessage]) -> None:
    """The same for what was said."""
    if not masking.active():
        return
    for message in messages:
        message.text = masking.hide(message.text)
        message.quoted = message.html = ""
        message.sender_email = masking.hide(message.sender_email)
        if message.direction == CaseMessage.Direction.IN:
            message.sender_name = masking.hide(message.sender_name)
