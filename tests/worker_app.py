"""The Celery application with the plain kind of mail: `celery --app tests.worker_app worker`.

With CLOCK_AHEAD the worker's clock is so many hours ahead.
"""

from __future__ import annotations

import os
from datetime import timedelta

from celery.signals import worker_init
from django.utils import timezone

__all__ = ["app"]

if ahead := timedelta(hours=float(os.environ.get("CLOCK_AHEAD", "0"))):
    _now = timezone.now
    timezone.now = lambda: _now() + ahead  # Before anything of ours takes it for a default.

from config.celery import app


@worker_init.connect
def _register(**_kwargs: object) -> None:
    import tests.mails  # noqa: F401 - importing it registers the kind.
