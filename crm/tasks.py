"""Doors of the background: each calls one function of a capability module."""

from __future__ import annotations

from celery import shared_task


@shared_task
def dispatch_due() -> None:
    """Send what is due."""
