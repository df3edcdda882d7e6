"""Tables as files, in constant memory however long they are: CSV that streams, XLSX that is written to disk.

    rows = exporting.customers(people, columns, masked=masking.active())
    return exporting.answer(rows, [one.label for one in columns], kind="csv", name="customers")

Texts that a spreadsheet would calculate get an apostrophe before them in CSV (imports take it off again); in
XLSX they are written as texts. What is masked is masked while rows are read, which is after the view.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.text import slugify

from crm import customer_list, masking
from crm.listing.columns import Cell, Column
from crm.models import Customer, CustomerQuerySet
from crm.spreadsheets import safe

CHUNK = 2000
KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MOST_XLSX_ROWS = 1_048_575

type Line = Sequence[Cell]


def customers(people: CustomerQuerySet, columns: Sequence[Column], *, masked: bool) -> Iterator[list[Line]]:
    """Chunks of lines in the order in which customers came in, each read by itself."""

    def lines(some: Sequence[Customer]) -> list[Line]:
        return [[cell for _column, cell in row.cells] for row in customer_list.rows_of(some, columns)]

    return chunks(customer_list.with_columns(people, columns), lines, masked=masked)


def chunks(
    rows: Any, lines: Callable[[Sequence[Any]], list[Line]], *, masked: bool, size: int = CHUNK
) -> Iterator[list[Line]]:
    """Lines for the rows of a queryset, `size` at a time by primary key; masking holds while reading."""
    last: Any = None
    language, zone = translation.get_language(), timezone.get_current_timezone()
    rows = rows.order_by("pk")
    while True:
        # Work it out whole before giving it away: the reader of a stream is no longer inside the request.
        with masking.applied(masked), translation.override(language), timezone.override(zone):
            some = list((rows if last is None else rows.filter(pk__gt=last))[:size])
            found = lines(some)
        if found:
            yield found
        if len(some) < size:
            return
        last = some[-1].pk


def answer(
    found: Iterable[list[Line]], header: Sequence[object], *, kind: str, name: str
) -> HttpResponseBase:
    """The file as an answer to download."""
    titles = [str(one) for one in header]
    file_name = f"{slugify(name) or 'export'}.{kind}"
    if kind == "xlsx":
        return FileResponse(
            xlsx(found, titles), as_attachment=True, filename=file_name, content_type=KINDS["xlsx"]
        )
    response = StreamingHttpResponse(csv_parts(found, titles), content_type=KINDS["csv"])
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    response["X-Accel-Buffering"] = "no"
    return response


def csv_parts(found: Iterable[list[Line]], header: Sequence[str]) -> Iterator[bytes]:
    """UTF-8 with the mark that Excel needs to see Chinese names."""
    yield "\ufeff".encode() + _lines([header])
    for lines in found:
        yield _lines([[_text(cell) for cell in line] for line in lines])


def _lines(lines: Iterable[Sequence[str]]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([safe(cell) for cell in line] for line in lines)
    return buffer.getvalue().encode()


def xlsx(found: Iterable[list[Line]], header: Sequence[str]) -> IO[bytes]:
    """An open file that is gone when it is closed; rows go to the disk as they come."""
    file = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115 - closed by the answer.
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(file, {**options, "strings_to_numbers": False, "remove_timezone": True})
    sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
    days = book.add_format({"num_format": "yyyy-mm-dd"})
    for place, title in enumerate(header):
        sheet.write_string(0, place, title, bold)
    sheet.freeze_panes(1, 0)
    number = 0
    for lines in found:
        for line in lines:
            number += 1
            if number > MOST_XLSX_ROWS:
                break
            _write(sheet, number, line, days)
    book.close()
    file.seek(0)
    return file


def _write(sheet: Any, number: int, line: Line, days: Any) -> None:
    for place, cell in enumerate(line):
        if cell is None or cell == "":
            continue
        if isinstance(cell, datetime):
            sheet.write_datetime(number, place, _day(cell), days)
        elif isinstance(cell, date):
            sheet.write_datetime(number, place, cell, days)
        elif isinstance(cell, int | float | Decimal):
            sheet.write_number(number, place, cell)
        else:
            sheet.write_string(number, place, str(cell)[:32_000])


def _day(cell: datetime) -> date:
    return timezone.localtime(cell).date() if timezone.is_aware(cell) else cell.date()


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return _day(cell).isoformat()
    if isinstance(cell, Decimal):
        return f"{cell.normalize():f}"
    return str(cell)
