from __future__ import annotations

import secrets

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.encryption import EncryptedText
from crm.models.customer import Customer


def new_write_key() -> str:
    return f"wk_{secrets.token_hex(12)}"


class Website(models.Model):
    """The shop's own pages, which report what visitors do; row 1.

    `key` may stand in a page: it can only write. `signing_secret` proves who a visitor is; it never leaves
    the shop's server.
    """

    key = models.CharField(max_length=40, unique=True, default=new_write_key, editable=False)
    signing_secret = EncryptedText(editable=False)
    origins = models.JSONField(_("addresses of your website"), default=list, blank=True)
    is_on = models.BooleanField(_("take in what visitors do"), default=True)
    needs_consent = models.BooleanField(_("only after the visitor agreed"), default=True)
    has_chat = models.BooleanField(_("offer chat on the website and in the help centre"), default=False)
    anonymous_days = models.PositiveSmallIntegerField(
        _("days to keep what unknown visitors did"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
    )
    known_days = models.PositiveSmallIntegerField(
        _("days to keep what customers did"),
        default=730,
        validators=[MinValueValidator(30), MaxValueValidator(3650)],
    )
    last_event_at = models.DateTimeField(null=True, editable=False)
    last_event_page = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        verbose_name = _("website")
        verbose_name_plural = _("website")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_website")]

    def __str__(self) -> str:
        return self.key


class AnonymousEvent(models.Model):
    """What an unknown visitor did, until they say who they are or the time is over."""

    visitor = models.CharField(max_length=40)
    kind = models.CharField(_("kind"), max_length=40)
    at = models.DateTimeField(_("at"), db_index=True)
    key = models.CharField(max_length=80, unique=True)
    subject = models.CharField(_("subject"), max_length=120, blank=True)
    title = models.CharField(_("title"), max_length=250, blank=True)
    number = models.FloatField(_("figure"), null=True)
    properties = models.JSONField(_("properties"), default=dict)

    class Meta:
        verbose_name = _("event of an unknown visitor")
        verbose_name_plural = _("events of unknown visitors")
        indexes = [models.Index(fields=["visitor", "at"], name="anonymous_by_visitor")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}".strip()


class Visitor(models.Model):
    """Which customer a browser belongs to, since it was identified with proof."""

    visitor = models.CharField(max_length=40, unique=True)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="visitors")
    identified_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("known visitor")
        verbose_name_plural = _("known visitors")

    def __str__(self) -> str:
        return self.visitor[:8]
