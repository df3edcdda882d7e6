"""What a temporary refusal means and when to try again; by the code, else by the words.

Sources: RFC 5321 4.5.4.1 (give up after four to five days; at least 30 minutes between tries is usual),
RFC 6647 (greylisting: most servers take a second try after 5 to 15 minutes), RFC 3463.
"""

from __future__ import annotations

import re
from datetime import timedelta
from enum import Enum

ATTEMPTS = 10  # In all.


class Why(Enum):
    GREYLISTED = "greylisted"
    FULL = "full"
    TOO_FAST = "too fast"
    OTHER = "other"


# First wait, and by how much each wait grows.
WAITS: dict[Why, tuple[timedelta, float]] = {
    Why.GREYLISTED: (timedelta(minutes=6), 1.5),
    Why.FULL: (timedelta(hours=1), 2),
    Why.TOO_FAST: (timedelta(minutes=10), 2),
    Why.OTHER: (timedelta(minutes=2), 2),
}
LONGEST = timedelta(hours=12)
_signs = (
    (Why.FULL, re.compile(r"\b4\.2\.2\b|quota|mailbox (?:is )?full|insufficient|over ?quota", re.IGNORECASE)),
    (Why.GREYLISTED, re.compile(r"gr[ae]y.?list|try again in|\b450\b.*4\.7\.1", re.IGNORECASE)),
    (
        Why.TOO_FAST,
        re.compile(r"too (?:many|fast)|rate|throttl|\b4\.7\.(?:28|650)\b|\b421\b.*4\.7\.", re.IGNORECASE),
    ),
)


def why(answer: str) -> Why:
    return next((kind for kind, sign in _signs if sign.search(answer)), Why.OTHER)


def wait(answer: str, tries: int) -> timedelta | None:
    """How long until the next try after so many; None when it is enough."""
    if tries >= ATTEMPTS:
        return None
    first, growth = WAITS[why(answer)]
    return min(first * growth ** (tries - 1), LONGEST)
