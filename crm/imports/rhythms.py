"""How files write how often something renews, and in what state it is."""

from __future__ import annotations

import re
from typing import Final

from crm.models import Subscription

Interval, State = Subscription.Interval, Subscription.State
UNITS: Final = {
    "day": "day", "daily": "day", "天": "day", "日": "day",
    "week": "week", "weekly": "week", "周": "week", "星期": "week",
    "month": "month", "monthly": "month", "月": "month", "个月": "month",
    "quarter": "quarter", "quarterly": "quarter", "季": "quarter", "季度": "quarter",
    "year": "year", "yearly": "year", "annual": "year", "annually": "year", "annum": "year", "年": "year",
}  # fmt: skip
WORDS: Final = {"biweekly": ("week", 2), "fortnight": ("week", 2), "fortnightly": ("week", 2),
                "bimonthly": ("month", 2), "halfyearly": ("month", 6), "semiannual": ("month", 6),
                "半年": ("month", 6), "双周": ("week", 2)}  # fmt: skip
RHYTHMS: Final = {
    ("day", 7): Interval.WEEK,
    ("week", 1): Interval.WEEK,
    ("day", 14): Interval.FORTNIGHT,
    ("week", 2): Interval.FORTNIGHT,
    ("day", 28): Interval.FOUR_WEEKS,
    ("week", 4): Interval.FOUR_WEEKS,
    ("day", 30): Interval.MONTH,
    ("month", 1): Interval.MONTH,
    ("month", 2): Interval.TWO_MONTHS,
    ("month", 3): Interval.QUARTER,
    ("quarter", 1): Interval.QUARTER,
    ("day", 90): Interval.QUARTER,
    ("month", 6): Interval.HALF_YEAR,
    ("quarter", 2): Interval.HALF_YEAR,
    ("month", 12): Interval.YEAR,
    ("year", 1): Interval.YEAR,
    ("day", 365): Interval.YEAR,
}
STATES: Final = {
    State.ACTIVE: "active trialing trial live running pastdue unpaid pendingcancel pendingcancellation "
    "生效 生效中 进行中 正常 有效 试用",
    State.PAUSED: "paused pause onhold suspended skipped 暂停 已暂停",
    State.CANCELLED: "cancelled canceled cancel inactive failed stopped 取消 已取消",
    State.ENDED: "ended expired complete completed incompleteexpired finished 到期 已到期 已结束 结束",
}
_STATES: Final = {word: state for state, words in STATES.items() for word in words.split()}
NEVER_BEGAN: Final = frozenset(["incomplete", "pending", "draft", "trash", "待付款"])
_COUNT: Final = re.compile(r"\d+")


def interval(text: str, count: int | None = None) -> str:
    """The rhythm that words like "monthly", "every 2 weeks", "6 个月" mean, "" when we keep none like it."""
    word = re.sub(r"[\s_\-/.()（）]|every|each|per|每", "", text.casefold())
    if word in WORDS:
        return RHYTHMS[WORDS[word]]
    told = _COUNT.search(word)
    unit = UNITS.get(_COUNT.sub("", word).removesuffix("s"), "")
    return RHYTHMS.get((unit, count or (int(told[0][:4]) if told else 1)), "")


def state(text: str) -> str:
    """The state that the word means, "" when none."""
    return _STATES.get(plain(text), "")


def plain(text: str) -> str:
    return re.sub(r"[\s_\-]", "", text.casefold()).removeprefix("wc")
