"""What a file for a spreadsheet must heed: a cell is a text, never something to calculate."""

from __future__ import annotations

import re
from typing import Final

# Programs skip blanks and signs without width before they look, and some read the wide signs of Chinese and
# Japanese keyboards like the narrow ones.
_BLANK: Final = r"[\s\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u2069]*"
# An amount below zero is none; a phone number, which would lose its plus, is guarded like one.
FORMULA: Final = re.compile(rf"{_BLANK}(?:[=+@＝＋＠]|[-－](?![\d.,\s]*$))")
PARTING: Final = re.compile(r"([;\t\r\n])")
GUARDED: Final = re.compile(rf"'(?='*{_BLANK}[=+@＝＋＠\-－])")


def safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; what looks guarded already is guarded again.

    Where the decimal sign is a comma, Excel parts a file at semicolons, and quotation marks within a line
    hold nothing together then: so each part of the cell is guarded as if it were one of its own.
    """
    return "".join(f"'{part}" if _is_guarded(part) else part for part in _parts(cell))


def unguarded(cell: str) -> str:
    """The cell without the apostrophes that `safe` put into it."""
    return "".join(part[1:] if GUARDED.match(part) else part for part in _parts(cell))


def _is_guarded(part: str) -> bool:
    return bool(FORMULA.match(part) or GUARDED.match(part))


def _parts(cell: str) -> list[str]:
    """The cell as Excel may split it, with the signs between the parts."""
    return PARTING.split(cell) if PARTING.search(cell) else [cell]
