"""What a column of a form export asks, told from the question in its header."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_PATTERNS: Final = {
    "email": r"e-?mail|邮箱|电子邮件",
    "answered_at": r"^(?:timestamp|时间戳|提交(?:答卷)?时间|submit(?:ted)?(?: at| date| time)?|date submitted"
    r"|completion time|completed at|response date|recorded ?date|end ?date)",
    "nps": r"recommend|net promoter|\bnps\b|推荐",
    "csat": r"how satisfied|how happy|satisfaction|satisfied (?:are|were) you|\bcsat\b|满意",
    "ces": r"how easy|made it easy|easy (?:was|is) it|how much effort|\bces\b|容易|轻松|费力",
    "comment": r"reason for (?:your|the)|why did you|what (?:can|could|should) we|improve|anything else"
    r"|tell us more|(?:any|other|additional|further) (?:\w+ )?(?:comment|feedback|suggestion|remark)s?"
    r"|in your own words|原因|建议|意见|还有什么|想说",
}
_ASKS: Final = re.compile(r"[?？]\s*\*?\s*$|\[[^\]]+\]\s*$")
LONG_ENGLISH: Final = 5  # Words,
LONG_CHINESE: Final = 8  # or signs, beyond which a header is a question.


def recognise(columns: Sequence[str], taken: set[str]) -> dict[str, str]:
    """Column → field. Each field once; every other question becomes one of the survey."""
    found: dict[str, str] = {}
    for field, pattern in _PATTERNS.items():
        if field in taken:
            continue
        test = re.compile(pattern, re.IGNORECASE)
        column = next((one for one in columns if one not in found and test.search(one.strip())), None)
        if column is not None:
            found[column] = field
    for column in columns:
        if column not in found and _is_question(column):
            found[column] = f"answer.{' '.join(column.split()).rstrip(' *')}"
    return found


def _is_question(column: str) -> bool:
    if _ASKS.search(column):
        return True
    signs = len(re.findall(r"[\u3400-\u9fff]", column))
    return len(column.split()) > LONG_ENGLISH or signs > LONG_CHINESE
