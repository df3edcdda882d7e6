"""A process that only drains the outbox, to be killed: `python -m tests.drain_process`."""

from __future__ import annotations

import os

import django

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()

    import tests.mails  # noqa: F401 - importing it registers the kind.
    from crm.outbox import sending

    sending.drain(600)
