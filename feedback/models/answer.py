from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import Customer
from crm.models.personal import PersonalData
from feedback.models.invitation import Invitation
from feedback.models.survey import Survey


class Answer(PersonalData):
    """One filled-in survey. `values` is {question key: value}; without a customer it is anonymous."""

    PERSONAL = frozenset({"comment", "values"})

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="answers")
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, blank=True, related_name="+")
    invitation = models.OneToOneField(
        Invitation, models.CASCADE, null=True, blank=True, related_name="answer"
    )
    key = models.CharField(max_length=120)  # Unique within the survey: "invitation:7", "row:<hash>:<n>".
    score = models.SmallIntegerField(_("score"), null=True)
    comment = models.TextField(_("comment"), blank=True)
    values = models.JSONField(default=dict, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    answered_at = models.DateTimeField(_("answered at"), default=timezone.now)

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints = [
            models.UniqueConstraint(fields=["survey", "key"], name="answer_once"),
            models.CheckConstraint(
                condition=Q(score=None) | Q(score__gte=0, score__lte=10), name="score_0_to_10"
            ),
        ]
        indexes = [models.Index(fields=["survey", "answered_at"], name="answer_by_time")]

    def __str__(self) -> str:
        return f"{self.survey_id}: {self.score}"
