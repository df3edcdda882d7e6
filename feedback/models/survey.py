from __future__ import annotations

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Survey(models.Model):
    """A short questionnaire whose first question is a score.

    Texts are kept per language: `texts` is {"en": {"question": …, "thanks": …}, "zh-hans": {…}}.
    """

    class Kind(models.TextChoices):
        NPS = "nps", _("NPS: would you recommend us? (0–10)")
        CSAT = "csat", _("CSAT: how satisfied are you? (1–5)")
        CES = "ces", _("CES: was it easy? (1–7)")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    slug = models.SlugField(_("short name"), max_length=80, unique=True, allow_unicode=True)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.NPS)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    texts = models.JSONField(default=dict)
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

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("feedback:survey", args=[self.slug])

    @property
    def scale(self) -> range:
        return {"nps": range(11), "csat": range(1, 6), "ces": range(1, 8)}[self.kind]

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN


class Question(models.Model):
    """A question besides the score; `texts` is {"en": {"label": …, "choices": […]}}, choices go by number."""

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        SINGLE = "single", _("One choice")
        MULTI = "multi", _("Several choices")
        RATING = "rating", _("Rating 1–5")

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="questions")
    key = models.SlugField(_("key"), max_length=60)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.TEXT)
    texts = models.JSONField(default=dict)
    is_required = models.BooleanField(_("required"), default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["survey", "key"], name="question_key_once")]

    def __str__(self) -> str:
        return self.key
