from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models.customer import Customer
from crm.models.personal import PersonalData


class ErasedIdentity(models.Model):
    """A keyed hash of what an erased person was known by, so that nobody brings them back by accident."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("E-mail")
        PHONE = "phone", _("Phone")
        NUMBER = "customer", _("Customer number")
        ORDER = "order", _("Order number")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    digest = models.CharField(max_length=64)
    key_name = models.CharField(max_length=8)  # Of the key it was made with: another key finds nobody.
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("erased identity")
        verbose_name_plural = _("erased identities")
        constraints = [models.UniqueConstraint(fields=["kind", "digest"], name="one_erased_identity")]

    def __str__(self) -> str:
        return f"{self.kind} {self.digest[:8]}"


class PrivacyRequest(PersonalData):
    """What a person asked for, until when it must be answered, and what became of it.

    OPEN → DONE | DECLINED. Erasing leaves the row, without anything that names the person. What they say is
    wrong waits in `proposal` {field: text} until somebody has looked at it, then it is emptied.
    """

    PERSONAL = frozenset({"answer", "proposal"})

    class Kind(models.TextChoices):
        EXPORT = "export", _("Wants to know what is stored")
        ERASE = "erase", _("Wants to be erased")
        CORRECT = "correct", _("Says that something is wrong")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        DONE = "done", _("Done")
        DECLINED = "declined", _("Declined")

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="privacy_requests")
    kind = models.CharField(_("request"), max_length=10, choices=Kind)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    source = models.CharField(_("source"), max_length=80)
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    due_on = models.DateField(_("to be answered by"))
    answer = models.CharField(_("answer"), max_length=300, blank=True)
    proposal = models.JSONField(_("correction"), default=dict, blank=True)
    settled_at = models.DateTimeField(_("settled at"), null=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("privacy request")
        verbose_name_plural = _("privacy requests")
        ordering = ["due_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "kind"],
                condition=models.Q(state="open"),
                name="one_open_request_of_a_kind",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class PersonalArchive(models.Model):
    """Everything about a person as a file, for some days."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="archives")
    path = models.CharField(max_length=200, unique=True)  # Below MEDIA_ROOT.
    size = models.PositiveBigIntegerField(_("size"))
    made_at = models.DateTimeField(_("made at"), default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    expires_at = models.DateTimeField(_("deleted at"))

    class Meta:
        verbose_name = _("personal archive")
        verbose_name_plural = _("personal archives")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.path


class RetentionRule(models.Model):
    """How long something is kept. Runs every night while it is on; `claimed_at` tells who works at it."""

    class Kind(models.TextChoices):
        LEADS = "leads", _("People who never bought")
        CUSTOMERS = "customers", _("Customers who do not buy any more")
        CASES = "cases", _("Conversations of closed cases")
        MAILS = "mails", _("Addresses and details of sent mails")
        IMPORTS = "imports", _("Imported files and rows that failed")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind, unique=True)
    keep_days = models.PositiveIntegerField(_("keep for days"))
    is_on = models.BooleanField(_("on"), default=False)
    ran_at = models.DateTimeField(_("last run"), null=True)
    last_count = models.PositiveIntegerField(_("last time"), null=True)
    claimed_at = models.DateTimeField(null=True, editable=False)
    so_far = models.PositiveIntegerField(default=0, editable=False)  # Of the run that goes on.

    class Meta:
        verbose_name = _("retention rule")
        verbose_name_plural = _("retention rules")

    def __str__(self) -> str:
        return self.get_kind_display()


class BackupRecord(models.Model):
    """A backup that was written: what an erasure cannot reach, and how old it is."""

    name = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField(_("made at"), default=timezone.now)
    rows = models.PositiveBigIntegerField(_("rows"))
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True)  # As somebody told us.
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("backup")
        verbose_name_plural = _("backups")
        ordering = ["-made_at", "-id"]

    def __str__(self) -> str:
        return self.name
