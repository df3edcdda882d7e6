from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

DAYS = [MinValueValidator(1), MaxValueValidator(3650)]


class LifecycleChoice(models.Model):
    """What the shop says itself about stages; row 1. Empty: the rhythm of the shop decides."""

    active_days = models.PositiveIntegerField(_("active for"), null=True, blank=True, validators=DAYS)
    lost_days = models.PositiveIntegerField(_("lost after"), null=True, blank=True, validators=DAYS)
    lost_gaps = models.FloatField(
        _("lost after so many usual gaps"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1.5), MaxValueValidator(20)],
    )
    loyal_orders = models.PositiveIntegerField(
        _("loyal from"), null=True, blank=True, validators=[MinValueValidator(2), MaxValueValidator(1000)]
    )

    class Meta:
        verbose_name = _("lifecycle of customers")
        verbose_name_plural = _("lifecycle of customers")
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="one_lifecycle"),
            models.CheckConstraint(
                condition=Q(active_days=None) | Q(lost_days=None) | Q(lost_days__gt=F("active_days")),
                name="lost_after_active",
            ),
            models.CheckConstraint(
                condition=Q(lost_days=None) | Q(lost_gaps=None), name="lost_by_days_or_gaps"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.active_days}/{self.lost_days}/{self.loyal_orders}"
