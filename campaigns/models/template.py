from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class MailTemplate(models.Model):
    """A reusable design: MJML with Liquid placeholders. A campaign takes a copy, so later edits stay away."""

    name = models.CharField(_("name"), max_length=120)
    description = models.CharField(_("description"), max_length=200, blank=True)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    mjml = models.TextField(_("design (MJML)"))
    language = models.CharField(_("language"), max_length=10, default="en")
    is_demo = models.BooleanField(default=False, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("mail template")
        verbose_name_plural = _("mail templates")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
