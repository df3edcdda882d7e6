from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class KeptFigures(models.Model):
    """Figures of a large shop that take too long for a page; counted after each refresh, kept by name."""

    name = models.CharField(max_length=60, unique=True)
    as_of = models.DateField()
    data = models.JSONField()
    counted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("kept figures")
        verbose_name_plural = _("kept figures")

    def __str__(self) -> str:
        return self.name


class Spending(models.Model):
    """What was spent on winning customers in a month on a channel, as the shop enters it."""

    month = models.DateField(_("month"))  # Its first day.
    channel = models.CharField(_("channel"), max_length=80)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)

    class Meta:
        verbose_name = _("spending on marketing")
        verbose_name_plural = _("spending on marketing")
        ordering = ["-month", "channel"]
        constraints = [
            models.UniqueConstraint(fields=["month", "channel"], name="spending_once"),
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="spending_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.channel}"


class ServingCosts(models.Model):
    """What looking after customers costs; row 1. Zero where the shop has said nothing."""

    case_cost = models.DecimalField(_("cost of a case"), max_digits=12, decimal_places=2, default=0)
    return_cost = models.DecimalField(_("cost of a return"), max_digits=12, decimal_places=2, default=0)

    class Meta:
        verbose_name = _("cost to serve")
        verbose_name_plural = _("cost to serve")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_cost_to_serve")]

    def __str__(self) -> str:
        return f"{self.case_cost}/{self.return_cost}"

    @classmethod
    def current(cls) -> ServingCosts:
        return cls.objects.filter(pk=1).first() or cls(pk=1)
