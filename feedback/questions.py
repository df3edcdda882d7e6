"""What a column of a form export asks, told from the question in its header."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_PATTERNS: Final = {
    "email": r"e-?mail|邮箱|电子邮件",
    "answered_at": r"^(?:timestamp|时间戳|提交(?:答卷)?时间|submit(?:ted)?(?: at| date| time)?|date submitted"
    r"|completion time|completed at|response date|recorded ?date|end ?date)",
    "nps": r"recommend|net promoter|\bnps\b|推荐|推薦|介绍给",
    "csat": r"how satisfied|how happy|satisfaction|satisfied (?:are|were) you|\bcsat\b|满意|滿意",
    "ces": r"how easy|made it easy|easy (?:was|is) it|how much effort|\bces\b|容易|轻松|费力"
    r"|省力|方便程度|便捷程度",
    "comment": r"reason for (?:your|the)|why did you|what (?:can|could|should) we|improve|anything else"
    r"|tell us more|(?:any|other|additional|further) (?:\w+ )?(?:comment|feedback|suggestion|remark)s?"
    r"|in your own words|原因|建议|意见|还有什么|想说",
}
SCORES: Final = ("nps", "csat", "ces")
# Asks for words about the same matter: "Which tea do you recommend?", "不满意的原因".
_OPEN: Final = re.compile(
    r"\b(?:why|which|what(?! is your (?:overall )?(?:satisf|rating|score|level))|who|where|reason"
    r"|describe|explain|tell us)\b"
    r"|哪|什么|为何|为什么|原因|理由|建议|意见|怎么|请说明|请描述|谁",
    re.IGNORECASE,
)
# Says that a number is meant: of two columns that fit, this one holds it.
_MEASURES: Final = re.compile(
    r"\b(?:likely|likelihood|how|score|rate|rating|nps|csat|ces|net promoter)\b|\d\s*[-–—~～到至]\s*\d+"
    r"|可能|程度|多大|如何|愿意|是否|评分|打分|分值|净推荐|总体|整体|[满滿]意度",
    re.IGNORECASE,
)
_RANGE: Final = re.compile(r"\d\s*(?:[-–—~～到至]|to)\s*\d", re.IGNORECASE)
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
        fitting = [one for one in columns if one not in found and test.search(one.strip())]
        if field in SCORES:
            fitting = _that_measure(fitting)
        if fitting:
            found[fitting[0]] = field
    for column in columns:
        if column not in found and _is_question(column):
            found[column] = f"answer.{' '.join(column.split()).rstrip(' *')}"
    return found


def _that_measure(columns: Sequence[str]) -> list[str]:
    """Those that ask for a number, the surest first; in a form of two languages the one that comes first."""
    closed = [one for one in columns if not _OPEN.search(one) or _RANGE.search(one)]
    return sorted(closed, key=lambda one: not _MEASURES.search(one))


def _is_question(column: str) -> bool:
    if _ASKS.search(column):
        return True
    signs = len(re.findall(r"[\u3400-\u9fff]", column))
    return len(column.split()) > LONG_ENGLISH or signs > LONG_CHINESE
