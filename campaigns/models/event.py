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
    """A raw hit on a sent message, kept as it came: opens, clicks, opt-outs. `key` makes repeats harmless.

    WAITING → HUMAN | MACHINE | UNSURE a minute later, by `signal` under the rules of that version; judging
    may be repeated. Only what people did goes into the ledger and counts.
    """

    class Kind(models.TextChoices):
        OPEN = "open", _("Opened")
        CLICK = "click", _("Clicked")
        TRAP = "trap", _("Followed the hidden link")
        UNSUBSCRIBE = "unsubscribe", _("Unsubscribed")

    class Verdict(models.TextChoices):
        WAITING = "waiting", _("Not judged yet")
        HUMAN = "human", _("A person")
        MACHINE = "machine", _("A machine")
        UNSURE = "unsure", _("Unsure")

    message = models.ForeignKey(Message, models.CASCADE, related_name="+")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    link = models.ForeignKey(Link, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(_("at"), default=timezone.now)
    key = models.CharField(max_length=80, unique=True)
    method = models.CharField(_("method"), max_length=4, default="GET", db_default="GET")
    agent = models.CharField(_("program"), max_length=200, blank=True)
    network = models.CharField(_("network"), max_length=43, blank=True, db_default="")  # Never the address.
    verdict = models.CharField(
        _("who it was"), max_length=8, choices=Verdict, default=Verdict.WAITING, db_default="human"
    )
    signal = models.CharField(_("because of"), max_length=12, blank=True, db_default="")
    rules = models.PositiveSmallIntegerField(_("version of the rules"), default=0, db_default=0)

    class Meta:
        verbose_name = _("event of a message")
        verbose_name_plural = _("events of messages")
        indexes = [
            models.Index(fields=["message", "kind"], name="event_by_message"),
            models.Index(fields=["at"], condition=models.Q(verdict="waiting"), name="event_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.message_id}"
