"""Forms with which staff make a survey: its texts in all languages side by side, and its questions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from crm import slugs
from feedback import texts
from feedback.models import Answer, Question, Survey

RESERVED_SLUGS = {"new", "panel", "customers", "needs", "comments", "recovery", "insight", "closing"}
RESERVED_KEYS = {"new", "comment", "score", "nps", "csat", "ces", "email", "customer", "answered-at"}
LABELS = {
    "question": _("Question for the score"),
    "comment": _("Question for the comment"),
    "thanks": _("Thanks"),
    "label": _("Question"),
    "choices": _("Choices, one per line"),
}


def suffix(language: str) -> str:
    return language.replace("-", "_")


class SideBySide(forms.Form):
    """Mixes one text field per part and language into a form."""

    parts: tuple[str, ...] = ()

    def add_texts(self, rows: dict[str, int], initial: dict[str, dict[str, str]]) -> None:
        for part in self.parts:
            for language in texts.LANGUAGES:
                name = f"{part}_{suffix(language)}"
                self.fields[name] = forms.CharField(
                    label=texts.NAMES.get(language, language),
                    required=False,
                    max_length=2000,
                    initial=initial.get(language, {}).get(part, ""),
                    widget=forms.Textarea(
                        attrs={
                            "rows": rows.get(part, 2),
                            "class": "form-control",
                            "lang": "zh-Hans" if language == "zh-hans" else language,
                        }
                    ),
                )

    @property
    def text_rows(self) -> list[tuple[str, list[forms.BoundField]]]:
        """(label, one field per language) for the page."""
        return [
            (str(LABELS[part]), [self[f"{part}_{suffix(language)}"] for language in texts.LANGUAGES])
            for part in self.parts
        ]

    def written(self, part: str, language: str) -> str:
        return str(self.cleaned_data.get(f"{part}_{suffix(language)}") or "").strip()


class SurveyForm(SideBySide):
    parts = texts.PARTS
    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        help_text=_("Only you and your team see it."),
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )
    kind = forms.ChoiceField(
        label=_("Kind"), choices=Survey.Kind, widget=forms.Select(attrs={"class": "form-select"})
    )
    valid_days = forms.IntegerField(
        label=_("Links work for days"),
        min_value=1,
        max_value=730,
        initial=60,
        help_text=_("Until then an answer may be changed."),
        widget=forms.NumberInput(attrs={"class": "form-control"}),
    )

    opens_cases = forms.BooleanField(
        label=_("A bad answer opens a case"),
        required=False,
        initial=True,
        help_text=_("Somebody is then asked to look after the customer, once for each answer."),
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )
    bad_at_most = forms.IntegerField(
        label=_("Bad is a score of at most"),
        required=False,
        min_value=0,
        max_value=10,
        help_text=_("Empty: 6 for NPS, 2 for CSAT, 3 for CES."),
        widget=forms.NumberInput(attrs={"class": "form-control"}),
    )

    def __init__(self, *args: Any, survey: Survey, shop: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.survey = survey
        if survey.pk:
            kept = ("name", "kind", "valid_days", "opens_cases", "bad_at_most")
            self.initial = {name: getattr(survey, name) for name in kept}
            current = survey.texts
        else:
            self.initial.setdefault("kind", survey.kind)
            current = {code: texts.default_texts(survey.kind, code, shop) for code in texts.LANGUAGES}
        if survey.pk and Answer.objects.filter(survey=survey).exists():
            self.fields["kind"].disabled = True
            self.fields["kind"].help_text = _("There are answers already, so the kind stays.")
        self.add_texts({"question": 3, "comment": 2, "thanks": 2}, current)

    def clean(self) -> dict[str, Any]:
        if not any(self.written("question", language) for language in texts.LANGUAGES):
            self.add_error(
                f"question_{suffix(texts.LANGUAGES[0])}", _("Write the question in one language at least.")
            )
        return self.cleaned_data

    def save(self) -> Survey:
        survey = self.survey
        survey.name = self.cleaned_data["name"]
        survey.kind = self.cleaned_data["kind"]
        survey.valid_days = self.cleaned_data["valid_days"]
        survey.opens_cases = self.cleaned_data["opens_cases"]
        survey.bad_at_most = self.cleaned_data["bad_at_most"]
        survey.texts = {
            language: {part: self.written(part, language) for part in self.parts}
            for language in texts.LANGUAGES
        }
        survey.slug = survey.slug or free_slug(survey.name)
        survey.save()
        return survey


class QuestionForm(SideBySide):
    parts = ("label", "choices")
    kind = forms.ChoiceField(
        label=_("Kind of answer"), choices=Question.Kind, widget=forms.Select(attrs={"class": "form-select"})
    )
    is_required = forms.BooleanField(
        label=_("Must be answered"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )

    def __init__(self, *args: Any, question: Question, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.question = question
        self.taken = question.pk is not None and question_is_answered(question)
        self.initial = {"kind": question.kind, "is_required": question.is_required}
        current = {
            code: {"label": said.get("label", ""), "choices": "\n".join(said.get("choices", []))}
            for code, said in question.texts.items()
        }
        if self.taken:
            self.fields["kind"].disabled = True
            self.fields["kind"].help_text = _("There are answers already, so the kind stays.")
        self.add_texts({"label": 2, "choices": 5}, current)

    @property
    def has_choices(self) -> bool:
        kind = self.cleaned_data.get("kind")
        return kind in (Question.Kind.SINGLE, Question.Kind.MULTI)

    def choices(self, language: str) -> list[str]:
        lines = self.written("choices", language).splitlines()
        return [line.strip() for line in lines if line.strip()] if self.has_choices else []

    def clean(self) -> dict[str, Any]:
        first = suffix(texts.LANGUAGES[0])
        if not any(self.written("label", language) for language in texts.LANGUAGES):
            self.add_error(f"label_{first}", _("Write the question in one language at least."))
        longest = max(len(self.choices(language)) for language in texts.LANGUAGES)
        if self.has_choices and longest < 2:
            self.add_error(f"choices_{first}", _("Write at least two choices, one per line."))
        before = len(texts.choices(self.question, texts.LANGUAGES[0])) if self.taken else 0
        if longest < before:
            self.add_error(
                f"choices_{first}",
                _("People have chosen among these already: reword them or add more at the end. Keep all."),
            )
        return self.cleaned_data

    def save(self) -> Question:
        question = self.question
        question.kind = self.cleaned_data["kind"]
        question.is_required = self.cleaned_data["is_required"]
        question.texts = {
            language: {"label": self.written("label", language), "choices": self.choices(language)}
            for language in texts.LANGUAGES
        }
        if not question.pk:
            last = question.survey.questions.aggregate(last=Max("position"))["last"]
            question.position = 0 if last is None else last + 1
            question.key = free_key(question.survey, texts.label(question, texts.LANGUAGES[0]))
        question.save()
        return question


def question_is_answered(question: Question) -> bool:
    return Answer.objects.filter(survey=question.survey_id, values__has_key=question.key).exists()


def free_slug(name: str) -> str:
    """A short name that no survey has yet."""
    return slugs.free_slug(name, Survey.objects.all(), otherwise="survey", reserved=RESERVED_SLUGS)


def free_key(survey: Survey, label: str) -> str:
    """A short stable name for a question; rules and exports use it."""
    words = slugify(label).split("-")[:5]
    base = "-".join(words)[:40].strip("-") or "question"
    taken = {*RESERVED_KEYS, *survey.questions.values_list("key", flat=True)}
    return slugs.first_free(base, taken.__contains__)
