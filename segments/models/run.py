from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import Customer


class ScoringRun(models.Model):
    """One calculation with its parameters, progress and result: a refresh, scoring, clustering, valuation.

    QUEUED → RUNNING → DONE | FAILED | CANCELLED. Parameters and seed are stored, so it can be repeated;
    models are stored as numbers (JSON), never pickled. `heartbeat_at` tells a live run from a
    killed one: RUNNING → QUEUED when its worker died (`segments.lease`). At most one refresh and one
    calculation of recommendations is RUNNING.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    class Kind(models.TextChoices):
        REFRESH = "refresh", _("Refresh")
        RFM = "rfm", _("RFM")
        CLUSTER = "cluster", _("Clustering")
        VALUE = "value", _("Customer value")
        RECOMMEND = "recommend", _("Recommendations")
        PREDICT = "predict", _("Prediction")
        LAPSE = "lapse", _("Risk of losing customers")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    parameters = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    model = models.JSONField(default=dict)  # What assigning newcomers needs; large, so apart from the result.
    progress = models.JSONField(default=dict)  # {"step": "…", "done": n, "of": n}
    error = models.CharField(max_length=300, blank=True)
    as_of = models.DateField(null=True)
    is_live = models.BooleanField(default=False)  # The clustering that new customers are assigned by.
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("calculation")
        verbose_name_plural = _("calculations")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], condition=Q(state="running", kind="refresh"), name="one_refresh_runs"
            ),
            models.UniqueConstraint(
                fields=["kind"], condition=Q(state="running", kind="recommend"), name="one_recommending_runs"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class ClusterMember(models.Model):
    """Which cluster of a run a customer belongs to; −1 is noise.

    Of these `oddity` says how far they stand apart, and `why` in what: [[column, standard deviations], …].
    """

    run = models.ForeignKey(ScoringRun, models.CASCADE, related_name="members")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    cluster = models.SmallIntegerField()
    oddity = models.FloatField(null=True)
    why = models.JSONField(null=True)

    class Meta:
        verbose_name = _("member of a cluster")
        verbose_name_plural = _("members of clusters")
        constraints = [models.UniqueConstraint(fields=["run", "customer"], name="one_cluster_per_run")]
        indexes = [models.Index(fields=["run", "cluster"], name="cluster_member_by_cluster")]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.customer_id}"
