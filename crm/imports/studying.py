"""Pass one: the whole file is read once, and each column decides its style from all of its values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import gettext as _

from crm.errors import Refusal
from crm.imports import encodings, parsing, reading

CHUNK: Final = 5000
REMEMBERED: Final = 20_000  # Distinct values per column; beyond that some are looked at twice.
FEW: Final = (
    0.02  # Up to this share of a column may be written otherwise; those rows are rejected one by one.
)
MANY: Final = 60  # Up to this many distinct values of a column are kept.
PAIRS: Final = tuple(  # What a whole column may write for yes and no.
    frozenset(pair) for pair in (("yes", "no"), ("true", "false"), ("y", "n"), ("是", "否"), ("有", "无"))
)
FIGURES: Final = {"1", "0"}  # Yes and no where both are there, and often enough to be no count.
CHOICES: Final = 20  # Up to this many distinct words are a choice, when each comes back …
LONGEST_CHOICE: Final = 60
OFTEN: Final = 5  # … so many times on average.


@dataclass(slots=True)
class Study:
    """What the values of one column have shown so far."""

    seen: set[str] = field(default_factory=set)
    samples: list[str] = field(default_factory=list)
    values: int = 0
    dates: Counter[str] = field(default_factory=Counter)
    numbers: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    whole_floats: int = 0
    whole: int = 0
    filled: int = 0  # Cells that are not blank; `values` are the distinct ones.
    letter_numbers: int = 0  # "C536379": a letter before figures.

    def add(self, cells: Sequence[str]) -> None:
        fresh = [cell for cell in dict.fromkeys(cells) if cell not in self.seen]
        if len(self.seen) > REMEMBERED:
            self.seen = set()
        self.seen.update(fresh)
        self.filled += sum(1 for cell in cells if cell.strip())
        for raw in fresh:
            if cell := encodings.readable(raw).strip():
                self._look(cell)

    def _look(self, cell: str) -> None:
        self.values += 1
        if "@" in cell:
            return  # Neither a date nor a figure.
        if shape := parsing.family(cell):
            self.dates[shape] += 1
            self.examples.setdefault(shape, cell[:40])
        if len(cell) < 40 and (sign := parsing.number_style(cell)):
            self.numbers[sign] += 1
            self.examples.setdefault(sign, cell[:40])
        head, point, tail = cell.partition(".")
        if head.isascii() and head.isdigit():
            self.whole += not point or (bool(tail) and not tail.strip("0"))
            self.whole_floats += bool(point and tail and not tail.strip("0"))
        elif cell[0] == "C" and cell[1:].isdigit():
            self.letter_numbers += 1

    def finding(self) -> dict[str, Any]:
        return {
            "samples": self.samples,
            "values": self.values,
            "dates": dict(self.dates),
            "numbers": dict(self.numbers),
            "examples": self.examples,
            "few": sorted(encodings.readable(value).strip()[:40] for value in self.seen)
            if self.values <= MANY
            else [],
            "choices": self._choices(),
            "whole_floats": self.whole_floats > 0 and self.whole == self.values,
            "letter_numbers": self.letter_numbers > 0 and self.whole > 0,
            "kind": self._kind(),
        }

    def _kind(self) -> str:
        """The kind of an own field made from this column."""
        if not self.values:
            return "text"
        if self._words() == FIGURES and self.filled >= 2 * OFTEN:
            return "yes_no"
        if sum(self.numbers.values()) == self.values and not self._padded():
            return "number"
        if sum(self.dates.values()) == self.values and len(self.dates) == 1 and "either" not in self.dates:
            return "date"
        if self._words() and any(self._words() <= pair for pair in PAIRS):
            return "yes_no"
        return "choice" if self._choices() else "text"

    def _words(self) -> set[str]:
        """The distinct values while they are few, without case."""
        if self.values > CHOICES:
            return set()
        return {cell.casefold() for one in self.seen if (cell := encodings.readable(one).strip())}

    def _choices(self) -> list[str]:
        """The words of a choice as they are written first in the alphabet; [] when it is none."""
        if not 2 <= self.values <= CHOICES or self.filled < OFTEN * self.values:
            return []
        cells = sorted(cell for one in self.seen if (cell := parsing.tidy(encodings.readable(one).strip())))
        if any(len(cell) > LONGEST_CHOICE or "\n" in cell for cell in cells):
            return []
        found: dict[str, str] = {}
        for cell in cells:
            found.setdefault(cell.casefold(), cell)
        return list(found.values())

    def _padded(self) -> bool:
        return any(len(one) > 1 and one[0] == "0" and one.isdigit() for one in self.samples)


def study(path: Path, *, delimiter: str = "", header: bool | None = None) -> dict[str, Any]:
    """{"format", "header", "columns", "studies", "rows"} of the file. `header` None: decided here."""
    form = reading.format_of(path, delimiter=delimiter)
    rows = reading.rows(path, form)
    first = next(rows, None)
    if first is None:
        raise Refusal(_("This file has no rows. Please choose the file that holds your rows."))
    reading.check_width(len(first[1]))
    if header is None:
        header = reading.has_header(first[1])
    width = len(first[1])
    columns = reading.names(first[1]) if header else [str(position) for position in range(1, width + 1)]
    studies = [Study() for _column in columns]
    total = 0
    for chunk in _chunks(rows, None if header else first[1]):
        total += len(chunk)
        _take(studies, chunk)
    if not total:
        raise Refusal(_("This file has a row of names and nothing below it. Please choose another file."))
    return {
        "format": form,
        "header": header,
        "columns": columns,
        "studies": [one.finding() for one in studies],
        "rows": total,
    }


def _chunks(rows: reading.Rows, first: list[str] | None) -> Iterator[list[list[str]]]:
    chunk = [first] if first else []
    while more := [cells for _number, cells in islice(rows, CHUNK)]:
        yield chunk + more
        chunk = []
    if chunk:
        yield chunk


def _take(studies: Sequence[Study], chunk: list[list[str]]) -> None:
    width = len(studies)
    even = [cells if len(cells) == width else (cells + [""] * width)[:width] for cells in chunk]
    for one, cells in zip(studies, zip(*even, strict=True), strict=True):
        if len(one.samples) < 3:
            shown = [encodings.readable(cell).strip()[:60] for cell in cells[:200] if cell.strip()]
            one.samples = list(dict.fromkeys(one.samples + shown))[:3]
        one.add(cells)


def style(
    finding: dict[str, Any],
    *,
    wants: str,
    column: str,
    hint: str = "",
    dates: str = "",
    decimals: str = "",
) -> parsing.Style:
    """The style of a column whose values are of kind `wants`; refuses, naming the column, what is unclear."""
    chosen = parsing.Style(whole_floats=finding["whole_floats"])
    if wants in {"moment", "day"}:
        return parsing.Style(dates=date_style(finding, column, dates))
    if wants in {"decimal", "integer", "number"}:
        told = {"point": ".", "comma": ","}.get(decimals, "")
        return parsing.Style(decimals=_decimal_sign(finding, column, hint, told))
    return chosen


def date_style(finding: dict[str, Any], column: str, told: str = "") -> str:
    """The one style of the column's dates; `told` decides between day first and month first."""
    shapes = dict(finding["dates"])
    if shapes.get("serial") != finding["values"]:
        shapes.pop("serial", None)  # Days of a spreadsheet are told from other figures by the whole column.
    unsure = shapes.pop("either", 0)
    total = sum(shapes.values()) + unsure
    if not total:
        return told or "ymd"
    best = max(shapes, key=lambda shape: int(shapes[shape]), default="")
    if told in {"dmy", "mdy"} and (unsure or best in {"dmy", "mdy"}):
        return told
    slashed = unsure if best in {"dmy", "mdy"} else 0
    if best and shapes[best] + slashed >= total * (1 - FEW):
        return str(best)
    if not best or (set(shapes) <= {"ymd", "compact", "named"} and unsure > total * (1 - FEW)):
        raise Unclear(
            _(
                "Column “%(column)s”: is “%(example)s” written day first or month first, "
                "%(dmy)s or %(mdy)s? Please choose."
            )
            % {
                "column": column,
                "example": finding["examples"]["either"],
                "dmy": date_readings(finding["examples"]["either"])[0],
                "mdy": date_readings(finding["examples"]["either"])[1],
            },
            column,
            option="--dates dmy|mdy",
        )
    raise Unclear(
        _("Column “%(column)s” writes dates in several styles: %(examples)s. Please write them all alike.")
        % {"column": column, "examples": _examples(finding, [*shapes, *(["either"] if unsure else [])])},
        column,
    )


def unsure_number(finding: dict[str, Any], hint: str) -> str:
    """A value of the column that has two readings, "" when the column or the file decides."""
    shown = finding["numbers"]
    if shown.get(".") or shown.get(",") or hint:
        return ""
    return str(finding["examples"].get("?,") or finding["examples"].get("?.") or "")


def readings(cell: str) -> tuple[str, str]:
    """A figure with one sign and three digits: read with a decimal point, and with a decimal comma."""
    return tuple(f"{parsing.decimal(cell, sign).normalize():f}" for sign in ".,")  # type: ignore[return-value]


def _decimal_sign(finding: dict[str, Any], column: str, hint: str, told: str) -> str:
    shown = finding["numbers"]
    points, commas = shown.get(".", 0), shown.get(",", 0)
    if told and not (points or commas):
        return told
    if example := unsure_number(finding, hint):
        point, comma = readings(example)
        raise Unclear(
            _("Column “%(column)s”: does “%(example)s” mean %(point)s or %(comma)s? Please choose.")
            % {"column": column, "example": example, "point": point, "comma": comma},
            column,
            option="--decimals point|comma",
        )
    if points and commas and min(points, commas) > FEW * (points + commas):
        raise Unclear(
            _("Column “%(column)s” writes numbers in two styles: %(examples)s. Please write them all alike.")
            % {"column": column, "examples": _examples(finding, [".", ","])},
            column,
        )
    if points or commas:
        return "." if points >= commas else ","
    return hint or "."


def decimal_hint(findings: dict[str, Any]) -> str:
    """What the file's clear columns say about those that write 1.234 or 1,234 only."""
    points = sum(one["numbers"].get(".", 0) for one in findings["studies"])
    commas = sum(one["numbers"].get(",", 0) for one in findings["studies"])
    if points == commas:
        return "," if findings["format"]["delimiter"] == ";" and commas else ""
    return "." if points > commas else ","


def _examples(finding: dict[str, Any], shapes: Sequence[str]) -> str:
    return ", ".join(f"“{finding['examples'][shape]}”" for shape in shapes if shape in finding["examples"])


def date_readings(cell: str) -> tuple[str, str]:
    """A date of two readings, in words: day first, month first."""
    days = [parsing.moment(cell, style, ZoneInfo("UTC")).date() for style in ("dmy", "mdy")]
    return formats.date_format(days[0], "j E Y"), formats.date_format(days[1], "j E Y")


class Unclear(Refusal):
    """A column whose style only a person can tell; `option` is what the command calls it."""

    def __init__(self, reason: str, column: str, *, option: str = "") -> None:
        super().__init__(reason)
        self.column, self.option = column, option
