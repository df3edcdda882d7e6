"""People of whom nothing was heard for long, and with whom nothing is open."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from crm.models import (
    Case,
    Consent,
    Customer,
    Interaction,
    Message,
    PrivacyRequest,
    Purchase,
    Refund,
    Subscription,
    Task,
)
from crm.privacy import erasing


def leads(before: datetime) -> QuerySet[Customer]:
    """Who never bought and was silent since."""
    return _silent(before).filter(~_has(Purchase, Q()))


def buyers(before: datetime) -> QuerySet[Customer]:
    """Who bought once, the last time before then, and was silent since."""
    return _silent(before).filter(_has(Purchase, Q()))


def _silent(before: datetime) -> QuerySet[Customer]:
    """No purchase, mail, answer, case or other contact since; nothing open that still needs the person."""
    known = Customer.objects.filter(erased_at=None, added_at__lt=before, created_on__lt=before.date())
    waiting = Q(state__in=[Message.State.QUEUED, Message.State.SENDING])
    return known.filter(
        ~_has(Purchase, Q(bought_at__gte=before)),
        ~_has(Refund, Q(refunded_at__gte=before)),
        ~_has(Interaction, Q(at__gte=before)),
        ~_has(Message, Q(sent_at__gte=before) | waiting),
        ~_has(Case, Q(changed_at__gte=before) | Q(state__in=Case.AT_WORK)),
        ~_has(Consent, Q(at__gte=before)),
        ~_has(Subscription, Q(state__in=[Subscription.State.ACTIVE, Subscription.State.PAUSED])),
        ~_has(PrivacyRequest, Q(state=PrivacyRequest.State.OPEN)),
        ~_has(Task, Q(done_at=None)),
    )


def _has(model: type[Model], what: Q) -> Exists:
    return Exists(model._base_manager.filter(what, customer=OuterRef("pk")))


def anonymise(people: Collection[Customer], now: datetime, beat: Callable[[], object]) -> int:
    """Leave figures of nobody. SQLite's file is rewritten once, by the chore that comes later at night."""
    erasing.anonymise(people, by=None, at=now, compact=False, beat=beat)
    return len(people)
