from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

ALIVE = timedelta(seconds=40)


class WorkerHeartbeat(models.Model):
    """Last sign of life of each background worker."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    seen_at = models.DateTimeField(_("last seen"))
    started_at = models.DateTimeField(_("started"), default=timezone.now)

    class Meta:
        verbose_name = _("worker")
        verbose_name_plural = _("workers")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def anybody_there(cls, now: datetime | None = None) -> bool:
        return cls.objects.filter(seen_at__gt=(now or timezone.now()) - ALIVE).exists()
