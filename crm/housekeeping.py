"""What is thrown away after a while. A capability with old things of its own adds a chore with `register`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session

from crm import audit
from crm.models import Business, SandboxMail

type Chore = Callable[[datetime], object]

SANDBOX_KEPT = timedelta(days=90)
SIGN_INS_KEPT = timedelta(days=30)
_chores: list[Chore] = []


def register(chore: Chore) -> Chore:
    """Let `chore(now)` run every night; may be used as a decorator."""
    if chore not in _chores:
        _chores.append(chore)
    return chore


def clear_old(now: datetime) -> None:
    """Run every chore; one that fails does not stop the others and is reported at the end."""
    failures: list[Exception] = []
    for chore in _chores:
        try:
            chore(now)
        except Exception as error:
            failures.append(error)
    if failures:
        raise ExceptionGroup("clearing old things", failures)


@register
def forget_audit(now: datetime) -> None:
    audit.prune(now - timedelta(days=Business.current().audit_days))


@register
def forget_sessions(now: datetime) -> None:
    Session.objects.filter(expire_date__lt=now).delete()


@register
def forget_sign_ins(now: datetime) -> None:
    for model in (AccessAttempt, AccessFailureLog, AccessLog):
        model.objects.filter(attempt_time__lt=now - SIGN_INS_KEPT).delete()


@register
def forget_sandbox_mails(now: datetime) -> None:
    """The message rows stay; only the caught texts go."""
    SandboxMail.objects.filter(caught_at__lt=now - SANDBOX_KEPT).delete()
