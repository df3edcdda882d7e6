from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import Tag


class ModelTag(models.Model):
    """A class of customers that gives a tag by itself; `code` is one of `segments.model_tags.catalogue`.

    `found` is what the last night worked out: limits in days and money, and why nobody has it. A tag that
    was given and is gone was deleted by the shop: then the class is off.
    """

    code = models.SlugField(max_length=20, unique=True)
    tag = models.ForeignKey(Tag, models.SET_NULL, null=True, related_name="+")
    is_on = models.BooleanField(_("gives a tag"), default=True)
    limit = models.FloatField(_("limit"), null=True, blank=True)  # Empty: as the program suggests.
    was_given = models.BooleanField(default=False)
    found = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("tag by model")
        verbose_name_plural = _("tags by model")
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return self.code
