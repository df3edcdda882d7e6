"""Whether a colour can be read on another (WCAG 2)."""

from __future__ import annotations

import re

READABLE = 4.5
WHITE, INK = "#ffffff", "#111827"


def known(color: str) -> bool:
    return re.fullmatch("#[0-9a-fA-F]{6}", color) is not None


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white), of two colours written #rrggbb."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def readable(color: str, ground: str) -> bool:
    return contrast(color, ground) >= READABLE


def ink_on(ground: str) -> str:
    """White where it can be read, else nearly black."""
    return WHITE if readable(WHITE, ground) else INK


def _luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    r, g, b = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
