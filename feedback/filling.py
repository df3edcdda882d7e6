"""What somebody filled in, read and checked question by question; pages and storing are not known here."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback import texts
from feedback.models import Question, Survey

LONGEST = 4000
OTHER = "other"
Kind = Question.Kind
PHONE = re.compile(r"^\+?[\d\s()./-]{5,30}$")


@dataclass(frozen=True, slots=True)
class Read:
    """What was said to one question (None: nothing), as it was typed, and what is wrong with it."""

    value: Any = None
    raw: Any = None
    error: str = ""


def name_of(key: str, part: str = "") -> str:
    """How a field of the page is called."""
    return f"q-{key}-{part}" if part else f"q-{key}"


def score(survey: Survey, data: Mapping[str, Any]) -> Read:
    number = _number(data.get("score"))
    if number in survey.scale:
        return Read(number, number)
    return Read(None, None, _("Please choose a score."))


def text(given: str, *, longest: int = LONGEST) -> Read:
    """Without what no database takes; too long is said, and everything stays in the field."""
    plain = given.replace("\x00", "").replace("\r\n", "\n").strip()
    if len(plain) > longest:
        said = _("This is %(length)s characters long. At most %(most)s can be sent: please shorten it.")
        return Read(None, plain, said % {"length": len(plain), "most": longest})
    return Read(plain or None, plain)


def read(question: Question, data: QueryDict, *, today: date) -> Read:
    """The answer to one question of a page that was sent."""
    found = _read(question, data, today)
    if question.is_required and found.value is None and not found.error and question.kind != Kind.HIDDEN:
        agree = _("Please tick this to go on.")
        why = agree if question.kind == Kind.CONSENT else _("Please answer this question.")
        return Read(None, found.raw, why)
    return found


def _read(question: Question, data: QueryDict, today: date) -> Read:
    given = data.get(name_of(question.key), "")
    match question.kind:
        case Kind.TEXT:
            return _text(question, given)
        case Kind.SINGLE:
            return _single(question, data)
        case Kind.MULTI:
            return _multi(question, data)
        case Kind.MATRIX:
            return _matrix(question, data)
        case Kind.RANKING:
            return _ranking(question, data)
        case Kind.DATE:
            return _date(question, given, today)
        case Kind.CONSENT:
            return Read(True, True) if given else Read()
        case Kind.HIDDEN:
            return Read(given.replace("\x00", "").strip()[:200] or None, given)
    return _one_of(given, question.scale)


def _one_of(given: str, allowed: Container[int]) -> Read:
    """One number of those on the page; anything else was not chosen there."""
    number = _number(given)
    if number is not None and number in allowed:
        return Read(number, number)
    return Read(None, None, _("Please choose one of these.")) if given else Read()


def _text(question: Question, given: str) -> Read:
    found = text(given, longest=min(int(question.option("longest") or LONGEST), LONGEST))
    if found.error or found.value is None:
        return found
    match question.option("form"):
        case "email":
            try:
                validate_email(found.value)
            except ValidationError:
                return Read(None, found.raw, _("This does not look like an e-mail address."))
        case "number":
            return _in_bounds(question, found)
        case "phone" if not PHONE.match(found.value):
            return Read(None, found.raw, _("This does not look like a phone number."))
    return found


def _in_bounds(question: Question, found: Read) -> Read:
    try:
        number = float(str(found.value).replace(",", "."))
    except ValueError:
        return Read(None, found.raw, _("Please write a number."))
    least, most = question.option("least"), question.option("most")
    if least is not None and number < least:
        return Read(None, found.raw, _("Please write a number of at least %(least)s.") % {"least": least})
    if most is not None and number > most:
        return Read(None, found.raw, _("Please write a number of at most %(most)s.") % {"most": most})
    return found


def _single(question: Question, data: QueryDict) -> Read:
    given = data.get(name_of(question.key), "")
    if given == OTHER and question.option("other"):
        return _other(data.get(name_of(question.key, OTHER), ""))
    return _one_of(given, _numbers(question))


def _multi(question: Question, data: QueryDict) -> Read:
    given, allowed = data.getlist(name_of(question.key)), _numbers(question)
    chosen: list[Any] = sorted({number for one in given if (number := _number(one)) in allowed})
    written = Read()
    if OTHER in given and question.option("other"):
        written = _other(data.get(name_of(question.key, OTHER), ""))
        chosen += [written.raw] if written.raw else []
    if any(one != OTHER and _number(one) not in allowed for one in given):
        return Read(None, chosen, _("Please choose one of these."))
    if texts.NONE in chosen and len(chosen) > 1:
        return Read(None, chosen, _("Please choose “none of these”, or the others, not both."))
    if written.error:
        return Read(None, chosen, written.error)
    return Read(chosen or None, chosen, _count(question, len(chosen)) if chosen else "")


def _count(question: Question, n: int) -> str:
    least, most = question.option("least"), question.option("most")
    if least and n < least:
        return ngettext("Please choose at least %(n)s.", "Please choose at least %(n)s.", least) % {
            "n": least
        }
    if most and n > most:
        return ngettext("Please choose at most %(n)s.", "Please choose at most %(n)s.", most) % {"n": most}
    return ""


def _other(given: str) -> Read:
    found = text(given, longest=200)
    if found.value is None and not found.error:
        return Read(None, "", _("Please write what you mean by “other”."))
    return found


def _matrix(question: Question, data: QueryDict) -> Read:
    rows = len(texts.rows(question, texts.LANGUAGES[0]))
    columns = _numbers(question)
    said = {
        str(row): number
        for row in range(1, rows + 1)
        if (number := _number(data.get(name_of(question.key, str(row))))) in columns
    }
    if said and question.is_required and len(said) < rows:
        return Read(None, said, _("Please choose something in each row."))
    return Read(said or None, said)


def _ranking(question: Question, data: QueryDict) -> Read:
    """Each choice has its place; all of them or none, and no place twice."""
    numbers = _numbers(question)
    places = {one: _number(data.get(name_of(question.key, str(one)))) for one in numbers}
    given = {one: place for one, place in places.items() if place}
    if not given:
        return Read()
    if sorted(given.values()) != list(range(1, len(numbers) + 1)):
        return Read(
            None, given, _("Please give each one a place of its own, from 1 to %(n)s.") % {"n": len(numbers)}
        )
    return Read(sorted(given, key=given.__getitem__), given)


def _date(question: Question, given: str, today: date) -> Read:
    plain = given.strip()
    if not plain:
        return Read()
    try:
        day = date.fromisoformat(plain)
    except ValueError:
        return Read(None, plain[:40], _("Please write the date as year-month-day, like 2026-03-31."))
    when = question.option("when")
    if when == "past" and day > today:
        return Read(None, plain, _("Please choose a day that is not in the future."))
    if when == "future" and day < today:
        return Read(None, plain, _("Please choose a day that is still to come."))
    return Read(day.isoformat(), plain)


def _numbers(question: Question) -> list[int]:
    own = list(range(1, len(texts.choices(question, texts.LANGUAGES[0])) + 1))
    return [*own, texts.NONE] if question.option("none") else own


def _number(given: Any) -> int | None:
    if isinstance(given, int):
        return given
    plain = str(given or "")
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 4 else None
