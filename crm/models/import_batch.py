from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models.personal import PersonalData


class ImportBatch(PersonalData):
    """One file on its way in; the row carries the work and its checkpoint.

    DRAFT (uploaded, columns guessed) → QUEUED → RUNNING → DONE | FAILED; FAILED → QUEUED (resume);
    DRAFT, QUEUED → CANCELLED; DONE, FAILED → UNDOING → UNDONE (UNDOING with an `error` has stopped).

    At most one batch is RUNNING (a database constraint), so that two equal files uploaded at once cannot
    race. `heartbeat_at` tells a live run from a killed one.
    """

    PERSONAL = frozenset({"file_name", "findings", "error"})

    class State(models.TextChoices):
        DRAFT = "draft", _("Not started")
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Stopped")
        CANCELLED = "cancelled", _("Cancelled")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")

    kind = models.CharField(_("kind"), max_length=20)
    file_name = models.CharField(_("file"), max_length=200)
    path = models.CharField(max_length=400, editable=False)  # Where our copy lies, below MEDIA_ROOT.
    sha256 = models.CharField(max_length=64, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    options = models.JSONField(default=dict)  # encoding, delimiter, header, sheet, create_fields, survey, …
    mapping = models.JSONField(default=dict)  # Column (header or number) → field.
    findings = models.JSONField(default=dict)  # What reading the whole file decided: date style, decimals, …
    counts = models.JSONField(default=dict)  # rows, created, updated, unchanged, skipped, rejected, money, …
    step = models.CharField(max_length=20, blank=True)
    next_row = models.PositiveIntegerField(default=0)
    total_rows = models.PositiveIntegerField(null=True)
    error = models.TextField(blank=True)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="running"), name="one_import_runs")
        ]

    def __str__(self) -> str:
        return self.file_name


class ImportProblem(PersonalData):
    """A row that was skipped or rejected, with the reason and its text for the error file."""

    PERSONAL = frozenset({"cells"})

    class Verdict(models.TextChoices):
        SKIPPED = "skipped", _("Left out")
        REJECTED = "rejected", _("Not understood")

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="problems")
    row = models.PositiveIntegerField(_("row"))
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict)
    column = models.CharField(_("column"), max_length=120, blank=True)
    reason = models.CharField(_("reason"), max_length=200)  # A code of crm.imports.reasons.
    cells = models.JSONField(default=list)

    class Meta:
        verbose_name = _("problem of an import")
        verbose_name_plural = _("problems of imports")
        indexes = [models.Index(fields=["batch", "row"], name="problem_by_row")]

    def __str__(self) -> str:
        return f"{self.row}: {self.reason}"


class ImportParcel(models.Model):
    """Judged rows, or facts about customers and products, waiting to be merged; gone when the import is done.

    What belongs together lies in parcels of the same bucket; one parcel holds what one chunk of the file had
    for it, so that staging a hundred thousand rows writes a few hundred.
    """

    class Content(models.TextChoices):
        ROWS = "rows"
        FACTS = "facts"

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="+", db_index=False)
    content = models.CharField(max_length=5, choices=Content)
    bucket = models.PositiveIntegerField()
    row = models.PositiveIntegerField()  # The first row of its chunk.
    data = models.TextField()  # JSON: [[row number, data], …], or {key: {attribute: [dated, value]}}.

    class Meta:
        indexes = [models.Index(fields=["batch", "content", "bucket", "row"], name="import_parcel_place")]

    def __str__(self) -> str:
        return f"{self.content} {self.bucket}"
