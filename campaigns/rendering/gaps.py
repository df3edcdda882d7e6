"""Parts of a design that nobody filled: they are left out, so that no mail shows a broken picture."""

from __future__ import annotations

import re

PICTURE = re.compile(r"<mj-image\b((?:[^<>\"']|\"[^\"]*\"|'[^']*')*?)(?:/>|>\s*</mj-image>)")
CHOSEN = re.compile(r"\ssrc\s*=\s*(?:\"\s*[^\"\s]|'\s*[^'\s])")
EMPTY = re.compile(
    r"<(mj-text|mj-button)\b(?=[^<>]*\sdata-slot=)(?:[^<>\"']|\"[^\"]*\"|'[^']*')*"
    r"(?:/>|>\s*(?:<(h[1-6])[^<>]*>\s*</\2>|<p>\s*</p>)?\s*</\1>)"
)
# Within a text, an empty line leaves and an empty cell holds its place; neither needs its name any more.
ATTRIBUTE = r"(?:[^<>\"']|\"[^\"]*\"|'[^']*')"
LINE = re.compile(rf"<(p|li|span|div|h[1-6])\b(?=[^<>]*\sdata-slot=){ATTRIBUTE}*>\s*(?:<p>\s*</p>)?\s*</\1>")
NAMED = re.compile(
    rf"(<(?:td|th|p|li|span|div|h[1-6])\b{ATTRIBUTE}*?)\sdata-slot\s*=\s*(?:\"[^\"]*\"|'[^']*')"
)


def closed(mjml: str) -> str:
    """Without pictures that have no address and slots that say nothing; lines keep their numbers."""
    mjml = PICTURE.sub(
        lambda found: found[0] if CHOSEN.search(found[1]) else "\n" * found[0].count("\n"), mjml
    )
    mjml = LINE.sub(lambda found: "\n" * found[0].count("\n"), mjml)
    mjml = EMPTY.sub(lambda found: "\n" * found[0].count("\n"), mjml)
    return NAMED.sub(r"\1", mjml)
