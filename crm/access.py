"""Who may see a page: each view declares it with one decorator, and a test walks all addresses."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

type View = Callable[..., HttpResponseBase]


def public(view: View) -> View:
    """Anybody: customers and visitors."""
    open_view: View = login_not_required(view)
    open_view.access = "public"  # type: ignore[attr-defined]
    return open_view


def staff(view: View) -> View:
    """Every signed-in member of staff, the owner included."""
    view.access = "staff"  # type: ignore[attr-defined]
    return view


def owner(view: View) -> View:
    """Only the owner: settings, accounts, removal of data."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not getattr(request.user, "is_owner", False):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    guarded.access = "owner"  # type: ignore[attr-defined]
    return guarded
