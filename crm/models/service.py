from __future__ import annotations

import secrets
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.encryption import EncryptedText
from crm.models.case import Case
from crm.models.personal import PersonalData


def usual_week() -> dict[str, Any]:
    """Monday to Friday from nine to five; 0 is Monday."""
    return {str(day): [["09:00", "17:00"]] for day in range(5)}


class BusinessHours(models.Model):
    """When somebody is there, and the house rules of service; row 1, made on first use.

    `week` is {"0": [["09:00", "12:30"], ["14:00", "18:00"]], …} in the shop's time; 0 is Monday.
    """

    week = models.JSONField(_("hours of service"), default=usual_week)
    reopen_days = models.PositiveSmallIntegerField(
        _("a new message reopens a solved case for days"),
        default=14,
        validators=[MaxValueValidator(365)],
    )
    close_days = models.PositiveSmallIntegerField(
        _("solved cases close after days"), default=14, validators=[MaxValueValidator(365)]
    )
    acknowledge = models.BooleanField(_("tell the customer that the mail arrived"), default=False)
    keep_senders = models.BooleanField(_("unknown senders become customers"), default=False)

    class Meta:
        verbose_name = _("hours of service")
        verbose_name_plural = _("hours of service")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_row_of_business_hours")]

    def __str__(self) -> str:
        return str(_("Hours of service"))

    @classmethod
    def current(cls) -> BusinessHours:
        return cls.objects.filter(pk=1).first() or cls.objects.get_or_create(pk=1)[0]


class Holiday(models.Model):
    """A day on which nobody is there."""

    on = models.DateField(_("day"), unique=True)
    name = models.CharField(_("name"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        ordering = ["on"]

    def __str__(self) -> str:
        return f"{self.on} {self.name}".strip()


class SlaPolicy(models.Model):
    """How fast we answer and solve, in minutes of our hours of service; one row per priority."""

    priority = models.PositiveSmallIntegerField(_("priority"), choices=Case.Priority, unique=True)
    first_minutes = models.PositiveIntegerField(
        _("first answer within minutes"), validators=[MinValueValidator(1), MaxValueValidator(100_000)]
    )
    solve_minutes = models.PositiveIntegerField(
        _("solved within minutes"), validators=[MinValueValidator(1), MaxValueValidator(100_000)]
    )

    class Meta:
        verbose_name = _("promise of service")
        verbose_name_plural = _("promises of service")
        ordering = ["-priority"]

    def __str__(self) -> str:
        return self.get_priority_display()


class ServiceLevel(models.Model):
    """A quicker promise for the customers of one group: its shorter times win over those of the priority.

    `group` names the group in the program that knows groups: see `crm.cases.levels`. A customer of several
    levels has the one with the lowest position.
    """

    name = models.CharField(_("name"), max_length=60, unique=True)
    group = models.CharField(_("for"), max_length=120, unique=True)
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    first_minutes = models.PositiveIntegerField(
        _("first answer within minutes"), validators=[MinValueValidator(1), MaxValueValidator(100_000)]
    )
    solve_minutes = models.PositiveIntegerField(
        _("solved within minutes"), validators=[MinValueValidator(1), MaxValueValidator(100_000)]
    )

    class Meta:
        verbose_name = _("service level")
        verbose_name_plural = _("service levels")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class CannedReply(models.Model):
    """A text that is written again and again, with places for the customer's and the case's data."""

    title = models.CharField(_("title"), max_length=80, unique=True)
    text = models.TextField(_("text"), max_length=8000)
    uses = models.PositiveIntegerField(_("used"), default=0, editable=False)
    is_demo = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("ready reply")
        verbose_name_plural = _("ready replies")
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


def new_hook() -> str:
    return secrets.token_urlsafe(12)


class Mailbox(models.Model):
    """Where customers' mails arrive: an IMAP box that we look into, or an address that a provider posts to.

    One check at a time: `claimed_at` is set by a conditional UPDATE, and freed at the end or after a while.
    """

    class Kind(models.TextChoices):
        IMAP = "imap", _("Mailbox (IMAP)")
        RAW = "raw", _("Provider posts the whole mail")
        POSTMARK = "postmark", _("Provider posts JSON (Postmark)")

    class Use(models.TextChoices):
        SERVICE = "service", _("Customers write to it")
        RETURNS = "returns", _("Mails that could not be delivered come back to it")

    class Security(models.TextChoices):
        SSL = "ssl", _("SSL/TLS (usual)")
        STARTTLS = "starttls", _("STARTTLS")
        NONE = "none", _("None (only inside your own network)")

    name = models.CharField(_("name"), max_length=80)
    address = models.EmailField(
        _("address"), help_text=_("Customers write to it, and their answers to our replies go there.")
    )
    use = models.CharField(_("what it is for"), max_length=10, choices=Use, default=Use.SERVICE)
    kind = models.CharField(_("how mails come in"), max_length=10, choices=Kind, default=Kind.IMAP)
    host = models.CharField(_("server"), max_length=200, blank=True)
    port = models.PositiveIntegerField(_("port"), default=993)
    security = models.CharField(_("encryption"), max_length=10, choices=Security, default=Security.SSL)
    username = models.CharField(_("user name"), max_length=200, blank=True)
    secret = EncryptedText(blank=True, editable=False)  # The password, or the key of the webhook.
    folder = models.CharField(_("folder"), max_length=100, default="INBOX")
    hook = models.CharField(max_length=40, unique=True, default=new_hook, editable=False)
    plus_addresses = models.BooleanField(
        _("the server takes name+anything@…"),
        default=False,
        help_text=_("Then replies find their case even when a mail program drops the headers."),
    )
    is_active = models.BooleanField(_("in use"), default=True)
    uid_validity = models.BigIntegerField(default=0, editable=False)
    last_uid = models.BigIntegerField(default=0, editable=False)
    claimed_at = models.DateTimeField(null=True, editable=False)
    checked_at = models.DateTimeField(_("last looked"), null=True, editable=False)
    error = models.CharField(_("error"), max_length=300, blank=True, editable=False)

    class Meta:
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class ReceivedMail(PersonalData):
    """What became of one mail that came in: filed on a case, ignored, or put aside, always with the reason.

    Written once, with its effect, in one transaction; the digest makes the same mail count once.
    """

    PERSONAL = frozenset({"sender", "subject"})

    class State(models.TextChoices):
        FILED = "filed", _("On a case")
        IGNORED = "ignored", _("Ignored")
        ASIDE = "aside", _("Put aside")

    digest = models.CharField(max_length=64, unique=True)
    mailbox = models.ForeignKey(Mailbox, models.SET_NULL, null=True, blank=True, related_name="+")
    state = models.CharField(_("state"), max_length=10, choices=State)
    reason = models.CharField(_("reason"), max_length=40, blank=True)  # Code of crm.cases.incoming.reasons.
    sender = models.CharField(_("sender"), max_length=254, blank=True, db_index=True)
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    case = models.ForeignKey(Case, models.CASCADE, null=True, blank=True, related_name="received")
    size = models.PositiveIntegerField(_("size"), default=0)
    file = models.FileField(_("file"), max_length=200, blank=True)  # The mail itself, when put aside.
    received_at = models.DateTimeField(_("received"), default=timezone.now)

    class Meta:
        verbose_name = _("received mail")
        verbose_name_plural = _("received mails")
        indexes = [models.Index(fields=["sender", "received_at"], name="received_by_sender")]

    def __str__(self) -> str:
        return self.subject or self.digest[:12]
