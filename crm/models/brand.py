from __future__ import annotations

import secrets

from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

COLOR = RegexValidator(r"^#[0-9a-fA-F]{6}$")


def new_token() -> str:
    return secrets.token_hex(10)


class Picture(models.Model):
    """A picture for mails and public pages; its address never changes and needs no sign-in."""

    name = models.CharField(_("name"), max_length=120)
    alt = models.CharField(
        _("description"),
        max_length=200,
        blank=True,
        help_text=_("What it shows, for people who do not see it."),
    )
    token = models.CharField(max_length=20, unique=True, default=new_token, editable=False)
    ending = models.CharField(max_length=4, editable=False)
    file = models.CharField(max_length=100, editable=False)  # Below MEDIA_ROOT.
    digest = models.CharField(max_length=64, unique=True, editable=False)  # SHA-256 of what was uploaded.
    width = models.PositiveIntegerField(_("width"), editable=False)
    height = models.PositiveIntegerField(_("height"), editable=False)
    size = models.PositiveIntegerField(_("size"), editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> str:
        """Its address on this site."""
        return reverse("crm:picture", args=[f"{self.token}.{self.ending}"])


class Brand(models.Model):
    """How mails and public pages look; row 1. The brand colour stands on the business."""

    class Font(models.TextChoices):
        SANS = "sans", _("Plain (Helvetica, Arial)")
        HUMAN = "human", _("Friendly (Verdana, Trebuchet)")
        SERIF = "serif", _("Classic (Georgia)")
        MONO = "mono", _("Typewriter (Courier)")

    NETWORKS = (
        ("instagram", "Instagram"),
        ("facebook", "Facebook"),
        ("youtube", "YouTube"),
        ("tiktok", "TikTok"),
        ("linkedin", "LinkedIn"),
        ("xiaohongshu", "小红书"),
        ("weibo", "微博"),
    )

    logo = models.ForeignKey(
        Picture, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("logo")
    )
    background = models.CharField(_("background"), max_length=7, default="#f4f4f1", validators=[COLOR])
    text_color = models.CharField(_("text"), max_length=7, default="#33373d", validators=[COLOR])
    font = models.CharField(_("font"), max_length=6, choices=Font, default=Font.SANS)
    footer = models.CharField(
        _("footer"),
        max_length=300,
        blank=True,
        help_text=_("A sentence at the end of each mail, such as your opening hours."),
    )
    social = models.JSONField(_("social networks"), default=dict, blank=True)  # Network: address.

    class Meta:
        verbose_name = _("brand")
        verbose_name_plural = _("brand")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_brand")]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @classmethod
    def current(cls) -> Brand:
        return cls.objects.select_related("logo").filter(pk=1).first() or cls(pk=1)
