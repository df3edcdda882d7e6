"""Parts of a design that nobody filled: they are left out, so that no mail shows a broken picture."""

from __future__ import annotations

import re

PICTURE = re.compile(r"<mj-image\b((?:[^<>\"']|\"[^\"]*\"|'[^']*')*?)(?:/>|>\s*</mj-image>)")
CHOSEN = re.compile(r"\ssrc\s*=\s*(?:\"\s*[^\"\s]|'\s*[^'\s])")
EMPTY = re.compile(
    r"<(mj-text|mj-button)\b(?=[^<>]*\sdata-slot=)(?:[^<>\"']|\"[^\"]*\"|'[^']*')*"
    r"(?:/>|>\s*(?:<(h[1-6])[^<>]*>\s*</\2>|<p>\s*</p>)?\s*</\1>)"
)


def closed(mjml: str) -> str:
    """Without pictures that have no address and slots that say nothing; lines keep their numbers."""
    mjml = PICTURE.sub(
        lambda found: found[0] if CHOSEN.search(found[1]) else "\n" * found[0].count("\n"), mjml
    )
    return EMPTY.sub(lambda found: "\n" * found[0].count("\n"), mjml)
