"""A file as rows of text, whatever it is: CSV, TSV, spaces, XLSX, gzip, any usual encoding; streaming."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _

from crm.errors import Refusal
from crm.imports import encodings

DELIMITERS: Final = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "whitespace": " "}
WIDEST: Final = 250
LONGEST_CELL: Final = 1_000_000
MOST_CELLS: Final = 30_000_000  # Of a sheet, the empty ones between the first and the last too: 1 GB.
MOST_BREAKS: Final = 200  # A cell with more lines is a quotation mark that somebody forgot to close.
PLACE: Final = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{0,3})(\d{1,7})["']""")
UNPLACED: Final = re.compile(rb"""<(?:\w+:)?c(?=[\s/>])(?![^>]*\sr\s*=)""")
csv.field_size_limit(LONGEST_CELL)

type Rows = Iterator[tuple[int, list[str]]]


def format_of(path: Path, *, delimiter: str = "") -> dict[str, Any]:
    """What kind of file it is: {"kind", "encoding", "mixed", "delimiter"}; refuses what is no table."""
    if _is_workbook(path):
        return {"kind": "workbook", "encoding": "XLSX", "mixed": False, "delimiter": ""}
    encoding, mixed = encodings.detect(path)
    found = {"kind": "text", "encoding": encoding, "mixed": mixed, "delimiter": _sign(delimiter)}
    if not delimiter:
        found["delimiter"] = _guess_delimiter(path, found)
    return found


def rows(path: Path, found: dict[str, Any]) -> Rows:
    """(row number as a spreadsheet shows it, cells) of every row that is not blank."""
    source = _workbook_rows(path) if found["kind"] == "workbook" else _text_rows(path, found)
    number = 0
    try:
        for cells in source:
            number += 1
            if cells and (cells[0].strip() or any(cell.strip() for cell in cells)):
                yield number, cells
    except csv.Error as error:
        raise Refusal(_unclosed(number + 1)) from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Refusal(
            _("This gzip file is damaged. Please pack it again and upload it once more.")
        ) from error


def has_header(first: Sequence[str]) -> bool:
    """A first row without any figure or date, and with a name in most cells, names the columns."""
    filled = [cell.strip() for cell in first if cell.strip()]
    figures = [cell for cell in filled if re.fullmatch(r"[-+$€£¥]?\d[\d.,:/\-\sTZ]*%?", cell) or "@" in cell]
    return bool(filled) and not figures and len(set(filled)) == len(filled)


def names(first: Sequence[str]) -> list[str]:
    """Names of the columns from the header row; blank and doubled ones get a number."""
    taken: list[str] = []
    for position, cell in enumerate(first, start=1):
        name = " ".join(encodings.readable(cell).split())[:100] or _("Column %(n)d") % {"n": position}
        base, n = name, 1
        while name in taken:
            n += 1
            name = f"{base} ({n})"
        taken.append(name)
    return taken


def check_width(width: int) -> None:
    if width > WIDEST:
        raise Refusal(
            _("This file has %(width)d columns; Closeknit reads up to %(most)d. Please delete some.")
            % {"width": width, "most": WIDEST}
        )


def _unclosed(number: int) -> str:
    return _("Row %(row)d begins a cell that does not end. Please close its quotation mark.") % {
        "row": number
    }


def _sign(delimiter: str) -> str:
    sign = DELIMITERS.get(delimiter, delimiter.replace("\\t", "\t"))
    if sign and len(sign) != 1:
        raise Refusal(_("The sign between cells must be one sign, or “whitespace”."))
    return sign


def _is_workbook(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(b"\xd0\xcf\x11\xe0"):  # The old format, or a password.
        raise _unreadable_workbook()
    if not zipfile.is_zipfile(path) or not head.startswith(b"PK"):
        return False
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        names = [entry.filename for entry in entries]
        if "xl/workbook.bin" in names or "content.xml" in names:
            raise _unreadable_workbook()
        if not any(name.startswith("xl/") for name in names):
            return False
        if sum(entry.file_size for entry in entries) > encodings.LARGEST // 8 or _is_vast(archive):
            raise Refusal(_("This workbook is too large. Please save the sheet as CSV and upload that."))
    return True


def _is_vast(archive: zipfile.ZipFile) -> bool:
    """Whether a sheet spans so many cells that holding it would end the process: one far cell is enough."""
    try:
        return any(
            _area(archive, name) > MOST_CELLS for name in archive.namelist()
        )  # Sheets may be anywhere.
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _unreadable_workbook() from error


def _area(archive: zipfile.ZipFile, name: str) -> int:
    """Rows times columns of a sheet, rather too many than too few."""
    rows = columns = lowest = unplaced = 0
    rest = b""
    with archive.open(name) as file:
        while block := file.read(encodings.BLOCK):
            text, cut, rest = (rest + block).rpartition(b"<")
            rest = cut + rest[:LONGEST_CELL]
            places = PLACE.findall(text)
            lowest = max(lowest, max((int(row) for _letters, row in places), default=0))
            letters = {one for one, _row in places}
            columns = max(columns, max(map(_column, letters), default=0))
            rows += text.count(b"<row")
            unplaced += len(UNPLACED.findall(text))
    return max(rows, lowest) * max(columns, min(unplaced, 16_384))


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _unreadable_workbook() -> Refusal:
    return Refusal(
        _("This workbook cannot be opened. Please save it again as XLSX without a password, or as CSV.")
    )


def _lines(path: Path, found: dict[str, Any]) -> Iterator[str]:
    with encodings.open_bytes(path) as file:
        if found["mixed"]:
            lines: Iterable[str] = encodings.lines_of_two(file, found["encoding"])
        else:
            text = io.TextIOWrapper(io.BufferedReader(file, 1 << 18), found["encoding"], newline="")  # type: ignore[type-var]
            lines = iter(lambda: text.readline(encodings.LONGEST_LINE), "")
        for line in lines:
            encodings.check_length(line)
            yield line.replace("\x00", "") if "\x00" in line else line


def _text_rows(path: Path, found: dict[str, Any]) -> Iterator[list[str]]:
    lines = _lines(path, found)
    if found["delimiter"] == " ":
        yield from (line.split() for line in lines)
        return
    first = next(lines, "")
    told = re.fullmatch(r"sep=(.)\s*", first)
    if told is None:
        lines = _chain(first, lines)
    for number, cells in enumerate(csv.reader(lines, delimiter=told[1] if told else found["delimiter"]), 1):
        if len(cells) and len(cells[-1]) > 1000 and cells[-1].count("\n") > MOST_BREAKS:
            raise Refusal(_unclosed(number))
        yield cells


def _chain(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _guess_delimiter(path: Path, found: dict[str, Any]) -> str:
    """The sign that cuts the first rows into most cells, equally many in each."""
    sample = list(islice(_lines(path, found), 200))
    if sample and (told := re.fullmatch(r"sep=(.)\s*", sample[0])):
        return str(told[1])
    best, best_score = ",", 1.0
    for sign in (",", ";", "\t", "|"):
        try:
            widths = [len(cells) for cells in csv.reader(sample, delimiter=sign) if any(cells)]
        except csv.Error:
            continue
        widths = widths[: max(1, len(widths) - 1)]  # The last may be cut off.
        usual = max(set(widths), key=widths.count, default=1)
        score = usual * (widths.count(usual) / max(1, len(widths))) ** 2
        if usual > 1 and score > best_score:
            best, best_score = sign, score
    if best_score == 1.0:
        widths = [len(line.split()) for line in sample if line.strip()]
        if widths and widths[0] > 1 and len(set(widths)) == 1:
            return " "
    return best


def _workbook_rows(path: Path) -> Iterator[list[str]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(str(path))
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            if sheet.height:
                for cells in sheet.iter_rows():
                    yield [_cell_text(cell) for cell in cells]
                return
    except CalamineError as error:
        raise _unreadable_workbook() from error
    raise Refusal(_("This workbook has no rows. Please choose the file that holds your rows."))


def _cell_text(cell: Any) -> str:
    """A typed cell as text that our own parsers read without doubt."""
    match cell:
        case str():
            return cell.replace("\x00", "")
        case bool():
            return "true" if cell else "false"
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case datetime():
            return cell.isoformat(" ")
        case date() | time():
            return cell.isoformat()
        case timedelta():
            return str(cell)
    return str(cell)
