"""What was newly written, apart from what was only repeated below it. Nothing is ever lost of either."""

from __future__ import annotations

import re

from mailparser_reply import EmailReplyParser

LANGUAGES = ["en", "zh", "de", "fr", "es", "it", "nl", "pl", "ja", "ko", "pt", "sv", "da", "no", "cs"]
LONGEST = 40_000  # Signs that the parser looks at: its patterns are slow on much more.
_forwarded = re.compile(r"\s*(fwd?|wg|tr|rv|i|enc|转发|轉寄|转寄)\s*[:：]", re.IGNORECASE)
_chinese = re.compile(
    r"(?m)^\s*(?:-{2,}\s*(?:原始邮件|原始郵件|Original)\s*-{2,}|.{0,80}(?:写道|寫道|于.{4,40}写道)\s*[:：]\s*$|"
    r"(?:发件人|寄件者|寄件人)\s*[:：].*$)"
)


def is_forward(subject: str) -> bool:
    return _forwarded.match(subject) is not None


def split(text: str) -> tuple[str, str]:
    """(newly written, repeated); everything is new when the two cannot be told apart."""
    if found := _chinese.search(text):
        above, below = text[: found.start()].strip(), text[found.start() :].strip()
        if above:
            return above, below
    try:
        latest = (EmailReplyParser(languages=LANGUAGES).parse_reply(text[:LONGEST]) or "").strip()
    except (re.error, RecursionError, IndexError):
        return text, ""
    at = text.find(latest) if latest else -1
    if at < 0 or text[:at].strip():  # Cut elsewhere than at the end: leave it whole.
        return text, ""
    return latest, text[at + len(latest) :].strip()
