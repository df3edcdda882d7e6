from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models.api import ApiToken
from crm.models.personal import PersonalData


class ExportFile(PersonalData):
    """A table that a worker writes to a file, for programs that fetch it later.

    QUEUED → RUNNING → DONE | FAILED; RUNNING → QUEUED when its process was killed. `role` and `scope` are
    those of `by` when the file was written: who may see less since then does not get it.
    """

    PERSONAL = frozenset({"filters"})

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Stopped")

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "XLSX"

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    token = models.ForeignKey(ApiToken, models.SET_NULL, null=True, related_name="+")
    format = models.CharField(max_length=4, choices=Format, default=Format.CSV)
    filters = models.CharField(max_length=4000, blank=True)  # As the address of the list carries them.
    columns = models.JSONField(default=list)
    role = models.CharField(max_length=10, blank=True)
    scope = models.CharField(max_length=10, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    path = models.CharField(max_length=400, blank=True, editable=False)  # Below MEDIA_ROOT.
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.format} {self.pk}"
