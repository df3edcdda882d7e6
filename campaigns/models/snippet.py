from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Snippet(models.Model):
    """A part that several designs share, put in by its name: {% snippet "opening-hours" %}.

    Designs follow a change of it; what is being sent, or was sent, keeps what stood there.
    """

    class Place(models.TextChoices):
        SECTION = "section", _("A section of its own")
        CONTENT = "content", _("Inside a column")

    name = models.SlugField(_("name"), max_length=40, unique=True, allow_unicode=True)
    place = models.CharField(_("where it goes"), max_length=8, choices=Place, default=Place.SECTION)
    mjml = models.TextField(_("design (MJML)"))
    is_demo = models.BooleanField(default=False, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("snippet")
        verbose_name_plural = _("snippets")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def code(self) -> str:
        """What stands in a design for it."""
        return f'{{% snippet "{self.name}" %}}'
