from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ImportProfile(models.Model):
    """How files with these columns were read the last time, to be offered again."""

    kind = models.CharField(_("kind"), max_length=20)
    fingerprint = models.CharField(max_length=64, editable=False)  # Of the headers, in whatever order.
    file_name = models.CharField(_("file"), max_length=200)
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    used_at = models.DateTimeField(_("used at"), default=timezone.now)
    used_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("remembered kind of file")
        verbose_name_plural = _("remembered kinds of files")
        ordering = ["-used_at"]
        constraints = [models.UniqueConstraint(fields=["kind", "fingerprint"], name="one_profile_per_header")]

    def __str__(self) -> str:
        return self.file_name
