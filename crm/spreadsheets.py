"""What a file for a spreadsheet must heed: a cell is a text, never something to calculate."""

from __future__ import annotations

import re
from typing import Final

# An amount below zero is none; a phone number, which would lose its plus, is guarded like one.
FORMULA: Final = re.compile(r"[=+@\t\r]|-(?![\d.,\s]*$)")


def safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if FORMULA.match(cell) else cell
