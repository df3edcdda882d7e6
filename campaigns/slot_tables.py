"""The words of a table as a form shows them: one row a line, a stroke between its cells."""

from __future__ import annotations

import re

from campaigns import slot_words
from campaigns.slot_words import Words

ATTRIBUTES = r"(?:[^<>\"']|\"[^\"]*\"|'[^']*')*"
CELL = re.compile(
    rf"\s*(<(?P<kind>t[dh])\b{ATTRIBUTES}>)(?P<said>(?:(?!</?t[dhr]\b|</?table\b).)*)(?P<close></(?P=kind)>)",
    re.DOTALL,
)
ROW = re.compile(rf"(\s*<tr\b{ATTRIBUTES}>)(?P<cells>(?:{CELL.pattern})+)(?P<end>\s*</tr>)", re.DOTALL)
NAMED = re.compile(r"\sdata-slot\s*=")
STROKE = re.compile(r"\s*\|\s*(?![^{}\n]*\})")  # One within {City|there} parts no cells.

type Row = tuple[str, list[tuple[str, str, str]], str]


def _rows(inner: str) -> list[Row] | None:
    """Each row's beginning, its cells as beginning, words and end, and its end; None for more than rows."""
    found: list[Row] = []
    at = 0
    for row in ROW.finditer(inner):
        if inner[at : row.start()].strip() or NAMED.search(row[0]):
            return None
        cells = [(cell[1], cell["said"], cell["close"]) for cell in CELL.finditer(row["cells"])]
        found.append((row[1], cells, row["end"]))
        at = row.end()
    return found if found and not inner[at:].strip() else None


def read(inner: str, words: Words) -> str | None:
    """The table in lines; None where it holds more than rows of words."""
    lines = []
    for _start, cells, _end in _rows(inner) or []:
        said = [slot_words.writing(text, words) for _begin, text, _close in cells]
        if any(one is None or "\n" in one or STROKE.search(one) for one in said):
            return None
        lines.append(" | ".join(one or "" for one in said).strip())
    return "\n".join(lines) or None


def written(inner: str, said: str, words: Words) -> str:
    """The table with these lines: each looks like the row in its place, further ones like the last."""
    rows = _rows(inner) or []
    made = []
    for n, line in enumerate(one for one in said.splitlines() if one.strip()):
        start, cells, end = rows[min(n, len(rows) - 1)]
        texts = STROKE.split(line.strip())
        texts += [""] * (len(cells) - len(texts))
        filled = "".join(
            f"{begin}{slot_words.markup(text, words, paragraphs=False)}{close}"
            for text, (begin, _old, close) in zip(
                texts, cells + [cells[-1]] * (len(texts) - len(cells)), strict=True
            )
        )
        made.append(f"{start}{filled}{end}")
    return "".join(made)
