"""Rules of a question as rows to fill in: "when all / any of these hold".

Rows may be put in brackets with the row above. Within brackets the other word joins: "a and (b or c)" under
"all", "a or (b and c)" under "any"; so every rule can be said in two levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from feedback import logic, texts
from feedback.models import Question
from feedback.taking import PERSON

MOST = 8
SPARE = 3  # So that a new rule has room for "a and (b or c)".
OPS = [
    ("is", gettext_lazy("is")),
    ("is_not", gettext_lazy("is not")),
    ("includes", gettext_lazy("contains")),
    ("at_least", gettext_lazy("is at least")),
    ("at_most", gettext_lazy("is at most")),
    ("answered", gettext_lazy("was answered")),
    ("not_answered", gettext_lazy("was not answered")),
]
MODES = [("all", gettext_lazy("all of these hold")), ("any", gettext_lazy("one of these holds"))]
OTHER = {"all": "any", "any": "all"}
PERSON_LABELS = {
    "country": gettext_lazy("Country"),
    "city": gettext_lazy("City"),
    "language": gettext_lazy("Language"),
    "gender": gettext_lazy("Gender"),
    "source": gettext_lazy("Source"),
}


class Rows:
    """The condition of one rule within a form; `name` begins the names of its fields."""

    def __init__(self, form: forms.Form, name: str, condition: Any, earlier: Sequence[Question]) -> None:
        self.form, self.name = form, name
        self.earlier = {one.key: one for one in earlier if one.asks}
        self.language = texts.first_known(translation.get_language())
        mode, groups = _groups(condition)
        self.kept = condition if groups is None else {}
        leaves = [leaf for group in groups or [] for leaf in group]
        starts = {sum(map(len, (groups or [])[:at])) for at in range(len(groups or []))}
        self.n = max(min(len(leaves) + SPARE, MOST), len(leaves))
        select = {"class": "form-select"}
        form.fields[f"{name}_mode"] = forms.ChoiceField(
            label=_("When"), choices=MODES, initial=mode, required=False, widget=forms.Select(attrs=select)
        )
        for at in range(self.n):
            leaf = leaves[at] if at < len(leaves) else {}
            if at:
                form.fields[f"{name}_with_{at}"] = forms.BooleanField(
                    label=_("in brackets with the line above"),
                    initial=at < len(leaves) and at not in starts,
                    required=False,
                    widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
                )
            form.fields[f"{name}_of_{at}"] = forms.ChoiceField(
                label=_("Answer to"),
                choices=self._choices(leaf.get("of")),
                initial=leaf.get("of", ""),
                required=False,
                widget=forms.Select(attrs=select),
            )
            form.fields[f"{name}_op_{at}"] = forms.ChoiceField(
                label=_("Comparison"),
                choices=OPS,
                initial=leaf.get("op", "is"),
                required=False,
                widget=forms.Select(attrs=select),
            )
            form.fields[f"{name}_value_{at}"] = forms.CharField(
                label=_("Value"),
                initial=self._shown(leaf),
                required=False,
                max_length=200,
                widget=forms.TextInput(attrs={"class": "form-control", "list": "rule-words"}),
            )

    @property
    def mode(self) -> forms.BoundField:
        return self.form[f"{self.name}_mode"]

    @property
    def rows(self) -> list[tuple[forms.BoundField | None, list[forms.BoundField]]]:
        """Of each row whether it stands in brackets with the one above, and its parts."""
        return [
            (
                self.form[f"{self.name}_with_{at}"] if at else None,
                [self.form[f"{self.name}_{part}_{at}"] for part in ("of", "op", "value")],
            )
            for at in range(self.n)
        ]

    @property
    def words(self) -> list[str]:
        """All words that may be typed as a value."""
        found = [word for one in self.earlier.values() for word in texts.choices(one, self.language)]
        return list(dict.fromkeys(found))

    def read(self) -> dict[str, Any]:
        """The condition as it is stored; errors stand at their rows."""
        groups: list[list[dict[str, Any]]] = []
        for at in range(self.n):
            of = self.form.cleaned_data.get(f"{self.name}_of_{at}")
            if not of:
                continue
            op = self.form.cleaned_data.get(f"{self.name}_op_{at}") or "is"
            leaf: dict[str, Any] = {"of": of, "op": op}
            if op not in ("answered", "not_answered"):
                leaf["value"] = self._value(at, of)
            if groups and self.form.cleaned_data.get(f"{self.name}_with_{at}"):
                groups[-1].append(leaf)
            else:
                groups.append([leaf])
        mode = self.form.cleaned_data.get(f"{self.name}_mode") or "all"
        parts = [group[0] if len(group) == 1 else {OTHER[mode]: group} for group in groups]
        return {mode: parts} if parts else self.kept

    def _value(self, at: int, of: str) -> Any:
        typed = str(self.form.cleaned_data.get(f"{self.name}_value_{at}") or "").strip()
        place = f"{self.name}_value_{at}"
        if not typed:
            self.form.add_error(place, _("With what is it compared?"))
        asked = self.earlier.get(of)
        if of == "score" or (asked and asked.kind in Question.SCORES):
            if not typed.isdecimal():
                self.form.add_error(place, _("Please write a number."))
                return typed
            return int(typed)
        if asked is None or asked.kind not in (Question.Kind.SINGLE, Question.Kind.MULTI):
            return typed
        number = _number_of(asked, typed)
        if number is None and not asked.option("other"):
            self.form.add_error(place, _("This is none of the choices of that question."))
        return typed if number is None else number

    def _choices(self, chosen: str | None) -> list[tuple[str, str]]:
        answers = [(one.key, texts.label(one, self.language)[:60]) for one in self.earlier.values()]
        people = [(f"{logic.PERSON}{name}", str(PERSON_LABELS[name])) for name in PERSON]
        found = [("", "–"), ("score", _("The score")), *answers]
        if chosen and chosen not in dict(found) and not chosen.startswith(logic.PERSON):
            found.append((chosen, _("%(name)s (no longer before this question)") % {"name": chosen}))
        return [*found, *[(code, _("Customer: %(field)s") % {"field": name}) for code, name in people]]

    def _shown(self, leaf: dict[str, Any]) -> str:
        asked, value = self.earlier.get(leaf.get("of", "")), leaf.get("value", "")
        if asked and asked.kind in (Question.Kind.SINGLE, Question.Kind.MULTI) and isinstance(value, int):
            words = texts.choices(asked, self.language)
            return words[value - 1] if 0 < value <= len(words) else _("None of these")
        return str(value)


def sentence(condition: Any, questions: Sequence[Question], language: str) -> str:
    """A condition as people say it."""
    by_key = {one.key: one for one in questions}
    return _said(condition, by_key, language) if condition else ""


def _said(condition: dict[str, Any], by_key: dict[str, Question], language: str) -> str:
    if "of" in condition:
        return _leaf(condition, by_key, language)
    mode = "all" if "all" in condition else "any"
    said = [
        _said(one, by_key, language) if "of" in one else f"({_said(one, by_key, language)})"
        for one in condition.get(mode, [])
    ]
    return (_(" and ") if mode == "all" else _(" or ")).join(said)


def _leaf(leaf: dict[str, Any], by_key: dict[str, Question], language: str) -> str:
    of, op, value = leaf.get("of", ""), leaf.get("op"), leaf.get("value", "")
    asked = by_key.get(of)
    name = texts.label(asked, language) if asked else _("The score") if of == "score" else of
    if of.startswith(logic.PERSON):
        name = str(PERSON_LABELS.get(of.removeprefix(logic.PERSON), of))
    if asked and isinstance(value, int) and asked.kind == Question.Kind.MULTI:
        words = texts.in_words(asked, [value], language)[0]
    else:
        words = texts.in_words(asked, value, language) if asked else value
    word = str(dict(OPS).get(str(op), op))
    tail = "" if op in ("answered", "not_answered") else f" {words}"
    return f"“{name[:50]}” {word}{tail}"


def _groups(condition: Any) -> tuple[str, list[list[dict[str, Any]]] | None]:
    """The word that joins, and the rows in their brackets; None for what two levels of rows cannot show."""
    if not condition:
        return "all", []
    if "of" in condition:
        return "all", [[condition]]
    mode = "all" if "all" in condition else "any"
    groups: list[list[dict[str, Any]]] = []
    for one in condition.get(mode, []):
        inner = [one] if "of" in one else one.get(OTHER[mode], [])
        if not inner or not all("of" in leaf for leaf in inner):
            return mode, None
        groups.append(list(inner))
    return mode, groups


def _number_of(question: Question, typed: str) -> int | None:
    """The number of a choice by its word in any language, or by the number itself."""
    plain = typed.casefold()
    if question.option("none") and plain in (_("None of these").casefold(), "0"):
        return texts.NONE
    for code in question.texts:
        words = [word.casefold() for word in texts.choices_in(question, code)]
        if plain in words:
            return words.index(plain) + 1
    most = len(texts.choices(question, texts.LANGUAGES[0]))
    return int(typed) if typed.isdecimal() and 0 < int(typed) <= most else None
