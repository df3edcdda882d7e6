"""A process that only drains the outbox, to be killed: `python -m tests.drain_process [HOURS]`.

With HOURS its clock is so far ahead.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta

import django

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()

    from django.utils import timezone

    import tests.mails  # noqa: F401 - importing it registers the kind.
    from crm.outbox import claiming, durable, sending

    ahead = timedelta(hours=float(sys.argv[1]) if len(sys.argv) > 1 else 0)
    claiming.reclaim_lost(timezone.now())
    with durable.safely():
        sending.Drain(lambda: timezone.now() + ahead).run(600)
