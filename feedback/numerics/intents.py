"""What a comment wants: it asks something, or it says that the customer is about to leave."""

from __future__ import annotations

import re
from typing import Final

GOOD_FROM: Final = 0.6
BAD_TO: Final = 0.4
SCORE_WEIGHT: Final = 3.0  # Odds.

_ASKS: Final = re.compile(
    r"\?(?:\s|$)|^(?:can|could|do|does|will|would|is|are|when|where|how|why|which|what) \w+ .*\?"
    r"|\b(?:i wonder|please (?:tell|let) (?:me|us)|is it possible"
    r"|could you (?:please )?(?:tell|let|send|add|offer)"
    r"|how (?:do|can|could) (?:i|we)|when (?:will|do|can) (?:you|i|we))\b"
    r"|请问|能否|能不能|可不可以|可以不可以|什么时候能|怎么(?:才能|样才能|联系|退|办)|如何(?:才能|联系|退)|有没有.{0,12}[?]|吗[?]"
)
_LEAVES: Final = re.compile(
    r"\b(?:never (?:again|buy|buying|order|ordering|come|coming|shop|shopping|use|return)\b"
    r"|last time (?:i|we)\b"
    r"|(?:won't|wont|will not|not going to|wouldn't)"
    r" (?:be )?(?:buy|order|com|return|shop|us|renew|go)\w*(?: \w+){0,3}"
    r" (?:again|back|here|anymore|any more)|(?:cancel|close|end)(?:l?ing|l?ed)? (?:my|our) (?:\w+ )?"
    r"(?:subscription|account|membership|contract|order)|(?:switch|mov|chang)(?:e|ed|ing)"
    r" to (?:another|a different|your"
    r"|the competition|someone)|(?:look|search)ing for (?:an )?(?:alternative|another)"
    r"|lost (?:me as )?a customer"
    r"|(?:take|taking) my (?:business|money) elsewhere|go(?:ing)? elsewhere|done with (?:you|this|them))"
    r"|再也不|再不会|不会再(?:来|买|点|订|去|用|选|光顾|回)|不再(?:来|买|点|订|去|用|光顾)|以后(?:不|都不|绝不|坚决不)"
    r"|绝对?不会?再|最后一次|换(?:一家|别家|别的)|取消(?:会员|订阅|合同|续费)|不(?:会)?续费|拉黑|卸载|永不"
)


def mood(chance: float) -> str:
    """ "good", "bad" or "mixed", from the chance that a comment is content."""
    return "good" if chance >= GOOD_FROM else "bad" if chance <= BAD_TO else "mixed"


def with_score(chance: float, is_good: bool | None) -> float:
    """The chance once the score is known that came with the comment: dry words get their mood from it."""
    if is_good is None:
        return chance
    odds = max(chance, 1e-6) / max(1 - chance, 1e-6) * (SCORE_WEIGHT if is_good else 1 / SCORE_WEIGHT)
    return odds / (1 + odds)


def asks(text: str) -> bool:
    """A plain text holds a question that wants an answer."""
    return bool(_ASKS.search(text))


def leaves(text: str) -> bool:
    """A plain text says that the customer will not come back."""
    return bool(_LEAVES.search(text))
