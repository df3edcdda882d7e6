from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class BulkJob(models.Model):
    """One action on many customers: whom it means is frozen in `BulkTarget` when it is asked for.

    QUEUED → RUNNING → DONE | FAILED; FAILED → QUEUED (again, from where it stopped); RUNNING → QUEUED when
    its process was killed. DONE → UNDOING → UNDONE, or back to DONE with the reason in `error`. `key` is
    made by the page that asks, so a double click is one job.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Stopped")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")

    key = models.UUIDField(unique=True, default=uuid.uuid4)
    action = models.CharField(_("action"), max_length=40)
    options = models.JSONField(default=dict)
    title = models.CharField(_("what"), max_length=200)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    back = models.CharField(max_length=2000, blank=True)  # The query of the list it was asked from.
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    place = models.BigIntegerField(default=0)  # The last target worked at.
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("action on many")
        verbose_name_plural = _("actions on many")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("crm:bulk_job", args=[self.pk])

    @property
    def share(self) -> float:
        return self.done / self.total if self.total else 1


class BulkTarget(models.Model):
    """Somebody whom a job means; a plain number, so that deleting the customer leaves it alone."""

    job = models.ForeignKey(BulkJob, models.CASCADE, related_name="targets", db_index=False)
    customer_id = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["job", "id"], name="bulk_target_place")]

    def __str__(self) -> str:
        return f"{self.job_id}/{self.customer_id}"
