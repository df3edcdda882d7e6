from __future__ import annotations

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import CustomField
from feedback.models.survey import Survey


class Attitude(models.Model):
    """A question whose latest answer stands in an own field of the customer: a need, a taste, an attitude.

    `question` is the key under which the ledger has the answers, or "score". `known` and `synced_at` belong
    to the last time that all answers were taken over.
    """

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="attitudes", verbose_name=_("survey"))
    question = models.CharField(_("question"), max_length=80)
    field = models.OneToOneField(CustomField, models.CASCADE, related_name="+", verbose_name=_("own field"))
    known = models.PositiveIntegerField(default=0)
    synced_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("need or attitude")
        verbose_name_plural = _("needs and attitudes")
        ordering = ["created_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["survey", "question"], name="one_field_per_question")]

    def __str__(self) -> str:
        return self.field.label

    def get_absolute_url(self) -> str:
        return reverse("feedback:attitude", args=[self.pk])
