from __future__ import annotations

import uuid
from urllib.parse import urlsplit

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.encryption import EncryptedText


class WebhookEndpoint(models.Model):
    """An address of another program that wants to hear what happens.

    ON ⇄ OFF by a person; ON → BROKEN when every try failed for days, or the receiver said that it is gone.
    """

    class State(models.TextChoices):
        ON = "on", _("On")
        OFF = "off", _("Off")
        BROKEN = "broken", _("Switched off after failures")

    url = models.URLField(_("address"), max_length=500)
    name = models.CharField(_("name"), max_length=80, blank=True)
    events = models.JSONField(_("events"), default=list)
    secret = EncryptedText(editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ON)
    failing_since = models.DateTimeField(null=True, editable=False)
    rests_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name or urlsplit(self.url).hostname or self.url


def new_message_id() -> str:
    return f"msg_{uuid.uuid4().hex}"


class WebhookDelivery(models.Model):
    """One event for one endpoint, written in the transaction of the change.

    WAITING → SENDING → DELIVERED | WAITING (a later try) | FAILED (given up). SENDING that nobody holds any
    more becomes WAITING: a receiver may hear the same `message_id` twice, but never misses it.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("On its way")
        DELIVERED = "delivered", _("Arrived")
        FAILED = "failed", _("Failed")

    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="deliveries")
    message_id = models.CharField(max_length=40, default=new_message_id)
    event = models.CharField(_("event"), max_length=40)
    body = models.TextField()
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(_("happened"), default=timezone.now)
    done_at = models.DateTimeField(null=True)
    response_status = models.PositiveSmallIntegerField(_("answer"), null=True)
    response_ms = models.PositiveIntegerField(_("time"), null=True)
    response_note = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("delivery of a webhook")
        verbose_name_plural = _("deliveries of webhooks")
        indexes = [
            models.Index(fields=["state", "next_at"], name="delivery_by_due"),
            models.Index(fields=["endpoint", "-id"], name="delivery_by_endpoint"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.message_id}"
