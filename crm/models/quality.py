from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class QualityRun(models.Model):
    """One look at how good the data are, with its figures. QUEUED → RUNNING → DONE | FAILED.

    RUNNING without a sign of life becomes QUEUED again; at most one waits or runs.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Stopped")

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    figures = models.JSONField(default=dict)  # customers, purchases, fields, rules, limits.
    steps_done = models.PositiveSmallIntegerField(default=0)
    steps = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("look at the data quality")
        verbose_name_plural = _("looks at the data quality")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=Q(state__in=["queued", "running"]), name="one_quality_run_at_once"
            )
        ]

    def __str__(self) -> str:
        return str(self.created_at)


class QualityFinding(models.Model):
    """A row that a rule names; only for rules that no database can judge. Replaced by each run."""

    rule = models.CharField(max_length=40)
    row = models.BigIntegerField()

    class Meta:
        verbose_name = _("finding about the data quality")
        verbose_name_plural = _("findings about the data quality")
        constraints = [models.UniqueConstraint(fields=["rule", "row"], name="one_finding_per_rule_and_row")]

    def __str__(self) -> str:
        return f"{self.rule} {self.row}"


class QualityException(models.Model):
    """A row that is right although a rule names it, because a person said so."""

    rule = models.CharField(_("rule"), max_length=40)
    row = models.BigIntegerField(_("row"))
    reason = models.CharField(_("reason"), max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("exception of data quality")
        verbose_name_plural = _("exceptions of data quality")
        constraints = [models.UniqueConstraint(fields=["rule", "row"], name="one_exception_per_rule_and_row")]

    def __str__(self) -> str:
        return f"{self.rule} {self.row}"
