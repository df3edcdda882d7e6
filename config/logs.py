"""Logs without personal data: databases repeat the row that they refuse, and addresses of pages what somebody
typed; logs must not."""

from __future__ import annotations

import logging
import re

# In a traceback on a line of its own, in a quoted exception after a backslash and an "n".
DETAIL = re.compile(r"(DETAIL|CONTEXT): .*")
ADDRESS = re.compile(r"[^\s@/\"'<>()=&?,;:]+(?:@|%40)[^\s@/\"'<>()=&?,;:]+\.\w+", re.IGNORECASE)


class Discreet(logging.Formatter):
    """One line per record; of a database's error what went wrong, not whose data it was; no mail address."""

    def format(self, record: logging.LogRecord) -> str:
        return ADDRESS.sub("(address)", DETAIL.sub(r"\1: (left out)", super().format(record)))
