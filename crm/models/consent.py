from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as _noop

from crm.models.customer import Customer
from crm.models.personal import PersonalData


class Purpose(models.Model):
    """What a shop may ask permission for. "marketing" is always there: mails of campaigns ask for it."""

    MARKETING = "marketing"
    GIVEN = (_noop("News and offers"),)  # Names that are translated, as long as the shop keeps them.

    key = models.SlugField(_("key"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=80)
    explanation = models.CharField(_("in one sentence for customers"), max_length=200, blank=True)
    channels = models.JSONField(_("channels"), default=list)  # Of Channel.
    is_public = models.BooleanField(_("customers decide on their page"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("purpose")
        verbose_name_plural = _("purposes")
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name as the reader's language has it."""
        return gettext(self.name) if self.name in self.GIVEN else self.name


class Channel(models.TextChoices):
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("Text message")
    PHONE = "phone", _("Phone call")
    POST = "post", _("Letter")
    WEB = "web", _("Website")


class ConsentWording(models.Model):
    """What people read when they agreed. A changed text is a new version; old ones stay as evidence."""

    purpose = models.ForeignKey(Purpose, models.CASCADE, related_name="wordings")
    language = models.CharField(_("language"), max_length=10)
    version = models.PositiveSmallIntegerField(_("version"))
    text = models.TextField(_("wording"), max_length=2000)
    since = models.DateTimeField(_("since"), default=timezone.now)

    class Meta:
        verbose_name = _("wording of a consent")
        verbose_name_plural = _("wordings of consents")
        ordering = ["purpose", "language", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["purpose", "language", "version"], name="one_wording_per_version")
        ]

    def __str__(self) -> str:
        return f"{self.purpose_id} {self.language} {self.version}"


class Consent(PersonalData):
    """Append-only evidence of every yes and no. Write through `crm.consent`.

    The state in force stands on the customer for marketing mail, in `ConsentState` for everything else.
    """

    PERSONAL = frozenset({"wording", "proof"})

    class Action(models.TextChoices):
        ASKED = "asked", _("Asked to confirm")
        GRANTED = "granted", _("Agreed")
        WITHDRAWN = "withdrawn", _("Objected")

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="consents")
    purpose = models.CharField(_("purpose"), max_length=30, default="marketing")
    channel = models.CharField(_("channel"), max_length=20, default="email")
    action = models.CharField(_("decision"), max_length=10, choices=Action)
    source = models.CharField(_("source"), max_length=80)
    wording = models.CharField(_("wording"), max_length=400, blank=True)
    version = models.ForeignKey(
        ConsentWording, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("version")
    )
    proof = models.JSONField(_("proof"), default=dict, blank=True)  # Form, hashed address, message, request.
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.channel} {self.action}"


class ConsentState(models.Model):
    """What holds now for a purpose and channel; marketing mail stands on the customer itself."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting for confirmation")
        GRANTED = "granted", _("Agreed")
        WITHDRAWN = "withdrawn", _("Objected")

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="consent_states")
    purpose = models.CharField(_("purpose"), max_length=30)
    channel = models.CharField(_("channel"), max_length=20)
    state = models.CharField(_("state"), max_length=10, choices=State)
    at = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("state of a consent")
        verbose_name_plural = _("states of consents")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "purpose", "channel"], name="one_state_per_purpose_and_channel"
            )
        ]
        indexes = [models.Index(fields=["purpose", "channel", "state"], name="consent_by_purpose")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.channel} {self.state}"


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
