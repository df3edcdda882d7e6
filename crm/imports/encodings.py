"""In which alphabet a file is written: decided from the whole file, never from a lucky beginning."""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, cast

from charset_normalizer import from_bytes
from django.utils.translation import gettext as _

from crm.errors import Refusal
from crm.imports import alphabets

BLOCK: Final = 1 << 20
SAMPLE: Final = 64_000
LARGEST: Final = 4 << 30  # Unpacked; a few kilobytes of gzip can hold terabytes.
LONGEST_LINE: Final = 20_000_000  # A file without line ends must not fill the memory.
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"BM\xf6", b"II*\x00", b"MM\x00*", b"\x00\x00\x00")
OTHERS = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "big5", "shift_jis", "cp949"]


def open_bytes(path: Path) -> IO[bytes]:
    """The file's bytes, unpacked where it is a gzip file."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return cast("IO[bytes]", gzip.open(path, "rb")) if packed else path.open("rb")


def detect(path: Path) -> tuple[str, bool]:
    """The encoding, and whether some lines are written in another one. Refuses what is no text at all."""
    try:
        with open_bytes(path) as file:
            head = file.read(SAMPLE)
        _refuse_other_things(head)
        for mark, name in MARKS:
            if head.startswith(mark):
                return _checked(path, name), False
        if wide := _without_mark(head):
            return _checked(path, wide), False
        _refuse_binary(head)
        if _decodes(path, "utf-8"):
            return "utf-8", False
        return _from_another_time(path)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Refusal(
            _("This gzip file is damaged. Please pack it again and upload it once more.")
        ) from error


def byte_lines(file: IO[bytes]) -> Iterator[bytes]:
    for line in iter(lambda: file.readline(LONGEST_LINE), b""):
        check_length(line)
        yield line


def check_length(line: str | bytes) -> None:
    """Refuse what came back from `readline(LONGEST_LINE)` without its end."""
    if len(line) >= LONGEST_LINE:
        raise _no_text()


def lines_of_two(file: IO[bytes], main: str) -> Iterator[str]:
    """Lines of a file with two encodings; bytes of foreign lines become lone surrogates, seen later."""
    utf8 = main.startswith("utf-8")
    for line in byte_lines(file):
        if line.isascii():
            yield line.decode("ascii")
            continue
        foreign = is_utf8(line) != utf8
        try:
            yield line.decode("ascii", "surrogateescape") if foreign else line.decode(main)
        except UnicodeDecodeError:
            yield line.decode("ascii", "surrogateescape")


def is_foreign(text: str) -> bool:
    """Does the text hold bytes that were not in the file's main encoding?"""
    return not text.isascii() and any("\udc80" <= sign <= "\udcff" for sign in text)


def readable(text: str) -> str:
    """Foreign bytes shown as well as can be, for the error file."""
    if not is_foreign(text):
        return text
    raw = text.encode("utf-8", "surrogateescape")
    return raw.decode("utf-8") if is_utf8(raw) else raw.decode("cp1252", "replace")


def is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _refuse_other_things(head: bytes) -> None:
    if not head.strip(b"\x00\r\n\t \xef\xbb\xbf"):
        raise Refusal(_("This file is empty. Please choose the file that holds your rows."))
    if head.startswith(PICTURES):
        raise Refusal(_("This is a picture or a film, not a table. Please upload a CSV or XLSX file."))
    if head.startswith(b"%PDF"):
        raise Refusal(_("This is a PDF, not a table. Please export your data as CSV or XLSX."))
    if head.startswith(b"PK"):
        raise Refusal(_("This is a ZIP archive. Please unpack it and upload the file inside."))


def _without_mark(head: bytes) -> str:
    """UTF-16 without its mark shows as a zero byte beside most Latin signs."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if even + odd < len(head) * 0.2:
        return ""
    if odd > 4 * even:
        return "utf-16-le"
    return "utf-16-be" if even > 4 * odd else ""


def _refuse_binary(head: bytes) -> None:
    strange = sum(head.count(code) for code in range(32) if code not in b"\t\r\n\x0b\x0c\x1a\x1b")
    if strange > 3 + len(head) * 0.005:
        raise _no_text()


def _no_text() -> Refusal:
    return Refusal(_("This file holds no text that Closeknit can read. Please upload a CSV or XLSX file."))


def _too_large() -> Refusal:
    return Refusal(_("This file is larger than 4 GB. Please split it into several files."))


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    size = 0
    with open_bytes(path) as file:
        try:
            while block := file.read(BLOCK):
                size += len(block)
                if size > LARGEST:
                    raise _too_large()
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _checked(path: Path, encoding: str) -> str:
    if not _decodes(path, encoding):
        raise Refusal(
            _("This file begins as %(encoding)s and is damaged further on. Please save it again as UTF-8.")
            % {"encoding": encoding.upper().removesuffix("-SIG")}
        )
    return encoding


def _from_another_time(path: Path) -> tuple[str, bool]:
    """Not all of it is UTF-8: an older encoding, or two encodings in one file."""
    modern = old = size = 0
    sample = bytearray()
    with open_bytes(path) as file:
        for line in byte_lines(file):
            size += len(line)
            if size > LARGEST:
                raise _too_large()
            if line.isascii():
                continue
            if is_utf8(line):
                modern += 1
            else:
                old += 1
                if len(sample) < SAMPLE:
                    sample += line
    if modern >= old:
        return "utf-8", True
    name = _old_encoding(bytes(sample))
    accident = name in {"gb18030", "big5", "shift_jis", "cp949"} and modern <= old * 0.02
    mixed = modern > 0 and not accident
    if not mixed and not _decodes(path, name):
        mixed = True
    return name, mixed


def _old_encoding(sample: bytes) -> str:
    eastern = alphabets.eastern(sample)
    if eastern:
        return eastern
    if _looks_chinese(sample):
        return "gb18030"
    candidates = [name for name in OTHERS if _can_decode(sample, name)]
    if not candidates:
        raise Refusal(_("Closeknit cannot tell how this file is encoded. Please save it as CSV in UTF-8."))
    latin = _latin(sample)
    if latin in candidates:
        return latin
    best = from_bytes(sample, cp_isolation=candidates).best()
    return str(best.encoding) if best else candidates[0]


def _looks_chinese(sample: bytes) -> bool:
    """Chinese bytes come in pairs, both above 0xA0, and mean everyday signs."""
    try:
        text = sample.decode("gb18030", "strict" if sample.endswith(b"\n") else "ignore")
    except UnicodeDecodeError:
        return False
    foreign = [sign for sign in text if ord(sign) > 127]
    common = 0
    for sign in foreign:
        try:
            common += "가" <= sign <= "힣" or len(sign.encode("gb2312")) == 2
        except UnicodeEncodeError:
            continue
    return bool(foreign) and common >= 0.8 * len(foreign)


def _can_decode(sample: bytes, name: str) -> bool:
    try:
        sample.decode(name)
    except UnicodeDecodeError:
        return False
    return True


def _latin(sample: bytes) -> str:
    """Which Latin alphabet it is, "" for another script.

    Accents stand alone between plain letters; Cyrillic, Greek or Arabic comes in runs of high bytes. Letters
    of Eastern Europe would show as signs (“³”, “¹”) inside Western words.
    """
    runs = [len(run) for run in re.findall(rb"[\x80-\xff]+", sample)]
    if sum(run for run in runs if run > 2) > 0.3 * sum(runs):
        return ""
    text = sample.decode("cp1252", "replace")
    odd = len(re.findall(r"(?<=[^\W\d_])[³¹¿¾¼½¶±²¥¢ª](?=[a-z])|[£¯](?=[a-z])", text))
    return "cp1250" if odd > 0.1 * sum(runs) else "cp1252"
