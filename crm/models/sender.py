from __future__ import annotations

import secrets

from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.encryption import EncryptedText


def new_hook() -> str:
    return secrets.token_urlsafe(18)


class Sender(models.Model):
    """Who mails come from, through which connection, and how fast.

    Without one, mails come from the address of the business profile through EMAIL_URL. Of several in use,
    at most one is the usual one.
    """

    class Kind(models.TextChoices):
        SHOP = "shop", _("The connection of this installation (EMAIL_URL)")
        SMTP = "smtp", _("A mail server of its own (SMTP)")
        PROVIDER = "provider", _("A mail provider")

    class Security(models.TextChoices):
        STARTTLS = "starttls", _("STARTTLS (usual, port 587)")
        SSL = "ssl", _("SSL/TLS (port 465)")
        NONE = "none", _("None (only inside your own network)")

    name = models.CharField(_("name"), max_length=80, unique=True, help_text=_("Only you see it."))
    from_name = models.CharField(_("sender name"), max_length=120)
    from_email = models.EmailField(_("sender address"))
    reply_to = models.EmailField(_("replies go to"), blank=True)
    return_path = models.EmailField(
        _("returned mails go to"),
        blank=True,
        help_text=_("An address whose mailbox Closeknit reads. Empty: the sender address."),
    )
    kind = models.CharField(_("connection"), max_length=10, choices=Kind, default=Kind.SHOP)
    host = models.CharField(_("server"), max_length=200, blank=True)
    port = models.PositiveIntegerField(_("port"), default=587, validators=[MaxValueValidator(65535)])
    security = models.CharField(_("encryption"), max_length=10, choices=Security, default=Security.STARTTLS)
    username = models.CharField(_("user name"), max_length=200, blank=True)
    secret = EncryptedText(blank=True, editable=False)  # The password, or the key of the provider.
    provider = models.CharField(_("provider"), max_length=20, blank=True)  # A name of django-anymail.
    provider_domain = models.CharField(_("domain or region at the provider"), max_length=120, blank=True)
    per_minute = models.PositiveIntegerField(
        _("at most a minute"), default=0, help_text=_("0: as fast as the server takes them.")
    )
    domain_per_minute = models.PositiveIntegerField(
        _("at most a minute to one mail domain"), default=0, help_text=_("Such as gmail.com. 0: no limit.")
    )
    window_messages = models.PositiveIntegerField(
        _("at most so many"), default=0, help_text=_("In the hours below. 0: no limit.")
    )
    window_hours = models.PositiveIntegerField(
        _("within hours"), default=24, validators=[MaxValueValidator(24 * 31)]
    )
    dkim_selector = models.CharField(
        _("DKIM selector"), max_length=40, blank=True, validators=[RegexValidator(r"^[a-z0-9-]+$")]
    )
    dkim_key = EncryptedText(blank=True, editable=False)  # PKCS#8, PEM.
    hook = models.CharField(max_length=40, unique=True, default=new_hook, editable=False)
    hook_secret = EncryptedText(blank=True, editable=False)
    is_usual = models.BooleanField(_("the usual sender"), default=False)
    is_active = models.BooleanField(_("in use"), default=True)
    proof = models.JSONField(default=dict, editable=False)  # The last look at its DNS records.
    proof_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("sender")
        verbose_name_plural = _("senders")
        ordering = ["-is_usual", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_usual"], condition=models.Q(is_usual=True), name="one_usual_sender"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def domain(self) -> str:
        return self.from_email.rpartition("@")[2].lower()

    @property
    def bounces_to(self) -> str:
        return self.return_path or self.from_email


class Pace(models.Model):
    """When the next mail may leave: one row for each sender, and for each domain where that is limited.

    `next_at` is the "theoretical arrival time" of GCRA; moved on by conditional UPDATE, so that all workers
    together keep the rate, and a restart forgets nothing.
    """

    sender = models.ForeignKey(Sender, models.CASCADE, related_name="paces")
    domain = models.CharField(max_length=254, blank=True)
    next_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sender", "domain"], name="one_pace_per_domain")]


class PaceCount(models.Model):
    """How many mails a sender was allowed in one minute; the sliding window adds these up."""

    sender = models.ForeignKey(Sender, models.CASCADE, related_name="counts")
    at = models.DateTimeField()
    n = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sender", "at"], name="one_count_per_minute")]
