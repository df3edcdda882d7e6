"""Cells into values: each parser is made once per column, with the style that the whole column decided."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from crm import addresses, custom_fields, phones
from crm.imports import zones

LIMIT: Final = Decimal(10) ** 10
EXACT: Final = Decimal("0.0001")
FIRST_DAY: Final = datetime(1899, 12, 30, tzinfo=UTC)  # What a spreadsheet counts its days from.
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTHS: Final = {name: number for number, name in enumerate(_NAMES, start=1)}
_TIME = (
    r"(?:[T\s,]+(?P<ap>上午|下午)?\s*(?P<h>\d{1,2})[:：时](?P<i>\d{2})(?:[:：分](?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?)?秒?"
    r"\s*(?P<ap2>[AaPp]\.?[Mm]\.?)?)?\s*(?P<z>Z|UTC|GMT|[+-]\d{2}:?\d{2})?"
)
_YMD = re.compile(r"(?P<y>\d{4})\s*[-/.年]\s*(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})日?" + _TIME)
_COMPACT = re.compile(r"(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})" + _TIME)
_BASIC = re.compile(  # 20250101T000000Z, the basic form of ISO 8601.
    r"(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})T(?P<h>\d{2})(?P<i>\d{2})(?P<s>\d{2})?(?:[.,](?P<f>\d{1,9}))?"
    r"(?P<z>Z|[+-]\d{2}:?\d{2})?"
)
# Seconds or milliseconds since 1970, from 2001 on.
_UNIX = re.compile(r"[1-4]\d{9}(?:\d{3})?(?:\.0)?", re.ASCII)
_SERIAL = re.compile(r"[345]\d{4}(?:\.\d{1,12})?", re.ASCII)  # Days of a spreadsheet, from 1982 to 2064.
_SLASHED = re.compile(r"(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<y>\d{4}|\d{2})" + _TIME)
_DAY_NAMED = re.compile(
    r"(?:\w{3,9},?\s+)?(?P<d>\d{1,2})(?:st|nd|rd|th)?[-\s.]+(?P<n>[A-Za-z]{3,9})[-\s.,]+(?P<y>\d{4}|\d{2})"
    + _TIME
)
_MONTH_NAMED = re.compile(
    r"(?:\w{3,9},?\s+)?(?P<n>[A-Za-z]{3,9})\.?\s+(?P<d>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y>\d{4})" + _TIME
)
_SCIENTIFIC = re.compile(r"-?\d(?:[.,]\d{1,20})?[eE][+-]\d{1,2}", re.ASCII)
_WORDS = re.compile(r"[a-z@_#/:;]")
_FIGURES = re.compile(r"\d")
_PLAIN = re.compile(r"-?\d{1,14}(?:\.\d{1,10})?", re.ASCII)
_MONEY = re.compile(r"[\s'’\u00a0\u202f]|[$€£¥₹元円]|^(?:US|A|C|HK|NT)(?=\$)|\b[A-Z]{3}\b|(?<=\d)[A-Z]{3}$")


class Bad(ValueError):
    """This cell is not understood; the text is a code of `crm.imports.reasons`."""


@dataclass(frozen=True, slots=True)
class Style:
    """How one column writes. `dates` as `family` says, but either; `decimals`: the decimal sign."""

    dates: str = "ymd"
    decimals: str = "."
    whole_floats: bool = False


type Parser = Callable[[str], Any]


def parser(kind: str, style: Style, zone: ZoneInfo) -> Parser:
    """A function from a trimmed, not blank cell to the value of that kind; it raises `Bad`."""
    makers: dict[str, Parser] = {
        "text": tidy,
        "email": email,
        "phone": phone,
        "yes_no": yes_no,
        "words": words,
        "id": (lambda cell: tidy(cell.split(".")[0])) if style.whole_floats else tidy,
        "decimal": lambda cell: decimal(cell, style.decimals),
        "integer": lambda cell: integer(cell, style.decimals),
        "moment": lambda cell: moment(cell, style.dates, zone),
        "day": lambda cell: moment(cell, style.dates, zone).astimezone(zone).date(),
        "number": lambda cell: custom_number(cell, style.decimals),
        "clock": zones.clock,
        "zone": zones.zone,
    }
    return makers[kind]


def tidy(cell: str) -> str:
    """Without control signs and marks that turn the writing direction."""
    if cell.isascii() and cell.isprintable():
        return cell
    kept = "".join(sign for sign in cell if sign in "\n\t" or unicodedata.category(sign) not in {"Cc", "Cs"})
    return unicodedata.normalize("NFC", kept).strip()


def family(cell: str) -> str:
    """Which style a date is in, "" for none; "either" where day and month are both up to 12."""
    if not _FIGURES.search(cell) or (cell[0].isalpha() and (len(cell.split(None, 1)) < 2 or "@" in cell)):
        return ""  # No date at all, or nothing behind the name of a day or month.
    if _YMD.fullmatch(cell):
        return "ymd"
    if _COMPACT.fullmatch(cell) or _BASIC.fullmatch(cell):
        return "compact"
    if _UNIX.fullmatch(cell):
        return "unix"
    if _SERIAL.fullmatch(cell):
        return "serial"
    if found := _SLASHED.fullmatch(cell):
        first, second = int(found["a"]), int(found["b"])
        if first > 12:
            return "dmy"
        return "mdy" if second > 12 else "either"
    return "named" if (_DAY_NAMED.fullmatch(cell) or _MONTH_NAMED.fullmatch(cell)) else ""


def moment(cell: str, style: str, zone: ZoneInfo) -> datetime:
    """A date with or without time, in UTC; what has no zone of its own is the shop's."""
    if style in {"unix", "serial"}:
        return _counted(cell, style, zone)
    if style in {"dmy", "mdy"}:
        found = _SLASHED.fullmatch(cell)
    elif style == "named":
        found = _DAY_NAMED.fullmatch(cell) or _MONTH_NAMED.fullmatch(cell)
    elif style == "compact":
        found = _COMPACT.fullmatch(cell) or _BASIC.fullmatch(cell)
    else:
        found = _YMD.fullmatch(cell)
    if found is None:
        raise Bad("date_style" if family(cell) else "bad_date")
    parts = found.groupdict()
    year = int(parts["y"])
    if style in {"dmy", "mdy"}:
        day, month = int(parts["a"]), int(parts["b"])
        if style == "mdy":
            day, month = month, day
    else:
        day = int(parts["d"])
        month = int(parts["m"]) if "m" in parts else MONTHS.get(parts["n"][:3].lower(), 0)
    if year < 100:
        year += 2000 if year < 70 else 1900
    try:
        naive = datetime(year, month, day, *_clock(parts), tzinfo=_zone(parts["z"]) or zone)
        if not 1880 <= year <= 2199:
            raise Bad("bad_date")
        return naive.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Bad("bad_date") from error


def _counted(cell: str, style: str, zone: ZoneInfo) -> datetime:
    """A moment as a count: seconds or milliseconds since 1970, or a spreadsheet's days."""
    if family(cell) != style:
        raise Bad("date_style" if family(cell) else "bad_date")
    if style == "serial":
        local = FIRST_DAY + timedelta(seconds=round(float(cell) * 86_400))
        return local.replace(tzinfo=zone).astimezone(UTC)
    whole = cell.partition(".")[0]
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(whole.ljust(13, "0")))


def _clock(parts: dict[str, str]) -> tuple[int, int, int, int]:
    if parts["h"] is None:
        return 0, 0, 0, 0
    hour = int(parts["h"])
    half = (parts.get("ap") or parts.get("ap2") or "").replace(".", "").lower()
    if half in {"pm", "下午"} and hour < 12:
        hour += 12
    elif half in {"am", "上午"} and hour == 12:
        hour = 0
    fraction = int((parts["f"] or "0").ljust(6, "0")[:6])
    return hour, int(parts["i"]), int(parts["s"] or 0), fraction


def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    if text in {"Z", "UTC", "GMT"}:
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def bare_number(cell: str) -> str:
    """The figure without currency, blanks and apostrophes; brackets mean minus. "" if there is none."""
    if _SCIENTIFIC.fullmatch(cell):
        cell = _written_out(cell)
    if _WORDS.search(cell):
        return ""
    if not cell.isascii():
        cell = unicodedata.normalize("NFKC", cell).replace("−", "-")
    text = _MONEY.sub("", cell)
    if text.startswith("(") and text.endswith(")"):
        text = "-" + text[1:-1]
    elif text.endswith("-"):
        text = "-" + text[:-1]
    text = text.removeprefix("+")
    figure = text.removeprefix("-")
    return text if figure and figure[0] in "0123456789.," and figure.strip("0123456789.,") == "" else ""


def _written_out(cell: str) -> str:
    """1.25e+03 as 1250.0000; its decimal sign stays."""
    value = Decimal(cell.replace(",", "."))
    text = f"{value.quantize(EXACT):f}" if abs(value) < LIMIT else f"{value:f}"
    return text.replace(".", ",") if "," in cell else text


def number_style(cell: str) -> str:
    """Which decimal sign a figure shows: ".", ",", "?." or "?," (one sign and three digits), "0" for none.

    "" when the cell is no figure.
    """
    if not _FIGURES.search(cell):
        return ""
    text = bare_number(cell).removeprefix("-")
    if not text:
        return ""
    points, commas = text.count("."), text.count(",")
    if points and commas:
        last = "." if text.rindex(".") > text.rindex(",") else ","
        other = "," if last == "." else "."
        head = text[: text.rindex(last)].split(other)
        fits = text.count(last) == 1 and all(len(part) == 3 for part in head[1:]) and 1 <= len(head[0]) <= 3
        return last if fits else ""
    if not points and not commas:
        return "0"
    sign = "." if points else ","
    parts = text.split(sign)
    in_threes = 1 <= len(parts[0]) <= 3 and parts[0] != "0" and all(len(part) == 3 for part in parts[1:])
    if points + commas > 1:
        return ("," if sign == "." else ".") if in_threes else ""
    return f"?{sign}" if in_threes else sign


def decimal(cell: str, sign: str) -> Decimal:
    """A figure with four decimals, read in the column's style."""
    if sign == "." and _PLAIN.fullmatch(cell):
        value = Decimal(cell)
    else:
        shown = number_style(cell)
        if not shown:
            raise Bad("bad_number")
        if shown in {".", ","} and shown != sign:
            raise Bad("number_style")
        text = bare_number(cell).replace("," if sign == "." else ".", "").replace(",", ".")
        value = Decimal(text)
    if not -LIMIT < value < LIMIT:
        raise Bad("too_large")
    return value.quantize(EXACT)  # One form for one figure, so that equal rows have equal fingerprints.


def integer(cell: str, sign: str) -> int:
    value = decimal(cell, sign)
    if value != int(value):
        raise Bad("bad_number")
    return int(value)


def custom_number(cell: str, sign: str) -> int | float:
    value = decimal(cell, sign)
    return int(value) if value == int(value) else float(value)


def email(cell: str) -> str:
    """The address in its one form; refused when no mail can be addressed so."""
    try:
        return addresses.normalise(cell.removeprefix("mailto:").strip("'<> "))
    except ValueError as error:
        raise Bad("bad_email") from error


def phone(cell: str) -> str:
    """Checked later with the row's country (see `crm.imports.people`); here only what it looks like."""
    text = tidy(cell).lstrip("'")
    if len(_FIGURES.findall(text)) < 5:
        raise Bad("bad_phone")
    return text[:40]


@lru_cache(maxsize=20_000)
def dialled(text: str, country: str) -> str:
    """One form for one number: international where it can be told, else its digits."""
    try:
        full = phones.normalise(text, country)
    except ValueError:
        full = text
    return full if full.startswith("+") else re.sub(r"[^\d+]", "", full)


def yes_no(cell: str) -> bool:
    word = cell.casefold()
    if word in custom_fields.YES or word in {"subscribed", "granted", "opted in", "已订阅", "同意"}:
        return True
    if word in custom_fields.NO or word in {
        "unsubscribed",
        "withdrawn",
        "opted out",
        "未订阅",
        "不同意",
        "退订",
    }:
        return False
    raise Bad("bad_yes_no")


def words(cell: str) -> list[str]:
    parts = (" ".join(tidy(part).split())[:60] for part in re.split(r"[,;|，；、\n]", cell))
    return sorted({part for part in parts if part})
