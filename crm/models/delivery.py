from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models.customer import Customer
from crm.models.message import Mailing, Message
from crm.models.personal import PersonalData


class DeliveryEvent(PersonalData):
    """What the other side said of a mail after it was handed over; append-only, as it was told.

    `message` is empty where nobody knows which mail it was about. The same (source, key) is one row, so a
    provider may tell it again.
    """

    PERSONAL = frozenset({"to_email", "detail", "raw"})

    class Kind(models.TextChoices):
        DELIVERED = "delivered", _("Delivered")
        DEFERRED = "deferred", _("The server goes on trying")
        SOFT = "soft", _("Returned for now")
        HARD = "hard", _("Returned for good")
        COMPLAINED = "complained", _("Marked as spam")

    source = models.CharField(max_length=60)  # "provider:postmark", "mailbox:3", "smtp".
    key = models.CharField(max_length=120)
    kind = models.CharField(_("what happened"), max_length=12, choices=Kind)
    message = models.ForeignKey(
        Message, models.SET_NULL, null=True, blank=True, related_name="delivery_events"
    )
    mailing = models.ForeignKey(
        Mailing, models.SET_NULL, null=True, blank=True, related_name="delivery_events"
    )
    customer = models.ForeignKey(
        Customer, models.CASCADE, null=True, blank=True, related_name="delivery_events"
    )
    to_email = models.CharField(_("address"), max_length=254, blank=True)
    status = models.CharField(_("code"), max_length=12, blank=True)  # Of RFC 3463: 5.1.1.
    reason = models.CharField(_("reason"), max_length=80, blank=True)  # English, of crm.outbox.returns.words.
    detail = models.CharField(_("what the server said"), max_length=500, blank=True)
    raw = models.TextField(blank=True)
    at = models.DateTimeField(_("at"))
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("delivery event")
        verbose_name_plural = _("delivery events")
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="one_delivery_event")]
        indexes = [
            models.Index(fields=["mailing", "kind"], name="delivery_by_mailing"),
            models.Index(fields=["customer", "at"], name="delivery_by_customer"),
            models.Index(fields=["-id"], condition=Q(message=None), name="delivery_of_nobody"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.status}".strip()


class ContactRules(models.Model):
    """The house rules about writing to people, over everything that leaves; row 1, made on first use."""

    cap_messages = models.PositiveSmallIntegerField(
        _("marketing mails to one person, at most"), default=2, help_text=_("0: no limit.")
    )
    cap_days = models.PositiveSmallIntegerField(_("within days"), default=7)
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    soft_bounces = models.PositiveSmallIntegerField(
        _("returned for now so many times in a row"),
        default=5,
        help_text=_("Then the address is taken for dead. 0: never."),
    )

    class Meta:
        verbose_name = _("rules of writing")
        verbose_name_plural = _("rules of writing")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_set_of_contact_rules")]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @classmethod
    def current(cls) -> ContactRules:
        return cls.objects.filter(pk=1).first() or cls.objects.get_or_create(pk=1)[0]


class ContactWish(models.Model):
    """What one person wishes: fewer mails, none for a while, or another channel."""

    customer = models.OneToOneField(Customer, models.CASCADE, related_name="contact_wish")
    at_most = models.PositiveSmallIntegerField(
        _("marketing mails in 30 days, at most"), null=True, blank=True
    )
    pause_until = models.DateField(_("no marketing mail until"), null=True, blank=True)
    channel = models.CharField(_("prefers"), max_length=10, blank=True)  # Of Channel; "": none.

    class Meta:
        verbose_name = _("wish about contact")
        verbose_name_plural = _("wishes about contact")
