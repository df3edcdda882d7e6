"""The only door into the audit log."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model

from crm.models import AuditEntry, User

type Change = tuple[dict[str, Any], dict[str, Any]]


def record(
    actor: AbstractBaseUser | AnonymousUser | None,
    action: AuditEntry.Action | str,
    target: Model | str,
    *,
    change: Change | None = None,
    count: int | None = None,
    detail: str = "",
) -> None:
    """Note that `actor` (None: the program itself) did `action` to a row, or to a kind of rows ("customer").

    `change` is (before, after): only what differs, as JSON can carry it. It may hold personal data; `detail`
    never does.
    """
    kind, key = (target, "") if isinstance(target, str) else (str(target._meta.model_name), str(target.pk))
    before, after = change or (None, None)
    AuditEntry.objects.create(
        actor=actor if isinstance(actor, User) else None,
        action=action,
        kind=kind,
        object_key=key,
        before=before,
        after=after,
        count=count,
        detail=detail[:200],
    )
