"""What a survey says in each language: its own texts, good defaults, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from feedback.models import Question, Survey

LANGUAGES: list[str] = [code for code, _name in settings.LANGUAGES]
# Each language by its own name. A survey may be asked in any of them; the program speaks the first two.
NAMES = {
    "en": "English",
    "zh-hans": "简体中文",
    "zh-hant": "繁體中文",
    "ar": "العربية",
    "cs": "Čeština",
    "da": "Dansk",
    "de": "Deutsch",
    "es": "Español",
    "fi": "Suomi",
    "fr": "Français",
    "he": "עברית",
    "hi": "हिन्दी",
    "id": "Bahasa Indonesia",
    "it": "Italiano",
    "ja": "日本語",
    "ko": "한국어",
    "nl": "Nederlands",
    "pl": "Polski",
    "pt": "Português",
    "ru": "Русский",
    "sv": "Svenska",
    "th": "ไทย",
    "tr": "Türkçe",
    "uk": "Українська",
    "vi": "Tiếng Việt",
}
PARTS = ("question", "comment", "thanks")
NONE = 0  # Stands for "none of these" where choices go by number.


def of(survey: Survey) -> list[str]:
    """The languages in which a survey is asked, its own first."""
    return [code for code in survey.languages if code in NAMES] or LANGUAGES


def known(code: str | None, among: Iterable[str] = LANGUAGES) -> str:
    """The language among these that a code means ("zh_CN" → "zh-hans"), or ""."""
    plain, ours = (code or "").strip().lower().replace("_", "-"), list(among)
    if plain in ours:
        return plain
    base = plain.split("-")[0]
    return next((one for one in ours if base and one.split("-")[0] == base), "")


def first_known(*codes: str | None) -> str:
    """The first code that is one of our languages; else the first language we have."""
    return next((found for code in codes if (found := known(code))), LANGUAGES[0])


def spoken(survey: Survey, *codes: str | None) -> str:
    """The first code in which this survey is asked; else its first language."""
    ours = of(survey)
    return next((found for code in codes if (found := known(code, ours))), ours[0])


def code_of(language: str) -> str:
    """As HTML wants it: zh-Hans."""
    return language[:3] + language[3:].title() if language.startswith("zh-") else language


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
    for code in _turns(language, survey.texts):
        if text := _written(survey.texts, code, part):
            return text
    return default_texts(survey.kind, first_known(language), shop)[part]


def missing_languages(survey: Survey, questions: list[Question]) -> list[str]:
    """Names of the languages in which something is said in another language."""
    asked = of(survey)
    lacking = []
    for code in asked:
        own = all(_written(survey.texts, code, part) for part in PARTS)
        if not own or any(code in untranslated(question, asked) for question in questions):
            lacking.append(NAMES.get(code, code))
    return lacking


def untranslated(question: Question, languages: Sequence[str] = LANGUAGES) -> list[str]:
    """Codes of the languages that lack the label, some of the choices or some of the rows."""
    if question.kind == Question.Kind.HIDDEN:
        return []
    most = {
        part: max(len(list_in(question, code, part)) for code in languages) for part in ("choices", "rows")
    }
    return [
        code
        for code in languages
        if not _written(question.texts, code, "label")
        or any(len(list_in(question, code, part)) < n for part, n in most.items())
    ]


def label(question: Question, language: str) -> str:
    for code in _turns(language, question.texts):
        if text := _written(question.texts, code, "label"):
            return text
    return question.key


def hint(question: Question, language: str) -> str:
    """The smaller text below a question."""
    turns = _turns(language, question.texts)
    return next((text for code in turns if (text := _written(question.texts, code, "hint"))), "")


def choices_in(question: Question, language: str) -> list[str]:
    return list_in(question, language, "choices")


def list_in(question: Question, language: str, part: str) -> list[str]:
    return list(question.texts.get(language, {}).get(part, []))


def choices(question: Question, language: str) -> list[str]:
    """The choices by number; where a language lacks one, another language's word stands in."""
    return _listed(question, language, "choices")


def rows(question: Question, language: str) -> list[str]:
    """The rows of a table by number, in the same way."""
    return _listed(question, language, "rows")


def _listed(question: Question, language: str, part: str) -> list[str]:
    lists = [list_in(question, code, part) for code in _turns(language, question.texts)]
    longest = max(map(len, lists))
    return [next(words[at] for words in lists if len(words) > at) for at in range(longest)]


def in_words(question: Question, value: Any, language: str) -> Any:
    """An answer as people read it: choices by their words, everything else as it is.

    What has several parts becomes a list: the choices, "row: column" of a table, "1. best" of an order.
    """
    words = choices(question, language)
    match question.kind:
        case Question.Kind.SINGLE:
            return _word(words, value)
        case Question.Kind.MULTI if isinstance(value, list):
            return [_word(words, one) for one in value]
        case Question.Kind.RANKING if isinstance(value, list):
            return [f"{place}. {_word(words, one)}" for place, one in enumerate(value, start=1)]
        case Question.Kind.MATRIX if isinstance(value, dict):
            lines = rows(question, language)
            return [f"{_word(lines, _whole(row))}: {_word(words, one)}" for row, one in value.items()]
        case Question.Kind.CONSENT:
            return _("Yes") if value else _("No")
    return value


def _word(words: Sequence[str], number: Any) -> Any:
    if number == NONE and isinstance(number, int):
        return _("None of these")
    return words[number - 1] if isinstance(number, int) and 0 < number <= len(words) else number


def _whole(text: Any) -> Any:
    return int(text) if isinstance(text, str) and text.isdecimal() else text


def scale_ends(kind: str) -> tuple[str, str]:
    """What the lowest and the highest score mean, in the language in force."""
    return {
        "nps": (_("Not at all likely"), _("Very likely")),
        "csat": (_("Very unhappy"), _("Very happy")),
        "ces": (_("Do not agree at all"), _("Fully agree")),
    }[kind]


def _turns(language: str, texts: Mapping[str, Any]) -> list[str]:
    """Where to look for a text: in this language, in ours, in any other."""
    return [language, *LANGUAGES, *texts]


def _written(texts: Mapping[str, Any], language: str, part: str) -> str:
    value = texts.get(language, {}).get(part, "")
    return value.strip() if isinstance(value, str) else ""
