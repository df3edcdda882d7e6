"""The page after the last one: by score, else for everybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from feedback import texts
from feedback.models import Survey
from feedback.recall import Fill


@dataclass(frozen=True, slots=True)
class Ending:
    title: str
    text: str = ""
    button: str = ""
    url: str = ""


def ending(survey: Survey, score: int | None, language: str, shop: str, fill: Fill) -> Ending:
    """What somebody with this score reads at the end, and where they may go."""
    plain = Ending(fill(texts.say(survey, "thanks", language, shop)))
    for one in survey.endings:
        if score is None or not one.get("from", 0) <= score <= one.get("to", 10):
            continue
        said = _said(one, language)
        button, url = said.get("button", ""), one.get("url", "")
        title = fill(said.get("title", "")) or plain.title
        return Ending(title, fill(said.get("text", "")), button if url else "", url if button else "")
    return plain


def _said(one: dict[str, Any], language: str) -> dict[str, str]:
    turns = [language, *texts.LANGUAGES, *one.get("texts", {})]
    return next((said for code in turns if any((said := one["texts"].get(code, {})).values())), {})
