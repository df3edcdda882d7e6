from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models.customer import Customer
from crm.models.personal import PersonalData


class Consent(PersonalData):
    """Append-only evidence of every yes and no. The state in force stands on the customer."""

    PERSONAL = frozenset({"wording"})

    class Action(models.TextChoices):
        GRANTED = "granted", _("Agreed")
        WITHDRAWN = "withdrawn", _("Objected")

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="consents")
    purpose = models.CharField(_("purpose"), max_length=30, default="marketing")
    channel = models.CharField(_("channel"), max_length=20, default="email")
    action = models.CharField(_("decision"), max_length=10, choices=Action)
    source = models.CharField(_("source"), max_length=80)
    wording = models.CharField(_("wording"), max_length=400, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.channel} {self.action}"


class Suppression(models.Model):
    """An address that must get no marketing mail, kept as a hash so that it survives the person's erasure."""

    class Reason(models.TextChoices):
        UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
        BOUNCED = "bounced", _("Address does not exist")
        COMPLAINED = "complained", _("Marked as spam")
        ERASED = "erased", _("Erased on request")

    email_hash = models.CharField(max_length=64, unique=True)
    reason = models.CharField(_("reason"), max_length=15, choices=Reason)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")

    def __str__(self) -> str:
        return f"{self.reason} {self.email_hash[:8]}"
