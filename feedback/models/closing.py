from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import Customer
from feedback.models.answer import Answer
from feedback.models.survey import Survey
from feedback.models.theme import Theme


class ClosingRule(models.Model):
    """If an answer is like this, then do that; once for each answer. ON ⇄ OFF.

    All conditions that are given must hold.
    """

    class State(models.TextChoices):
        ON = "on", _("On")
        OFF = "off", _("Off")

    name = models.CharField(_("name"), max_length=120)
    state = models.CharField(_("state"), max_length=3, choices=State, default=State.ON)
    survey = models.ForeignKey(
        Survey, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("survey")
    )
    score_from = models.PositiveSmallIntegerField(_("score from"), null=True, blank=True)
    score_to = models.PositiveSmallIntegerField(_("score up to"), null=True, blank=True)
    theme = models.ForeignKey(
        Theme, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("speaks of")
    )
    segment = models.SlugField(_("only this segment"), max_length=80, blank=True, allow_unicode=True)
    opens_case = models.BooleanField(_("open a case"), default=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("given to"),
    )
    due_hours = models.PositiveSmallIntegerField(_("answered within hours"), null=True, blank=True)
    tag = models.CharField(_("tag the customer"), max_length=60, blank=True)
    tells = models.BooleanField(_("tell other programs (webhook)"), default=False)
    reask_days = models.PositiveSmallIntegerField(
        _("ask again so many days after it was solved"), null=True, blank=True
    )
    # The short name of a campaign that goes out one by one; feedback knows no campaigns.
    campaign = models.SlugField(_("send this campaign"), max_length=80, blank=True, allow_unicode=True)
    thank_days = models.PositiveSmallIntegerField(
        _("to each person at most once in days"), default=90, db_default=90
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("rule for answers")
        verbose_name_plural = _("rules for answers")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("feedback:closing_rule", args=[self.pk])


class Followed(models.Model):
    """A rule was carried out for an answer. `thanks`: NONE, or WAITING → DONE once the mail is planned."""

    class Thanks(models.TextChoices):
        NONE = "", _("None")
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")

    rule = models.ForeignKey(ClosingRule, models.CASCADE, related_name="followed")
    answer = models.ForeignKey(Answer, models.CASCADE, related_name="followed")
    at = models.DateTimeField(default=timezone.now)
    thanks = models.CharField(max_length=7, choices=Thanks, default=Thanks.NONE, db_default="", blank=True)

    class Meta:
        verbose_name = _("followed rule")
        verbose_name_plural = _("followed rules")
        indexes = [models.Index(fields=["id"], condition=models.Q(thanks="waiting"), name="thanks_waiting")]
        constraints = [models.UniqueConstraint(fields=["rule", "answer"], name="rule_once_per_answer")]

    def __str__(self) -> str:
        return f"{self.rule_id}: {self.answer_id}"


class Reask(models.Model):
    """Somebody unhappy is asked again. WAITING → ASKED | SKIPPED.

    Without `due_at` it waits for the case to be solved.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        ASKED = "asked", _("Asked again")
        SKIPPED = "skipped", _("Not asked again")

    answer = models.OneToOneField(Answer, models.CASCADE, related_name="reask")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    days = models.PositiveSmallIntegerField(default=7)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    reason = models.CharField(max_length=40, blank=True)
    due_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("question asked again")
        verbose_name_plural = _("questions asked again")
        indexes = [models.Index(fields=["state", "due_at"], name="reask_due")]

    def __str__(self) -> str:
        return f"{self.answer_id}: {self.state}"


class ScoreTarget(models.Model):
    """What a score shall be. FINE ⇄ BELOW: below only when chance alone would hardly make it so."""

    class State(models.TextChoices):
        FINE = "fine", _("On target")
        BELOW = "below", _("Below target")

    survey = models.OneToOneField(Survey, models.CASCADE, related_name="target")
    goal = models.SmallIntegerField(_("the score shall be at least"))
    days = models.PositiveSmallIntegerField(_("looked at over the last days"), default=90)
    state = models.CharField(max_length=5, choices=State, default=State.FINE)
    changed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("target of a score")
        verbose_name_plural = _("targets of scores")

    def __str__(self) -> str:
        return f"{self.survey_id}: {self.goal}"
