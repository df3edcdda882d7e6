"""Mails that come in: read, judged, threaded and filed, each once.

outcome = incoming.take(raw, at=now, mailbox=box)     # ReceivedMail: on a case, ignored, or put aside.
"""

from __future__ import annotations

from crm.cases.incoming.filing import take, take_anyway

__all__ = ["take", "take_anyway"]
