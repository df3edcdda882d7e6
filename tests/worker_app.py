"""The Celery application with the plain kind of mail: `celery --app tests.worker_app worker`."""

from __future__ import annotations

from celery.signals import worker_init

from config.celery import app

__all__ = ["app"]


@worker_init.connect
def _register(**_kwargs: object) -> None:
    import tests.mails  # noqa: F401 - importing it registers the kind.
