"""The form of one question: its texts side by side, what its kind needs, and its rules."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from feedback import logic, recall, texts, versions
from feedback.forms.editing import SHAPES, SideBySide, free_key, question_is_answered, suffix
from feedback.forms.rules import Rows
from feedback.models import Question, Survey

Kind = Question.Kind
SELECT = {"class": "form-select"}
INPUT = {"class": "form-control"}
FORMS = [
    ("", _("any text")),
    ("email", _("an e-mail address")),
    ("phone", _("a phone number")),
    ("number", _("a number")),
]
WHEN = [("", _("any day")), ("past", _("today or before")), ("future", _("today or later"))]
# Which options which kind has.
OPTIONS: dict[str, tuple[str, ...]] = {
    Kind.TEXT: ("form", "longest", "least", "most"),
    Kind.SINGLE: ("other", "none", "random"),
    Kind.MULTI: ("other", "none", "random", "least", "most"),
    Kind.RANKING: ("random",),
    Kind.RATING: ("shape",),
    Kind.CSAT: ("points", "shape"),
    Kind.DATE: ("when",),
    Kind.HIDDEN: ("parameter",),
}


def _check(label: Any) -> forms.BooleanField:
    return forms.BooleanField(
        label=label, required=False, widget=forms.CheckboxInput(attrs={"class": "form-check-input"})
    )


def _number(label: Any, most: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, required=False, min_value=0, max_value=most, widget=forms.NumberInput(attrs=INPUT)
    )


def option_fields() -> dict[str, forms.Field]:
    return {
        "form": forms.ChoiceField(
            label=_("It must be"), choices=FORMS, required=False, widget=forms.Select(attrs=SELECT)
        ),
        "longest": _number(_("At most so many characters"), 4000),
        "least": _number(_("At least"), 1_000_000),
        "most": _number(_("At most"), 1_000_000),
        "other": _check(_("With “something else” to write")),
        "none": _check(_("With “none of these”")),
        "random": _check(_("Choices in a random order")),
        "points": forms.TypedChoiceField(
            label=_("Steps of the scale"),
            choices=[(n, n) for n in Survey.POINTS],
            coerce=int,
            empty_value=5,  # type: ignore[arg-type]
            required=False,
            initial=5,
            widget=forms.Select(attrs=SELECT),
        ),
        "shape": forms.ChoiceField(
            label=_("Shown as"), choices=SHAPES, required=False, widget=forms.Select(attrs=SELECT)
        ),
        "when": forms.ChoiceField(
            label=_("Which days"), choices=WHEN, required=False, widget=forms.Select(attrs=SELECT)
        ),
        "parameter": forms.SlugField(
            label=_("Name in the link"),
            required=False,
            help_text=_("With “table” here, ?table=7 at the end of the link is stored as 7."),
            widget=forms.TextInput(attrs=INPUT),
        ),
    }


class QuestionForm(SideBySide):
    kind = forms.ChoiceField(
        label=_("Kind of answer"), choices=Question.Kind, widget=forms.Select(attrs={"class": "form-select"})
    )
    is_required = _check(_("Must be answered"))

    def __init__(self, *args: Any, question: Question, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.question = question
        self.languages = texts.of(question.survey)
        self.taken = question.pk is not None and question_is_answered(question)
        asked = self.data.get("kind", question.kind) if not self.taken else question.kind
        self.shown_kind = asked if asked in Question.Kind.values else question.kind
        self.initial = {"kind": self.shown_kind, "is_required": question.is_required}
        self.parts = ("label", "hint")
        if self.shown_kind in Question.CHOICES:
            self.parts += ("choices", "rows") if self.shown_kind == Kind.MATRIX else ("choices",)
        if self.shown_kind in (Kind.SECTION, Kind.HIDDEN):
            del self.fields["is_required"]
        if self.taken:
            self.fields["kind"].disabled = True
            self.fields["kind"].help_text = _("There are answers already, so the kind stays.")
        fields = option_fields()
        for name in OPTIONS.get(self.shown_kind, ()):
            self.fields[f"option_{name}"] = fields[name]
            self.initial[f"option_{name}"] = question.option(name)
        self.add_texts({"label": 2, "hint": 1, "choices": 5, "rows": 4}, _as_lines(question))
        self._add_rules()

    def _add_rules(self) -> None:
        self.others = list(self.question.survey.questions.all())
        at = self.question.position if self.question.pk else len(self.others)
        before = [one for one in self.others if one.position < at and one.pk != self.question.pk]
        self.show = Rows(self, "show", self.question.show_if, before)
        jump = self.question.jumps[0] if self.question.jumps else {}
        here = [*before, self.question] if self.question.pk else before
        self.jump = Rows(self, "jump", jump.get("when"), here)
        language = texts.LANGUAGES[0]
        after = [(one.key, texts.label(one, language)[:60]) for one in self.others if one.position > at]
        kept = [(jump["to"], jump["to"])] if jump.get("to") and jump["to"] not in dict(after) else []
        goals = [("", "–"), *after, *[one for one in kept if one[0] != logic.END], (logic.END, _("the end"))]
        self.fields["jump_to"] = forms.ChoiceField(
            label=_("Then go on to"),
            choices=goals,
            initial=jump.get("to", ""),
            required=False,
            widget=forms.Select(attrs=SELECT),
        )

    @property
    def options(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("option_")]

    @property
    def words(self) -> list[str]:
        return self.jump.words

    def lines(self, part: str, language: str) -> list[str]:
        if part not in self.parts:
            return []
        return [line.strip() for line in self.written(part, language).splitlines() if line.strip()]

    def clean(self) -> dict[str, Any]:
        first = suffix(self.languages[0])
        if not any(self.written("label", language) for language in self.languages):
            self.add_error(f"label_{first}", _("Write the question in one language at least."))
        for part, least, why in (
            ("choices", 2, _("Write at least two choices, one per line.")),
            ("rows", 1, _("Write at least one row.")),
        ):
            if part not in self.parts:
                continue
            kept = _("People have chosen among these already: reword them or add more at the end. Keep all.")
            longest = max(len(self.lines(part, language)) for language in self.languages)
            if longest < least:
                self.add_error(f"{part}_{first}", why)
            before = len(
                texts.choices(self.question, first) if part == "choices" else texts.rows(self.question, first)
            )
            if self.taken and longest < before:
                self.add_error(f"{part}_{first}", kept)
        self._clean_names()
        self.show_if = self.show.read()
        when, to = self.jump.read(), self.cleaned_data.get("jump_to")
        if when and not to:
            self.add_error("jump_to", _("Where should it go on to?"))
        self.jumps = [{"when": when, "to": to}] if to else []
        return self.cleaned_data

    def _clean_names(self) -> None:
        """Names in double braces must be ones that can be filled."""
        keys = [one.key for one in self.others]
        for part in ("label", "hint"):
            for language in self.languages:
                if wrong := recall.unknown(self.written(part, language), keys):
                    said = _("There is nothing called %(name)s that could stand here.")
                    self.add_error(f"{part}_{suffix(language)}", said % {"name": wrong[0]})

    def save(self) -> Question:
        question = self.question
        versions.before_change(question.survey)
        question.kind = self.cleaned_data["kind"]
        question.is_required = self.cleaned_data.get("is_required", False)
        question.show_if, question.jumps = self.show_if, self.jumps
        chosen = {name: self.cleaned_data.get(f"option_{name}") for name in OPTIONS.get(question.kind, ())}
        question.options = {name: value for name, value in chosen.items() if value not in (None, "", False)}
        question.texts |= {language: self._texts(language) for language in self.languages}
        if not question.pk:
            last = question.survey.questions.aggregate(last=Max("position"))["last"]
            question.position = 0 if last is None else last + 1
            question.key = free_key(question.survey, texts.label(question, texts.LANGUAGES[0]))
        question.save()
        return question

    def _texts(self, language: str) -> dict[str, Any]:
        said: dict[str, Any] = {
            "label": self.written("label", language),
            "choices": self.lines("choices", language),
        }
        if hint := self.written("hint", language):
            said["hint"] = hint
        if rows := self.lines("rows", language):
            said["rows"] = rows
        return said


def _as_lines(question: Question) -> dict[str, dict[str, str]]:
    return {
        code: {
            part: "\n".join(said.get(part, [])) if part in ("choices", "rows") else said.get(part, "")
            for part in ("label", "hint", "choices", "rows")
        }
        for code, said in question.texts.items()
    }
