"""Forms with which staff make a survey: its texts in all languages side by side, and its questions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from crm import slugs
from feedback import texts, versions
from feedback.models import Answer, Question, Survey

RESERVED_SLUGS = {
    "new",
    "panel",
    "customers",
    "needs",
    "asking",
    "reviews",
    "bank",
    "comments",
    "recovery",
    "insight",
    "closing",
}
RESERVED_KEYS = {
    "new",
    "bank",
    "end",
    "first-name",
    "last-name",
    "city",
    "product",
    "comment",
    "score",
    "nps",
    "csat",
    "ces",
    "email",
    "customer",
    "answered-at",
}
SHAPES = [
    ("", _("as usual")),
    ("smileys", _("Smileys")),
    ("stars", _("Stars")),
    ("numbers", _("Numbers")),
]
LABELS = {
    "question": _("Question for the score"),
    "comment": _("Question for the comment"),
    "thanks": _("Thanks"),
    "label": _("Question"),
    "hint": _("Smaller text below it"),
    "choices": _("Choices, one per line"),
    "rows": _("Rows, one per line"),
    "title": _("Heading"),
    "text": _("Text"),
    "button": _("Button"),
}


def suffix(language: str) -> str:
    return language.replace("-", "_")


class SideBySide(forms.Form):
    """Mixes one text field per part and language into a form."""

    parts: tuple[str, ...] = ()
    languages: list[str] = texts.LANGUAGES

    def add_texts(self, rows: dict[str, int], initial: dict[str, dict[str, str]]) -> None:
        for part in self.parts:
            for language in self.languages:
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
                            "lang": texts.code_of(language),
                            "dir": "auto",
                        }
                    ),
                )

    @property
    def text_rows(self) -> list[tuple[str, list[forms.BoundField]]]:
        """(label, one field per language) for the page."""
        return [
            (str(LABELS[part]), [self[f"{part}_{suffix(language)}"] for language in self.languages])
            for part in self.parts
        ]

    def written(self, part: str, language: str) -> str:
        return str(self.cleaned_data.get(f"{part}_{suffix(language)}") or "").strip()


class SurveyForm(SideBySide):
    parts = texts.PARTS
    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        help_text=_("Customers never see it."),
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
        help_text=_(
            "Whoever gives so much or less counts as unhappy. Leave it empty for the usual border: 6 for"
            " recommendation (NPS), 3 for effort (CES), 2 for satisfaction with 5 points (CSAT)."
        ),
        widget=forms.NumberInput(attrs={"class": "form-control"}),
    )

    points = forms.TypedChoiceField(
        label=_("Steps of the scale"),
        choices=[(n, n) for n in Survey.POINTS],
        coerce=int,
        empty_value=5,  # type: ignore[arg-type]
        required=False,
        initial=5,
        help_text=_("For satisfaction only; NPS and CES have scales of their own."),
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    shape = forms.ChoiceField(
        label=_("Shown as"),
        choices=SHAPES,
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    spoken = forms.MultipleChoiceField(
        label=_("Languages"),
        choices=list(texts.NAMES.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
    )
    color = forms.RegexField(
        r"^#[0-9a-fA-F]{6}$",
        label=_("Colour"),
        required=False,
        help_text=_("Like #0f766e. Empty: the colour of your shop."),
        error_messages={"invalid": _("Please write a colour like #0f766e.")},
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )
    progress = forms.BooleanField(
        label=_("Show how far people are, when there are several pages"),
        required=False,
        initial=True,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )
    asks_comment = forms.BooleanField(
        label=_("Ask for a comment at the end"),
        required=False,
        initial=True,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )
    reviews = forms.BooleanField(
        label=_("Answers about a product are reviews, which you may show on your site"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )
    full = forms.CharField(
        required=False, widget=forms.HiddenInput
    )  # Stands when all fields were on the page.

    def __init__(self, *args: Any, survey: Survey, shop: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.survey = survey
        self.languages = texts.of(survey)
        look = survey.look
        self.initial = {
            "points": survey.points,
            "shape": look.get("shape", ""),
            "spoken": self.languages,
            "color": look.get("color", ""),
            "progress": look.get("progress", True),
            "asks_comment": look.get("comment", True),
            "reviews": look.get("reviews", False),
            "full": "1",
        }
        if survey.pk:
            kept = ("name", "kind", "valid_days", "opens_cases", "bad_at_most")
            self.initial |= {name: getattr(survey, name) for name in kept}
            current = survey.texts
        else:
            self.initial.setdefault("kind", survey.kind)
            current = {code: texts.default_texts(survey.kind, code, shop) for code in texts.LANGUAGES}
        if survey.pk and Answer.objects.filter(survey=survey).exists():
            self.fields["kind"].disabled = True
            self.fields["kind"].help_text = _("There are answers already, so the kind stays.")
            self.fields["points"].disabled = True
        self.add_texts({"question": 3, "comment": 2, "thanks": 2}, current)

    def clean(self) -> dict[str, Any]:
        if not any(self.written("question", language) for language in self.languages):
            self.add_error(
                f"question_{suffix(self.languages[0])}", _("Write the question in one language at least.")
            )
        return self.cleaned_data

    def save(self) -> Survey:
        survey = self.survey
        if survey.pk:
            versions.before_change(survey)
        survey.name = self.cleaned_data["name"]
        survey.kind = self.cleaned_data["kind"]
        survey.valid_days = self.cleaned_data["valid_days"]
        survey.opens_cases = self.cleaned_data["opens_cases"]
        survey.bad_at_most = self.cleaned_data["bad_at_most"]
        # What was written in a language that is taken off now is kept for when it comes back.
        survey.texts |= {
            language: {
                **survey.texts.get(language, {}),
                **{part: self.written(part, language) for part in self.parts},
            }
            for language in self.languages
        }
        if self.cleaned_data["full"]:
            survey.points = self.cleaned_data["points"]
            survey.languages = self.cleaned_data["spoken"] or texts.LANGUAGES
            chosen = {"progress": self.cleaned_data["progress"], "comment": self.cleaned_data["asks_comment"]}
            named = {"color": self.cleaned_data["color"], "shape": self.cleaned_data["shape"]}
            chosen["reviews"] = self.cleaned_data["reviews"]
            survey.look = {**survey.look, **chosen, **named}
            survey.look = {name: value for name, value in survey.look.items() if value not in ("", None)}
        survey.slug = survey.slug or free_slug(survey.name)
        survey.save()
        return survey


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
