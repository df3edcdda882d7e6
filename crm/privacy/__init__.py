"""What the law asks: show everything about a person, erase a person, keep nothing longer than needed.

    privacy.erase(customer, by=user, at=now)          # Keeps sums, remembers a keyed hash.
    privacy.refuse_erased(email=…, phone=…)           # Raises Refusal for who was erased.

A model that refers to customers is found by itself. Its rows are deleted by an erasure unless its app says in
AppConfig.ready() what to keep: `privacy.keep(Answer, "comment")`.
"""

from __future__ import annotations

from crm.privacy.erasing import anonymise, erase
from crm.privacy.identities import is_erased, refuse_erased
from crm.privacy.keeping import also, keep, lastly, numbers_only, sweep_whole

__all__ = [
    "also",
    "anonymise",
    "erase",
    "is_erased",
    "keep",
    "lastly",
    "numbers_only",
    "refuse_erased",
    "sweep_whole",
]
