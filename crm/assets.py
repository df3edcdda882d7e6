"""Libraries of the browser, served straight from node_modules: only the files that pages use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

FILES = {
    "@tabler/core/dist/css/tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js",
    "echarts/dist/echarts.esm.min.mjs",
    "grapesjs/dist/css/grapes.min.css",
    "grapesjs/dist/grapes.min.js",
    "grapesjs-mjml/dist/index.js",
    "mjml-browser/lib/index.js",
}


class PackageFinder(BaseFinder):
    """Find `npm/<package path>` for the files listed above."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.storage = FileSystemStorage(location=settings.NODE_MODULES)
        self.storage.prefix = "npm"  # type: ignore[attr-defined]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        name = path.removeprefix("npm/")
        found = Path(settings.NODE_MODULES, name)
        if name == path or name not in FILES or not found.is_file():
            return []
        return [str(found)] if find_all else str(found)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[Any]:
        return ((name, self.storage) for name in sorted(FILES))
