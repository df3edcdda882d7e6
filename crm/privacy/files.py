"""Files that hold an erased person: uploaded lists, error files, archives, lists in watched folders. They go.

A list that was imported is in the database already; its copy only served to show or repeat the import.
"""

from __future__ import annotations

import gzip
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.utils.translation import gettext as _

from crm.errors import Refusal
from crm.feeds import places
from crm.models import Feed, ImportBatch, ImportParcel
from crm.privacy import sweeping
from crm.privacy.sweeping import Needles

BLOCK = 1 << 20
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "gb18030", "big5", "cp949", "cp1252")
State = ImportBatch.State


def refuse_while_importing() -> None:
    """A running import may be writing about the person."""
    if ImportBatch.objects.filter(state=State.RUNNING).exists():
        raise Refusal(_("A file is being imported just now. Please erase when the import is done."))


def sweep(needles: Needles) -> list[str]:
    """Delete every file that mentions the person; their names below MEDIA_ROOT."""
    pattern = _pattern(needles)
    if pattern is None:
        return []
    return discard_all(lambda path: any(pattern.search(block) for block in blocks(path)))


def discard_all(tells: Callable[[Path], bool]) -> list[str]:
    """Delete every file of ours that tells of somebody; their names below the folder that holds them."""
    gone, root = [], Path(settings.MEDIA_ROOT)
    for folder, path in _ours(root):
        if tells(path):
            path.unlink(missing_ok=True)
            gone.append(str(path.relative_to(folder)))
    forget_paths(gone, root)
    return gone


def _ours(root: Path) -> Iterator[tuple[Path, Path]]:
    """(folder, file): what we keep, and the lists in watched folders, which may hold other things besides."""
    yield from ((root, path) for path in _sorted(root.rglob("*")))
    for name in Feed.objects.filter(kind=Feed.Kind.FOLDER).values_list("folder", flat=True):
        try:
            watched = places.folder(name)
        except Refusal:  # The root was moved: nothing was ever put away there.
            continue
        for folder in (watched, watched / places.DONE, watched / places.ERROR):
            yield from ((places.root().resolve(), path) for path in _sorted(folder.glob("*")))


def _sorted(paths: Iterable[Path]) -> list[Path]:
    return sorted(one for one in paths if one.is_file() and not one.is_symlink())


def _pattern(needles: Needles) -> re.Pattern[bytes] | None:
    forms = set()
    for text in needles.forms:
        for encoding in ENCODINGS:
            try:
                forms |= {one.encode(encoding) for one in (text, text.lower(), text.upper())}
            except UnicodeEncodeError:
                continue
    if not forms:
        return None
    return re.compile(
        b"|".join(re.escape(one) for one in sorted(forms, key=len, reverse=True)), re.IGNORECASE
    )


def blocks(path: Path) -> Iterator[bytes]:
    """The content, unpacked where it is packed, in pieces that overlap so that nothing hides between two.

    The name of the file comes first: people name lists after whom they are about.
    """
    yield path.name.encode()
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    yield name.encode()
                    with archive.open(name) as file:
                        yield from _overlapping(file)
            return
        with path.open("rb") as plain:
            packed = plain.read(2) == b"\x1f\x8b"
        with path.open("rb") as file:
            yield from _overlapping(gzip.GzipFile(fileobj=file) if packed else file)
    except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error):
        return


class Readable(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


def _overlapping(file: Readable) -> Iterator[bytes]:
    tail = b""
    while block := file.read(BLOCK):
        yield tail + block
        tail = block[-1000:]


def forget_paths(gone: list[str], root: Path) -> None:
    """Imports whose file is gone: what waits cannot run any more, what is done only lacks its copy."""
    if not gone:
        return
    of_files = ImportBatch.objects.filter(path__in=gone)
    waiting = of_files.filter(state__in=[State.DRAFT, State.QUEUED, State.FAILED])
    ImportParcel.objects.filter(batch__in=waiting.values("pk")).delete()
    waiting.update(state=State.CANCELLED)
    for batch in of_files:
        findings = sweeping.without_samples(batch.findings)
        ImportBatch.objects.filter(pk=batch.pk).update(path="", findings=findings)
    for batch in ImportBatch.objects.filter(counts__has_key="error_file"):
        listed = batch.counts.get("error_file") or ""
        if listed and not Path(root, listed).exists():
            counts = {**batch.counts, "error_file": None}
            ImportBatch.objects.filter(pk=batch.pk).update(counts=counts)
