"""Signing in and out as the audit log keeps it. Addresses that nobody has here are not written down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest

from crm import audit
from crm.models import AuditEntry, User

A_MINUTE = 60


def signed_in(user: User, **_signal: Any) -> None:
    audit.record(user, AuditEntry.Action.SIGNED_IN, user)


def signed_out(user: User | None, **_signal: Any) -> None:
    if user is not None:
        audit.record(user, AuditEntry.Action.SIGNED_OUT, user)


def failed(credentials: Mapping[str, Any], request: HttpRequest | None = None, **_signal: Any) -> None:
    """Each failure at an account; those at addresses without one fill no more than a line a minute."""
    email = str(credentials.get("username") or credentials.get("email") or "").strip().lower()
    user = User.objects.filter(email=email).first()
    if user is not None:
        audit.record(None, AuditEntry.Action.FAILED, user)
    elif cache.add("audit:unknown-sign-in", 1, A_MINUTE):
        audit.record(None, AuditEntry.Action.FAILED, "user", detail="unknown address")
