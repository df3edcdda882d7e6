from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class DriftReference(models.Model):
    """What a figure looked like when it was last taken for normal; `basis` changes where the two cannot be
    compared any more. `data`: {"edges", "counts", "median", "psi"}, or {"ratio"} of a model."""

    name = models.CharField(max_length=120, unique=True)
    basis = models.CharField(max_length=60, blank=True)
    data = models.JSONField()
    as_of = models.DateField()

    class Meta:
        verbose_name = _("reference for changes")
        verbose_name_plural = _("references for changes")

    def __str__(self) -> str:
        return self.name


class DriftAlarm(models.Model):
    """Something that left its usual range. OPEN → SEEN by somebody, the new normal | OVER by itself.

    `name` is a feature, the short name of a segment, or a model.
    """

    class Kind(models.TextChoices):
        FEATURE = "feature", _("Figure of customers")
        SEGMENT = "segment", _("Size of a segment")
        MODEL = "model", _("Forecast of a model")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        SEEN = "seen", _("Seen")
        OVER = "over", _("Over by itself")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    name = models.CharField(max_length=120)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    details = models.JSONField(default=dict)  # What the page tells: before, now, figure.
    noted_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    seen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("alarm about a change")
        verbose_name_plural = _("alarms about changes")
        ordering = ["-noted_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "name"], condition=Q(state="open"), name="one_open_alarm")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
