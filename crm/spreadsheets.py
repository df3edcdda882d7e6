"""What a file for a spreadsheet must heed: a cell is a text, never something to calculate."""

from __future__ import annotations

import re
from typing import Final

# Programs skip blanks and signs without width before they look, and some read the wide signs of Chinese and
# Japanese keyboards like the narrow ones.
_BLANK: Final = r"[\s\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u2069]*"
# An amount below zero is none; a phone number, which would lose its plus, is guarded like one.
FORMULA: Final = re.compile(rf"{_BLANK}(?:[=+@＝＋＠]|[-－](?![\d.,\s]*$))")
GUARDED: Final = re.compile(rf"'(?='*{_BLANK}[=+@＝＋＠\-－])")


def safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; what looks guarded already is guarded again."""
    return f"'{cell}" if FORMULA.match(cell) or GUARDED.match(cell) else cell


def unguarded(cell: str) -> str:
    """The cell without the apostrophe that `safe` put before it."""
    return cell[1:] if GUARDED.match(cell) else cell
