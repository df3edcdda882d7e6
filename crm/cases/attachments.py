"""Files that customers send: kept under names of our own, of kinds that people exchange, within limits."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext_noop as _

from crm import housekeeping
from crm.models import CaseAttachment, CaseMessage, ReceivedMail

FOLDER = "cases"
LARGEST = 10 << 20
MOST = 20
PICTURES = ("png", "gif", "webp", "heic", "bmp", "tiff", "jpeg")
PAPERS = (
    "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "odp", "rtf", "eml", "ics", "vcf", "pages",
    "numbers", "zip", "mp3", "m4a", "ogg", "wav", "mp4", "mov",
)  # fmt: skip
# Endings that are kept, and as what they are given out: nothing that a browser would run.
KINDS = {
    **{ending: f"image/{ending}" for ending in PICTURES},
    **dict.fromkeys(PAPERS, "application/octet-stream"),
    "jpg": "image/jpeg",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "csv": "text/csv",
}
TOO_LARGE = _("Larger than 10 MB")
TOO_MANY = _("More than 20 files")
NOT_KEPT = _("Files of this kind are not kept, for safety")


def keep(message: CaseMessage, files: Iterable[tuple[str, str, bytes]], *, at: datetime) -> None:
    """Store (name, type, bytes) with the message; what is not kept leaves a line with the reason."""
    for number, (name, content_type, data) in enumerate(files):
        ending = PurePosixPath(name.lower()).suffix.lstrip(".")
        reason = ""
        if number >= MOST:
            reason = TOO_MANY
        elif len(data) > LARGEST:
            reason = TOO_LARGE
        elif ending not in KINDS:
            reason = NOT_KEPT
        stored = "" if reason else store(data, at=at)
        CaseAttachment.objects.create(
            message=message,
            name=name[:200] or "file",
            content_type=KINDS.get(ending, content_type)[:120],
            size=len(data),
            file=stored,
            reason=reason,
        )
        if number > MOST:
            break


def store(data: bytes, *, at: datetime) -> str:
    """Write a file under a name that nobody can guess; returns it."""
    name = f"{FOLDER}/{at:%Y/%m}/{secrets.token_hex(16)}.bin"
    return default_storage.save(name, ContentFile(data))


def forget(names: Iterable[str]) -> None:
    """Remove these files: their rows go with the person whom they are about."""
    for name in names:
        if name.startswith(f"{FOLDER}/"):
            default_storage.delete(name)


@housekeeping.register
def forget_orphans(now: datetime) -> None:
    """Remove files that no row names any more, a day after they were written."""
    root = Path(default_storage.path(FOLDER))
    if not root.is_dir():
        return
    before = (now - timedelta(days=1)).timestamp()
    old = [path for path in root.rglob("*.bin") if path.stat().st_mtime < before]
    base = Path(default_storage.path(""))
    for start in range(0, len(old), 500):
        some = {path.relative_to(base).as_posix(): path for path in old[start : start + 500]}
        known = set(CaseAttachment.objects.filter(file__in=some).values_list("file", flat=True))
        known |= set(ReceivedMail.objects.filter(file__in=some).values_list("file", flat=True))
        for name, path in some.items():
            if name not in known:
                path.unlink(missing_ok=True)
