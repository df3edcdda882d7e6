"""One page of a survey as it stands on the screen: what is asked, with what was said before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from feedback import filling, logic, texts
from feedback.filling import Read, name_of
from feedback.logic import Page
from feedback.models import Question, Survey
from feedback.recall import Fill

STAR = "★"
SMILEYS = {
    3: "😞😐😄",
    4: "😞😕😊😄",
    5: "😞😕😐😊😄",
    7: "😡😞😕😐🙂😊😄",
    10: "😡😠😞😕😐🙂😊😀😄🤩",
}
SHAPES = ("smileys", "stars", "numbers")


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    text: str
    is_chosen: bool = False
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    label: str
    options: Sequence[Option]


@dataclass(frozen=True, slots=True)
class Field:
    """A question with all that its piece of the page needs."""

    question: Question
    name: str
    label: str
    hint: str
    error: str
    value: str = ""
    other: str = ""
    options: Sequence[Option] = ()
    rows: Sequence[Row] = ()
    low: str = ""
    high: str = ""

    @property
    def template(self) -> str:
        kind = self.question.kind
        if kind in Question.SCORES:
            return "public/survey/scale.html"
        return f"public/survey/{'choices' if kind in ('single', 'multi') else kind}.html"

    @property
    def described_by(self) -> str:
        """Ids of the smaller texts, for screen readers."""
        said = [(self.hint, f"{self.name}-hint"), (self.error, f"{self.name}-error")]
        return " ".join(name for text, name in said if text)

    @property
    def type(self) -> str:
        """What a phone's keyboard should offer."""
        kinds = {"email": "email", "phone": "tel", "number": "text"}
        return kinds.get(self.question.option("form") or "", "")


@dataclass(slots=True)
class Sheet:
    """A survey in one version and language for one person, and where they are in it."""

    survey: Survey
    questions: Sequence[Question]
    language: str
    fill: Fill
    said: dict[str, Any]  # Keys of questions, and "score".
    seed: str = ""
    reads: dict[str, Read] = field(default_factory=dict)

    @property
    def pages(self) -> list[Page[Question]]:
        return logic.pages(self.questions, self.said)

    def page(self, key: str) -> Page[Question]:
        """The page that begins with this section; the first one when there is none such (any more)."""
        found = self.pages
        return next((one for one in found if one.key == key), found[0])

    def after(self, key: str) -> Page[Question] | None:
        """The page that follows; None at the end, and where the page itself is gone."""
        found = self.pages
        keys = [one.key for one in found]
        at = keys.index(key) if key in keys else 0
        return found[at + 1] if at + 1 < len(found) else None

    def before(self, key: str) -> Page[Question] | None:
        found = self.pages
        at = next((at for at, one in enumerate(found) if one.key == key), 0)
        return found[at - 1] if at else None

    def progress(self, key: str) -> tuple[int, int]:
        keys = [one.key for one in self.pages]
        return (keys.index(key) + 1 if key in keys else 1), len(keys)

    def fields(self, page: Page[Question]) -> list[Field]:
        return [self._field(one) for one in page.items if one.kind != Question.Kind.HIDDEN]

    def hidden(self, given: QueryDict) -> list[tuple[str, str]]:
        """Name and value of the fields that the link fills."""
        found = []
        for one in self.questions:
            if one.kind == Question.Kind.HIDDEN:
                parameter = one.option("parameter") or one.key
                value = given.get(name_of(one.key)) or given.get(parameter) or self.said.get(one.key) or ""
                found.append((name_of(one.key), str(value)[:200]))
        return found

    def _field(self, question: Question) -> Field:
        told = self.reads.get(question.key)
        raw = told.raw if told else self.said.get(question.key)
        low, high = scale_words(question, self.language)
        return Field(
            question=question,
            name=name_of(question.key),
            label=self.fill(texts.label(question, self.language)),
            hint=self.fill(texts.hint(question, self.language)),
            error=told.error if told else "",
            value=str(raw) if isinstance(raw, str | int) else "",
            other=_other_of(question, raw),
            options=self._options(question, raw),
            rows=self._rows(question, raw),
            low=low,
            high=high,
        )

    def _options(self, question: Question, raw: Any) -> list[Option]:
        if question.kind in Question.SCORES:
            return scale_options(question, question.option("shape"), raw)
        words = texts.choices(question, self.language)
        numbers = list(range(1, len(words) + 1))
        if question.option("random") and question.kind != Question.Kind.MATRIX:
            Random(f"{self.seed}:{question.key}").shuffle(numbers)  # noqa: S311 - the same for one person.
        chosen = raw if isinstance(raw, list) else [raw]
        found = [Option(str(one), self.fill(words[one - 1]), one in chosen) for one in numbers]
        if question.option("other"):
            is_other = any(isinstance(one, str) for one in chosen)
            found.append(Option(filling.OTHER, _("Something else"), is_other))
        if question.option("none"):
            is_none = any(one == texts.NONE and isinstance(one, int) for one in chosen)
            found.append(Option(str(texts.NONE), _("None of these"), is_none))
        return found

    def _rows(self, question: Question, raw: Any) -> list[Row]:
        if question.kind == Question.Kind.MATRIX:
            said = raw if isinstance(raw, Mapping) else {}
            columns = list(enumerate(texts.choices(question, self.language), start=1))
            return [
                Row(
                    name_of(question.key, str(row)),
                    self.fill(label),
                    [Option(str(n), word, said.get(str(row)) == n) for n, word in columns],
                )
                for row, label in enumerate(texts.rows(question, self.language), start=1)
            ]
        if question.kind != Question.Kind.RANKING:
            return []
        places = raw if isinstance(raw, Mapping) else {one: at for at, one in enumerate(raw or (), start=1)}
        options = self._options(question, None)
        return [
            Row(
                name_of(question.key, one.value),
                one.text,
                [Option(str(n), str(n), places.get(int(one.value)) == n) for n in range(1, len(options) + 1)],
            )
            for one in options
        ]


def scale_options(asked: Survey | Question, shape: str | None, chosen: Any) -> list[Option]:
    """The steps of a scale as numbers, stars or smileys; a picture never stands without its words."""
    scale = asked.scale
    if asked.kind not in (Survey.Kind.CSAT, Question.Kind.RATING):
        return [Option(str(one), str(one), one == chosen) for one in scale]
    points = len(scale)
    words = scale_names(points)
    if shape == "smileys" or (shape is None and asked.kind == Survey.Kind.CSAT and points == 5):
        pictures = list(SMILEYS[points])
        return [Option(str(n), words[n - 1], n == chosen, pictures[n - 1]) for n in scale]
    picture = STAR if shape == "stars" else ""
    return [Option(str(n), str(n), n == chosen, picture) for n in scale]


def scale_names(points: int) -> list[str]:
    """A word for each step from very unhappy to very happy."""
    five = [_("Very unhappy"), _("Unhappy"), _("Neither"), _("Happy"), _("Very happy")]
    match points:
        case 3:
            return [five[1], five[2], five[3]]
        case 4:
            return [five[0], five[1], five[3], five[4]]
        case 5:
            return five
    return [five[0], *[str(n) for n in range(2, points)], five[4]]


def scale_words(asked: Survey | Question, language: str) -> tuple[str, str]:
    """What both ends of a scale mean: as the survey says it, else as usual."""
    own = asked.texts.get(language, {})
    kind = "csat" if asked.kind == Question.Kind.RATING else asked.kind
    if kind not in ("nps", "csat", "ces"):
        return "", ""
    low, high = texts.scale_ends(kind)
    return own.get("low") or low, own.get("high") or high


def _other_of(question: Question, raw: Any) -> str:
    if question.kind == Question.Kind.SINGLE:
        return raw if isinstance(raw, str) else ""
    if question.kind == Question.Kind.MULTI and isinstance(raw, list):
        return next((one for one in raw if isinstance(one, str)), "")
    return ""
