"""Subjects as people read them: what is filled in for each person stands as a word, not as code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

CODE = re.compile(r"(\{\{.*?\}\}|\{%.*?%\})", re.DOTALL)
FALLBACK = re.compile(r"\|\s*default:\s*(?:\"([^\"]*)\"|'([^']*)')")
NAME = re.compile(r"[a-z_][\w.]*", re.IGNORECASE)
SILENT = re.compile(r"\{%-?\s*(?:end\w+|else)\s*-?%\}")  # They say nothing that their beginning has not said.


def for_anybody(subject: str) -> str:
    """As strangers read it: with what stands for an unknown person, else an ellipsis."""

    def said(code: re.Match[str]) -> str:
        found = FALLBACK.search(code[0])
        return (found[1] or found[2] or "") if found else "…"

    return CODE.sub(said, subject)


def parts(subject: str, labels: Mapping[str, str]) -> Iterator[tuple[bool, str]]:
    """(is it filled in, words) one after the other; codes by the names that they have for the reader."""
    for place, text in enumerate(CODE.split(subject)):
        if not place % 2:
            if text:
                yield False, text
        elif not SILENT.fullmatch(text):
            yield True, _spoken(text, labels)


def _spoken(code: str, labels: Mapping[str, str]) -> str:
    inner = re.sub(r"^\{[{%]-?\s*|\s*-?[%}]\}$", "", code)
    if code.startswith("{{"):
        inner = inner.split("|")[
            0
        ].strip()  # How it is written and what stands in its place is seen elsewhere.
    return NAME.sub(lambda name: labels.get(name[0], name[0]), inner)
