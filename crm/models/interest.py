from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models.customer import Tag


class Interest(models.Model):
    """A category of products whose buyers and visitors get a tag, renewed every night while it is on."""

    category = models.CharField(_("category"), max_length=120, unique=True)
    tag = models.OneToOneField(Tag, models.SET_NULL, null=True, related_name="interest")
    is_on = models.BooleanField(_("gives a tag"), default=True)

    class Meta:
        verbose_name = _("interest")
        verbose_name_plural = _("interests")
        ordering: ClassVar[list[str]] = ["category"]

    def __str__(self) -> str:
        return self.category
