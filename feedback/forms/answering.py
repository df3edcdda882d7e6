"""The public form of a survey, made from its questions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from feedback import texts
from feedback.models import Question, Survey

PREFIX = "q-"


class AnswerForm(forms.Form):
    """Score, comment, and one field per question (named by its key)."""

    use_required_attribute = False  # The page says itself, in its own language, what is missing.

    def __init__(self, survey: Survey, *args: Any, language: str, shop: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions = list(survey.questions.all())
        self.fields["score"] = forms.TypedChoiceField(
            label=texts.say(survey, "question", language, shop),
            choices=[(score, score) for score in survey.scale],
            coerce=int,
            widget=forms.RadioSelect,
            error_messages={
                "required": _("Please choose a score."),
                "invalid_choice": _("Please choose a score."),
            },
        )
        for question in self.questions:
            self.fields[PREFIX + question.key] = _field(question, language)
        self.fields["comment"] = forms.CharField(
            label=texts.say(survey, "comment", language, shop),
            required=False,
            max_length=4000,
            widget=forms.Textarea(attrs={"rows": 4, "class": "form-control"}),
        )
        for bound in self:
            if not isinstance(bound.field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
                continue
            bound.field.widget.attrs["class"] = "ck-choice-input"

    @property
    def question_fields(self) -> list[tuple[Question, forms.BoundField]]:
        return [(question, self[PREFIX + question.key]) for question in self.questions]

    @property
    def values(self) -> dict[str, Any]:
        """{question key: value}, only what was answered."""
        said = {question.key: self.cleaned_data.get(PREFIX + question.key) for question in self.questions}
        return {key: value for key, value in said.items() if value not in (None, "", [])}


def initial(score: int | None, comment: str, values: dict[str, Any]) -> dict[str, Any]:
    """What the form shows of an earlier answer."""
    return {"score": score, "comment": comment, **{PREFIX + key: value for key, value in values.items()}}


def _field(question: Question, language: str) -> forms.Field:
    basis: dict[str, Any] = {
        "label": texts.label(question, language),
        "required": question.is_required,
        "error_messages": {"required": _("Please answer this question.")},
    }
    match question.kind:
        case Question.Kind.TEXT:
            area = forms.Textarea(attrs={"rows": 3, "class": "form-control"})
            return forms.CharField(max_length=4000, widget=area, **basis)
        case Question.Kind.RATING:
            options = [(number, str(number)) for number in range(1, 6)]
        case _:
            options = list(enumerate(texts.choices(question, language), start=1))
    if question.kind == Question.Kind.MULTI:
        return forms.TypedMultipleChoiceField(
            choices=options, coerce=int, widget=forms.CheckboxSelectMultiple, **basis
        )
    return forms.TypedChoiceField(
        choices=options, coerce=int, empty_value=None, widget=forms.RadioSelect, **basis
    )
