from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def first_languages() -> list[str]:
    return [code for code, _name in settings.LANGUAGES]


@dataclass(frozen=True, eq=False, slots=True)
class Edition:
    """Stands for exactly these texts and questions: another one whenever anything of them was changed."""

    recalls: bool  # A text holds places for earlier answers or for the customer's name.
    shuffles: bool  # Choices stand in another order for each person.


class Survey(models.Model):
    """A questionnaire whose first question is a score.

    Texts are kept per language: `texts` is {"en": {"question": …, "comment": …, "thanks": …}, "zh-hans": …}.
    `look` is {"shape": "stars", "color": "#…", "progress": true, …}; `endings` are thank-you pages by score:
    [{"from": 9, "to": 10, "texts": {"en": {"title": …, "text": …, "button": …}}, "url": …}].
    `version` counts up when something changes after somebody answered; see SurveyVersion.
    """

    class Kind(models.TextChoices):
        NPS = "nps", _("NPS: would you recommend us? (0–10)")
        CSAT = "csat", _("CSAT: how satisfied are you? (1–5)")
        CES = "ces", _("CES: was it easy? (1–7)")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    class Doors(models.TextChoices):
        PERSONAL = "personal", _("Only with a personal link")
        EVERYBODY = "everybody", _("Everybody who has the open link or the QR code")

    POINTS = (3, 4, 5, 7, 10)  # Of a CSAT scale.
    edition: Edition | None = (
        None  # Set where survey and questions were read together; see feedback.versions.
    )

    slug = models.SlugField(_("short name"), max_length=80, unique=True, allow_unicode=True)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.NPS)
    points = models.PositiveSmallIntegerField(_("points of the scale"), default=5)  # CSAT only.
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    texts = models.JSONField(default=dict)
    languages = models.JSONField(_("languages"), default=first_languages)
    look = models.JSONField(default=dict, blank=True)
    endings = models.JSONField(default=list, blank=True)
    version = models.PositiveIntegerField(default=1)
    doors = models.CharField(_("who may answer"), max_length=10, choices=Doors, default=Doors.PERSONAL)
    valid_days = models.PositiveSmallIntegerField(_("links work for days"), default=60)
    opens_cases = models.BooleanField(
        _("a bad answer opens a case"),
        default=True,
        help_text=_("Somebody is then asked to look after the customer, once for each answer."),
    )
    bad_at_most = models.PositiveSmallIntegerField(
        _("bad is a score of at most"),
        null=True,
        blank=True,
        help_text=_("Empty: 6 for NPS, 2 for CSAT, 3 for CES."),
    )
    is_imported = models.BooleanField(default=False, editable=False)
    is_demo = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("survey")
        verbose_name_plural = _("surveys")
        ordering = ["-created_at"]
        constraints = [models.CheckConstraint(condition=Q(points__lte=10), name="survey_points_up_to_10")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("feedback:survey", args=[self.slug])

    @property
    def scale(self) -> range:
        return scale_of(self.kind, self.points)

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN


class SurveyVersion(models.Model):
    """What a survey asked before it was changed, for those who answered that or had it open just then."""

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()  # {"survey": {…}, "questions": [{…}]}, see feedback.versions.
    kept_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("earlier version of a survey")
        verbose_name_plural = _("earlier versions of surveys")
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["survey", "number"], name="survey_version_once")]

    def __str__(self) -> str:
        return f"{self.survey_id}/{self.number}"


class Question(models.Model):
    """A question besides the score; `texts` is {"en": {"label": …, "choices": […], "rows": […], "hint": …}}.

    What is stored in `Answer.values` under its key:

    text            the text                    csat, nps, ces, rating   the number
    single          number of the choice        multi                    [numbers]
    matrix          {"row": column}, by number  ranking                  [numbers], the best first
    date            "2026-03-01"                consent                  true
    hidden          what the link brought       section                  nothing: it only begins a page

    Choices, rows and columns go by number from 1; what somebody wrote as "other" stands there as text, and
    "none of these" is 0. `options` is {"points": 5, "shape": "stars", "other": true, "none": true, "random":
    true, "form": "email", "longest": …, "least": …, "most": …, "parameter": …}. `show_if` is {"all": […]} or
    {"any": […]} of conditions on earlier answers; `jumps` is [{"when": {…}, "to": key or "end"}]: see
    feedback.logic.
    """

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        SINGLE = "single", _("One choice")
        MULTI = "multi", _("Several choices")
        RATING = "rating", _("Rating 1–5")
        CSAT = "csat", _("Satisfaction (stars, smileys or numbers)")
        NPS = "nps", _("Recommendation 0–10")
        CES = "ces", _("Agreement 1–7: was it easy?")
        MATRIX = "matrix", _("Table: one choice in each row")
        RANKING = "ranking", _("Put in order")
        DATE = "date", _("Date")
        CONSENT = "consent", _("Agreement to tick")
        HIDDEN = "hidden", _("Hidden field, filled by the link")
        SECTION = "section", _("New page with a heading")

    SCORES = frozenset({Kind.RATING, Kind.CSAT, Kind.NPS, Kind.CES})
    CHOICES = frozenset({Kind.SINGLE, Kind.MULTI, Kind.RANKING, Kind.MATRIX})

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="questions")
    key = models.SlugField(_("key"), max_length=60)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.TEXT)
    texts = models.JSONField(default=dict)
    options = models.JSONField(default=dict, blank=True)
    show_if = models.JSONField(default=dict, blank=True)
    jumps = models.JSONField(default=list, blank=True)
    is_required = models.BooleanField(_("required"), default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["survey", "key"], name="question_key_once")]

    def __str__(self) -> str:
        return self.key

    @property
    def scale(self) -> range:
        """The numbers of a question for a score; empty for the others."""
        if self.kind == self.Kind.RATING:
            return range(1, 6)
        return scale_of(self.kind, self.option("points") or 5) if self.kind in self.SCORES else range(0)

    @property
    def asks(self) -> bool:
        """Whether somebody is asked something; a new page is only a heading."""
        return self.kind != self.Kind.SECTION

    def option(self, name: str) -> Any:
        return self.options.get(name)


class BankQuestion(models.Model):
    """A question kept for other surveys: as in Question, without a place in any."""

    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=10, choices=Question.Kind)
    texts = models.JSONField(default=dict)
    options = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("question of the question bank")
        verbose_name_plural = _("question bank")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


def scale_of(kind: str, points: int) -> range:
    """The numbers that may be chosen on a scale of this kind."""
    return {"nps": range(11), "ces": range(1, 8)}.get(kind) or range(1, points + 1)
