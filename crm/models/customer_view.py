from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class CustomerView(models.Model):
    """Filters, order and columns of the customer list under a name."""

    class Place(models.TextChoices):
        PRIVATE = "private", _("Only for me")
        SHARED = "shared", _("For everybody, in the menu")
        PINNED = "pinned", _("For everybody, as a tab")

    name = models.CharField(_("name"), max_length=60)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    place = models.CharField(_("seen"), max_length=8, choices=Place, default=Place.PRIVATE)
    query = models.CharField(max_length=2000, blank=True)  # As in the address of the list.
    columns = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"{reverse('crm:customers')}?{self.query}{'&' if self.query else ''}view={self.pk}"


class ListHabit(models.Model):
    """How somebody likes the customer list: columns per view ("" without one), and where it opens."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    columns = models.JSONField(default=dict)
    opens = models.ForeignKey(CustomerView, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("habit of the list")
        verbose_name_plural = _("habits of the list")

    def __str__(self) -> str:
        return str(self.user_id)

    def columns_for(self, view: str) -> list[str] | None:
        found: Any = self.columns.get(view) if isinstance(self.columns, dict) else None
        return [str(one) for one in found] if isinstance(found, list) else None
