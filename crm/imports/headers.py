"""Headers compared without case, blanks and signs."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable


def plain(header: str) -> str:
    """A header without case, blanks and signs: "Invoice No." is invoiceno."""
    text = unicodedata.normalize("NFKC", header).casefold()
    return "".join(sign for sign in text if sign.isalnum())


def fingerprint(columns: Iterable[str]) -> str:
    """The same for files with the same columns, in whatever order."""
    return hashlib.sha256("\n".join(sorted(map(plain, columns))).encode()).hexdigest()
