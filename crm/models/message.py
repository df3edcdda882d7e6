from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models.customer import Customer
from crm.models.personal import PersonalData
from crm.models.sender import Sender


class Mailing(models.Model):
    """What one plan of messages belongs to: a campaign, password resets, test sends …

    OPEN ⇄ PAUSED; OPEN, PAUSED → CLOSED. Messages of a mailing that is not OPEN are not claimed.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        PAUSED = "paused", _("Paused")
        CLOSED = "closed", _("Closed")

    class Purpose(models.TextChoices):
        MARKETING = "marketing", _("Marketing")
        TRANSACTIONAL = "transactional", _("Transactional")

    class Timing(models.TextChoices):
        AT_ONCE = "at_once", _("As soon as possible")
        LOCAL = "local", _("At this time where the person lives")
        BEST = "best", _("At each person's best hour")

    source = models.CharField(max_length=80, unique=True)  # "campaign:12", "account", "test".
    kind = models.CharField(max_length=20)  # Who renders it: see crm.outbox.register.
    name = models.CharField(_("name"), max_length=200)
    purpose = models.CharField(_("purpose"), max_length=15, choices=Purpose)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    reason = models.CharField(_("reason"), max_length=300, blank=True)  # Why it is paused.
    sender = models.ForeignKey(Sender, models.SET_NULL, null=True, blank=True, related_name="mailings")
    # Lower is more important.
    priority = models.PositiveSmallIntegerField(_("priority"), default=5, db_default=5)
    timing = models.CharField(
        _("when"), max_length=10, choices=Timing, default=Timing.AT_ONCE, db_default="at_once"
    )
    expires_at = models.DateTimeField(null=True, blank=True)  # What waits longer is left out.
    # What had gone wrong when a person said go on.
    forgiven = models.JSONField(default=dict, db_default={}, editable=False)
    is_demo = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("mailing")
        verbose_name_plural = _("mailings")

    def __str__(self) -> str:
        return self.name


class Message(PersonalData):
    """One message to one person; the ledger of everything that leaves.

    QUEUED → SENDING → SENT | FAILED | UNSURE; SENDING → QUEUED only when the server surely did not take it;
    QUEUED → SKIPPED (reason) | CANCELLED; HELD_OUT and SKIPPED also from planning. UNSURE: handed to the
    server, answer not seen; marketing mail is then never sent again by itself.
    """

    PERSONAL = frozenset({"to_email", "context"})
    cap: tuple[int, int] | None = None  # (so many, within days); asked again by the claim.

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        UNSURE = "unsure", _("Unsure")
        SKIPPED = "skipped", _("Left out")
        CANCELLED = "cancelled", _("Cancelled")
        HELD_OUT = "held_out", _("Held out")

    mailing = models.ForeignKey(Mailing, models.CASCADE, related_name="messages")
    key = models.CharField(max_length=120)  # "customer:7".
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, blank=True, related_name="messages")
    to_email = models.CharField(_("to"), max_length=254, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    reason = models.CharField(_("reason"), max_length=40, blank=True)  # A code of crm.outbox.reasons.
    error = models.CharField(_("error"), max_length=500, blank=True)
    context = models.JSONField(default=dict, blank=True)  # What the renderer of this kind needs besides.
    # Which arm of an experiment: "a", "b" …; "" outside of one, "*" while its winner is not known yet.
    arm = models.CharField(_("arm"), max_length=1, blank=True, default="", db_default="")
    priority = models.PositiveSmallIntegerField(default=5)  # Lower goes first; transactional 1.
    not_before = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_by = models.CharField(max_length=80, blank=True)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(_("sent at"), null=True)
    planned_at = models.DateTimeField(default=timezone.now)
    # As the mail provider calls it.
    provider_id = models.CharField(max_length=120, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [models.UniqueConstraint(fields=["mailing", "key"], name="one_message_per_key")]
        indexes = [
            models.Index(
                fields=["priority", "not_before", "id"], condition=Q(state="queued"), name="message_due"
            ),
            models.Index(fields=["claimed_at"], condition=Q(state="sending"), name="message_in_hand"),
            models.Index(fields=["mailing", "state"], name="message_by_state"),
            models.Index(fields=["customer", "sent_at"], name="message_by_customer"),
            models.Index(fields=["provider_id"], condition=~Q(provider_id=""), name="message_at_provider"),
        ]

    def __str__(self) -> str:
        return f"{self.mailing_id}/{self.key}"


class SandboxMail(PersonalData):
    """A mail that the sandbox caught instead of sending it; read in the browser."""

    PERSONAL = frozenset({"subject", "to", "raw"})

    message = models.OneToOneField(Message, models.CASCADE, related_name="caught")
    subject = models.CharField(_("subject"), max_length=300)
    to = models.CharField(_("to"), max_length=320)
    raw = models.BinaryField()
    caught_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("mail in the sandbox")
        verbose_name_plural = _("mails in the sandbox")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.subject
