from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models.consent import ConsentWording
from crm.models.customer import Customer
from crm.models.personal import PersonalData


class OptIn(PersonalData):
    """A yes that waits for its confirmation by mail. WAITING → CONFIRMED; WAITING ⇄ LAPSED by time.

    Somebody who signed up and is no customer yet becomes one only by confirming; until then `payload` holds
    what they said about themselves.
    """

    PERSONAL = frozenset({"address", "proof", "payload"})

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        CONFIRMED = "confirmed", _("Confirmed")
        LAPSED = "lapsed", _("Not confirmed in time")

    customer = models.ForeignKey(Customer, models.CASCADE, null=True, blank=True, related_name="opt_ins")
    address = models.CharField(_("address"), max_length=254)
    language = models.CharField(_("language"), max_length=10, blank=True)
    wanted = models.JSONField(_("what for"), default=list)  # [purpose, channel] pairs.
    wording = models.TextField(_("wording"), max_length=2000)
    version = models.ForeignKey(ConsentWording, models.SET_NULL, null=True, blank=True, related_name="+")
    source = models.CharField(_("source"), max_length=80)  # "form:7": the part before ":" says whose it is.
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    proof = models.JSONField(default=dict, blank=True)
    payload = models.JSONField(default=dict, blank=True)  # For whoever registered for this kind of source.
    asked_at = models.DateTimeField(_("asked at"))
    sent_count = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(_("ends"))
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("double opt-in")
        verbose_name_plural = _("double opt-ins")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["address", "source"],
                condition=models.Q(state="waiting"),
                name="one_opt_in_waits",
            )
        ]
        indexes = [
            models.Index(fields=["address", "sent_at"], name="opt_in_by_address"),
            models.Index(fields=["state", "expires_at"], name="opt_in_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.state}"
