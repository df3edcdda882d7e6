"""Words that make mail filters and readers suspicious, from a list that a person can read and extend."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

LISTS = Path(__file__).parent / "phrases.toml"
SHOUTED = re.compile(r"\b[A-Z]{3,}(?:[\s!]+[A-Z]{3,}){2,}\b")
LOUD = re.compile(r"[!！]{3,}|[$¥€£￥]{3,}")


@cache
def _phrases() -> re.Pattern[str]:
    lists = tomllib.loads(LISTS.read_text(encoding="utf-8"))
    latin = "|".join(re.escape(one).replace(r"\ ", r"\s+") for one in lists["en"])
    chinese = "|".join(re.escape(one) for one in lists["zh"])
    return re.compile(rf"(?<!\w)(?:{latin})(?!\w)|(?:{chinese})", re.IGNORECASE)


def suspicious(text: str) -> list[str]:
    """The phrases of the list that stand in a text, as they stand there; also shouting and many !!!."""
    found = [one[0] for pattern in (_phrases(), SHOUTED, LOUD) for one in pattern.finditer(text)]
    return list({" ".join(one.lower().split()): " ".join(one.split()) for one in found}.values())
