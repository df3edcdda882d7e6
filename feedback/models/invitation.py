from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import Customer, Product
from feedback.models.survey import Survey


class Invitation(models.Model):
    """A personal place for one answer. ASKED → ANSWERED; an answer may be corrected until `expires_at`.

    ANSWERED means that an answer counts; one that only was begun in the browser leaves it ASKED.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("Asked")
        ANSWERED = "answered", _("Answered")

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="invitations")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    source = models.CharField(max_length=80)  # "campaign:12", "asking:3:…", "staff:…"; it asks a person once.
    product = models.ForeignKey(Product, models.SET_NULL, null=True, blank=True, related_name="+")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(fields=["survey", "source", "customer"], name="one_invitation_per_source")
        ]

    TEST, OPEN, SHEET = "test", "open", "sheet:"  # Sources of those that exist only in a link.

    @property
    def is_test(self) -> bool:
        """Exists only in a link, to look at the survey; nothing it says is stored."""
        return self.pk is None and self.source == self.TEST

    @property
    def is_open(self) -> bool:
        """Belongs to everybody who has the link; what is said has no customer."""
        return self.pk is None and not self.is_test

    @property
    def nonce(self) -> str:
        """The name of the sheet that somebody began to fill in through the open link."""
        return self.source.removeprefix(self.SHEET) if self.source.startswith(self.SHEET) else ""

    def __str__(self) -> str:
        return f"{self.survey_id}/{self.customer_id}"
