from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Journal(models.Model):
    """What one large change did to which rows, so that it can be taken back. Write through `crm.journal`.

    OPEN (being written) → SEALED → UNDOING → UNDONE; SEALED → EXPIRED when its images were thrown away.
    `worker` is the token of the process that undoes; `columns` are those that the images hold, by model.
    """

    class Kind(models.TextChoices):
        IMPORT = "import", _("Import")
        MERGE = "merge", _("Merge")
        BULK = "bulk", _("Change of many")

    class State(models.TextChoices):
        OPEN = "open", _("Being written")
        SEALED = "sealed", _("Can be undone")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")
        EXPIRED = "expired", _("Too old to be undone")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    reference = models.CharField(max_length=60, blank=True)  # What it belongs to: the number of an import.
    title = models.CharField(_("title"), max_length=200)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(_("at"), default=timezone.now)
    columns = models.JSONField(default=dict)  # {model: [column, …]}
    counts = models.JSONField(
        default=dict
    )  # {model: {"removed": n, "restored": n}}, kept while it is undone.
    worker = models.CharField(max_length=32, blank=True)
    heartbeat_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("journal")
        verbose_name_plural = _("journals")
        indexes = [models.Index(fields=["state", "at"], name="journal_by_state")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "reference"], condition=~Q(reference=""), name="one_journal_per_reference"
            )
        ]

    def __str__(self) -> str:
        return self.title


class JournalEntry(models.Model):
    """One row that a journal touched: as it was before (`image`, JSON), and a digest of how it was left."""

    class Kind(models.TextChoices):
        CREATED = "c", _("Created")
        KEPT = "k", _("Changed or deleted")
        FORGOTTEN = "f", _("Forgotten")  # Its person was erased; undoing leaves the row as it is.

    journal = models.ForeignKey(Journal, models.CASCADE, related_name="entries", db_index=False)
    model = models.CharField(max_length=60)  # "crm.customer"
    row = models.BigIntegerField()
    kind = models.CharField(max_length=1, choices=Kind)
    customer = models.BigIntegerField(null=True)  # A number, no key: the person may be gone.
    image = models.TextField(null=True)
    digest = models.CharField(max_length=32, blank=True)  # "" = the journal left no such row.
    settled = models.BooleanField(default=False)  # Is `digest` that of the row as it was left?

    class Meta:
        verbose_name = _("row of a journal")
        verbose_name_plural = _("rows of journals")
        indexes = [models.Index(fields=["customer"], name="journal_by_customer")]
        constraints = [
            models.UniqueConstraint(fields=["journal", "model", "row"], name="one_entry_per_journal_and_row")
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.row}"
