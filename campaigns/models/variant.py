from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign


class Variant(models.Model):
    """What a campaign says differently: in an arm of an experiment, in a language, or both.

    The campaign itself holds arm A for everybody. A variant overrides it for one arm and language ("" is
    every language without a variant of its own); what is left empty here is taken from nearer home, as
    `campaigns.variants` says. Frozen with the campaign from PLANNING on.
    """

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="variants")
    arm = models.CharField(_("arm"), max_length=1, default="a", validators=[RegexValidator(r"^[a-z]$")])
    language = models.CharField(_("language"), max_length=10, blank=True)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    preheader = models.CharField(_("preview text"), max_length=200, blank=True)
    mjml = models.TextField(_("design (MJML)"), blank=True)
    text = models.TextField(_("plain text"), blank=True)
    follows = models.BooleanField(default=False)  # Only its words are its own; the layout is the campaign's.
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("variant of a mail")
        verbose_name_plural = _("variants of mails")
        ordering = ["campaign", "arm", "language"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "arm", "language"], name="one_variant_per_arm_and_language"
            ),
            models.CheckConstraint(condition=~Q(arm="a", language=""), name="variant_is_not_the_campaign"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.arm} {self.language}".strip()
