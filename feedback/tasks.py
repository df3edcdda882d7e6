"""Doors for the worker."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from feedback import reading


@shared_task
def read_comments() -> None:
    """Understand the comments that are new; one reader at a time, and a dead one is followed."""
    reading.work(timezone.now())
