"""What a survey says in each language: its own texts, good defaults, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from feedback.models import Question, Survey

LANGUAGES: list[str] = [code for code, _name in settings.LANGUAGES]
NAMES = {"en": "English", "zh-hans": "简体中文"}  # Each language by its own name.
PARTS = ("question", "comment", "thanks")


def known(code: str | None) -> str:
    """The language of ours that a code means ("zh_CN" → "zh-hans"), or ""."""
    plain = (code or "").strip().lower().replace("_", "-")
    if plain in LANGUAGES:
        return plain
    base = plain.split("-")[0]
    return next((one for one in LANGUAGES if base and one.split("-")[0] == base), "")


def first_known(*codes: str | None) -> str:
    """The first code that is one of our languages; else the first language we have."""
    return next((found for code in codes if (found := known(code))), LANGUAGES[0])


def default_texts(kind: str, language: str, shop: str) -> dict[str, str]:
    """Question, comment label and thanks that fit most shops."""
    with translation.override(language):
        question = {
            "nps": _("How likely is it that you would recommend %(shop)s to a friend?"),
            "csat": _("How satisfied are you with %(shop)s?"),
            "ces": _("How much do you agree: %(shop)s made it easy for me?"),
        }[kind]
        return {
            "question": question % {"shop": shop},
            "comment": _("What is the main reason for your answer?"),
            "thanks": _("Thank you! Your answer helps us to get better."),
        }


def say(survey: Survey, part: str, language: str, shop: str) -> str:
    """A text of the survey in this language; in another one if it is missing; else the default."""
    for code in (language, *LANGUAGES):
        if text := _written(survey.texts, code, part):
            return text
    return default_texts(survey.kind, language, shop)[part]


def missing_languages(survey: Survey, questions: list[Question]) -> list[str]:
    """Names of the languages in which something is said in another language."""
    lacking = []
    for code in LANGUAGES:
        own = all(_written(survey.texts, code, part) for part in PARTS)
        if not own or any(code in untranslated(question) for question in questions):
            lacking.append(NAMES.get(code, code))
    return lacking


def untranslated(question: Question) -> list[str]:
    """Codes of the languages that lack the label or some of the choices."""
    most = max((len(choices_in(question, code)) for code in LANGUAGES), default=0)
    return [
        code
        for code in LANGUAGES
        if not _written(question.texts, code, "label") or len(choices_in(question, code)) < most
    ]


def label(question: Question, language: str) -> str:
    for code in (language, *LANGUAGES):
        if text := _written(question.texts, code, "label"):
            return text
    return question.key


def choices_in(question: Question, language: str) -> list[str]:
    return list(question.texts.get(language, {}).get("choices", []))


def choices(question: Question, language: str) -> list[str]:
    """The choices by number; where a language lacks one, another language's word stands in."""
    lists = [choices_in(question, code) for code in (language, *LANGUAGES)]
    longest = max(len(one) for one in lists)
    return [next(words[at] for words in lists if len(words) > at) for at in range(longest)]


def in_words(question: Question, value: Any, language: str) -> Any:
    """An answer as people read it: choices by their words, everything else as it is."""
    words = choices(question, language)

    def word(number: Any) -> Any:
        return words[number - 1] if isinstance(number, int) and 0 < number <= len(words) else number

    if question.kind == Question.Kind.SINGLE:
        return word(value)
    if question.kind == Question.Kind.MULTI and isinstance(value, list):
        return [word(one) for one in value]
    return value


def scale_ends(kind: str) -> tuple[str, str]:
    """What the lowest and the highest score mean, in the language in force."""
    return {
        "nps": (_("Not at all likely"), _("Very likely")),
        "csat": (_("Very unhappy"), _("Very happy")),
        "ces": (_("Do not agree at all"), _("Fully agree")),
    }[kind]


def faces() -> list[tuple[str, str]]:
    """Smiley and word for CSAT 1–5, in the language in force."""
    return [
        ("😞", _("Very unhappy")),
        ("😕", _("Unhappy")),
        ("😐", _("Neither")),
        ("😊", _("Happy")),
        ("😄", _("Very happy")),
    ]


def _written(texts: Mapping[str, Any], language: str, part: str) -> str:
    value = texts.get(language, {}).get(part, "")
    return value.strip() if isinstance(value, str) else ""
