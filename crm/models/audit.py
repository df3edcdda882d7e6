from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models.personal import PersonalData


class AuditEntry(PersonalData):
    """Who saw, changed, exported or sent what. Write through `crm.audit`.

    Append-only: triggers of the database refuse to change or remove rows (`crm.audit_guard`).
    """

    PERSONAL = frozenset({"before", "after"})

    class Action(models.TextChoices):
        VIEWED = "viewed", _("Looked at")
        CREATED = "created", _("Created")
        CHANGED = "changed", _("Changed")
        DELETED = "deleted", _("Deleted")
        IMPORTED = "imported", _("Imported")
        EXPORTED = "exported", _("Exported")
        MERGED = "merged", _("Merged")
        UNDONE = "undone", _("Undone")
        SENT = "sent", _("Sent")
        ERASED = "erased", _("Erased")
        SIGNED_IN = "signed_in", _("Signed in")
        SIGNED_OUT = "signed_out", _("Signed out")
        FAILED = "failed", _("Could not sign in")
        REFUSED = "refused", _("Refused")

    at = models.DateTimeField(_("at"), default=timezone.now)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    action = models.CharField(_("action"), max_length=12, choices=Action)
    kind = models.CharField(_("kind"), max_length=40)  # A model's name: "customer", "case", "segment".
    object_key = models.CharField(max_length=40, blank=True)  # Its primary key as text.
    detail = models.CharField(_("detail"), max_length=200, blank=True)  # Never personal data.
    count = models.PositiveIntegerField(_("number"), null=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_by_time"),
            models.Index(fields=["kind", "object_key"], name="audit_by_object"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.kind} {self.object_key}".strip()


class AuditPass(models.Model):
    """While a row stands here, within one transaction, the audit log may be pruned or redacted."""

    class Meta:
        verbose_name = _("pass into the audit log")
        verbose_name_plural = _("passes into the audit log")

    def __str__(self) -> str:
        return str(self.pk)
