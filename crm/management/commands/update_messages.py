"""Collect every string of pages and code into the catalogue, check it, compile it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation.template import templatize

PACKAGES = ("config", "crm", "segments", "feedback", "campaigns")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}|%[sd]")
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def found_strings(base: Path) -> Iterator[tuple[str, int, Any, Any]]:
    """(file, line, message, context) of every marked string below `base`."""
    for package in PACKAGES:
        for path in sorted((base / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield from _strings(path.relative_to(base), path.read_text())
    for path in sorted((base / "templates").rglob("*.*")):
        if path.suffix in {".html", ".txt"}:
            masked = templatize(path.read_text(), origin=str(path))
            flat = "\n".join(line.lstrip() for line in masked.splitlines())  # Indentation means nothing here.
            yield from _strings(path.relative_to(base), flat)


def _strings(name: Path, source: str) -> Iterator[tuple[str, int, Any, Any]]:
    for line, message, _comments, context in extract(
        "python", io.BytesIO(source.encode()), keywords=KEYWORDS, options={"encoding": "utf-8"}
    ):
        yield name.as_posix(), line, message, context


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Bring locale/zh_Hans up to date with the marked strings of code and templates."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="change nothing; fail where a text is missing"
        )
        parser.add_argument("--compile", action="store_true", help="write the file that pages read")

    def handle(self, *args: Any, **options: Any) -> None:
        base = Path(settings.BASE_DIR)
        path = base / "locale/zh_Hans/LC_MESSAGES/django.po"
        if options["compile"]:
            with path.with_suffix(".mo").open("wb") as file_out:
                write_mo(file_out, read_po(io.BytesIO(path.read_bytes()), locale="zh_Hans"))
            return
        fresh = Catalog(locale="zh_Hans", charset="utf-8")
        for file, _line, message, context in found_strings(base):
            fresh.add(message, locations=[(file, 0)], context=context)
        catalog = (
            read_po(io.BytesIO(path.read_bytes()), locale="zh_Hans") if path.exists() else Catalog("zh_Hans")
        )
        catalog.fuzzy = False  # Else compiling would pass over the whole file.
        catalog.update(fresh, no_fuzzy_matching=True, update_header_comment=False)
        catalog.obsolete.clear()
        missing = [one for one in catalog if one.id and not _is_right(one)]
        if options["check"]:
            if missing:
                texts = "\n".join(f"  {one.locations[0][0]}: {one.id!r}" for one in missing[:40])
                raise CommandError(f"{len(missing)} texts lack a Chinese translation:\n{texts}")
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file_out:
            write_po(file_out, catalog, omit_header=False, sort_output=True, width=100, include_lineno=False)
        self.stdout.write(f"{len(list(catalog)) - 1} texts, {len(missing)} without a translation")


def _is_right(message: Message) -> bool:
    """Translated in every form, with placeholders that the original has in one of its forms."""
    originals, translated = _forms(message.id), _forms(message.string)
    known = {name for text in originals for name in PLACEHOLDER.findall(text)}
    used = {name for text in translated for name in PLACEHOLDER.findall(text)}
    return all(translated) and used <= known


def _forms(text: Any) -> Sequence[str]:
    return [text or ""] if text is None or isinstance(text, str) else text
