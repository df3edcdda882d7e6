from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import Customer
from segments.models.run import ScoringRun


class Score(models.Model):
    """A prediction that is kept: everybody's chance (or number) by the model of `run`, renewed each night."""

    key = models.SlugField(_("short name"), max_length=50, unique=True)
    name = models.CharField(_("name"), max_length=80)
    run = models.ForeignKey(ScoringRun, models.CASCADE, related_name="scores")
    created_at = models.DateTimeField(default=timezone.now)
    renewed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("kept prediction")
        verbose_name_plural = _("kept predictions")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class CustomerScore(models.Model):
    """What a kept prediction says of one customer: a chance from 0 to 1, or a number."""

    score = models.ForeignKey(Score, models.CASCADE, related_name="values")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    value = models.FloatField()

    class Meta:
        verbose_name = _("score of a customer")
        verbose_name_plural = _("scores of customers")
        constraints = [models.UniqueConstraint(fields=["customer", "score"], name="one_value_per_score")]
        indexes = [models.Index(fields=["score", "value"], name="score_by_value")]

    def __str__(self) -> str:
        return f"{self.score_id}/{self.customer_id}"
