"""Whether a file is what its name says, by its first bytes; nothing that runs is taken for a picture."""

from __future__ import annotations

from pathlib import PurePosixPath

from django.utils.translation import gettext as _

from crm.cases.attachments import KINDS

ZIP, OLE = (b"PK\x03\x04", b"PK\x05\x06"), (b"\xd0\xcf\x11\xe0",)
STARTS: dict[str, tuple[bytes, ...]] = {
    "pdf": (b"%PDF-",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "gif": (b"GIF87a", b"GIF89a"),
    "bmp": (b"BM",),
    "webp": (b"RIFF",),
    "wav": (b"RIFF",),
    "tiff": (b"II*\x00", b"MM\x00*"),
    "rtf": (b"{\\rtf",),
    "ogg": (b"OggS",),
    **dict.fromkeys(("zip", "docx", "xlsx", "pptx", "odt", "ods", "odp", "pages", "numbers"), ZIP),
    **dict.fromkeys(("doc", "xls", "ppt"), OLE),
}
BOXES = {"mp4", "mov", "m4a", "heic"}  # ISO 14496-12: the word ftyp stands after the length of the box.
TEXTS = {"txt", "csv", "eml", "ics", "vcf"}
RUNS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe")


def problem(name: str, data: bytes) -> str:
    """Why this file is not sent, in words; "" when it is what it says."""
    ending = PurePosixPath(name.lower()).suffix.lstrip(".")
    if ending not in KINDS:
        return _("Files of this kind cannot be sent: %(name)s") % {"name": name[:80]}
    if not data:
        return _("This file is empty: %(name)s") % {"name": name[:80]}
    if data.startswith(RUNS) or not _fits(ending, data):
        return _("This file is not what its name says: %(name)s") % {"name": name[:80]}
    return ""


def _fits(ending: str, data: bytes) -> bool:
    if ending in TEXTS:
        return b"\0" not in data[:4096] or data.startswith((b"\xff\xfe", b"\xfe\xff"))  # UTF-16 has zeros.
    if ending in BOXES:
        return data[4:8] == b"ftyp"
    return data.startswith(STARTS[ending]) if ending in STARTS else True
