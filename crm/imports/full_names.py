"""A name in one cell, cut into first and last."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

SEVERAL_SURNAMES: Final = (
    "欧阳",
    "司马",
    "诸葛",
    "上官",
    "司徒",
    "东方",
    "夏侯",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
    "令狐",
)


@lru_cache(maxsize=20_000)
def split_name(full: str) -> tuple[str, str]:
    """First and last name; a Chinese name begins with its surname."""
    full = " ".join(full.split())
    compact = full.replace(" ", "")
    if compact and all("\u4e00" <= sign <= "\u9fff" for sign in compact) and len(compact) <= 6:
        cut = 2 if compact.startswith(SEVERAL_SURNAMES) and len(compact) > 2 else 1
        return compact[cut:][:80], compact[:cut]
    if "," in full:
        last, first = full.split(",", 1)
        return first.strip()[:80], last.strip()[:80]
    first, _space, last = full.rpartition(" ")
    return (first[:80], last[:80]) if first else (last[:80], "")
