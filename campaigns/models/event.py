from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign
from crm.models import Message


class Link(models.Model):
    """An address in a campaign's design that clicks are counted for."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="links")
    position = models.PositiveSmallIntegerField()
    url = models.TextField(_("address"))  # As in the design; may hold placeholders.

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["campaign", "position"], name="link_position_once")]

    def __str__(self) -> str:
        return self.url


class MessageEvent(models.Model):
    """A raw hit on a sent message, kept as it came: opens, clicks, opt-outs. `key` makes repeats harmless."""

    class Kind(models.TextChoices):
        OPEN = "open", _("Opened")
        CLICK = "click", _("Clicked")
        UNSUBSCRIBE = "unsubscribe", _("Unsubscribed")

    message = models.ForeignKey(Message, models.CASCADE, related_name="+")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    link = models.ForeignKey(Link, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(_("at"), default=timezone.now)
    key = models.CharField(max_length=80, unique=True)
    agent = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("event of a message")
        verbose_name_plural = _("events of messages")
        indexes = [models.Index(fields=["message", "kind"], name="event_by_message")]

    def __str__(self) -> str:
        return f"{self.kind} {self.message_id}"
