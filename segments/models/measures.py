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
