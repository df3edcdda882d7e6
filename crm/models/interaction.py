from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models.customer import Customer
from crm.models.personal import PersonalData


class Interaction(PersonalData):
    """One thing that happened with a customer: the append-only ledger. Write through `crm.ledger`.

    `subject` names what it was about (a survey's or campaign's slug); `metric` and `number` carry the main
    figure of an answer (nps 9); `properties` the rest (for an answer: question key → value).
    """

    PERSONAL = frozenset({"title", "properties"})

    customer = models.ForeignKey(Customer, models.CASCADE, null=True, blank=True, related_name="interactions")
    kind = models.CharField(_("kind"), max_length=40)
    at = models.DateTimeField(_("at"))
    source = models.CharField(_("source"), max_length=80)  # Who says so: "campaign:12", "survey:3", "staff".
    key = models.CharField(max_length=120)  # Unique within the source.
    subject = models.CharField(_("subject"), max_length=120, blank=True)
    title = models.CharField(_("title"), max_length=250, blank=True)
    metric = models.CharField(_("measure"), max_length=10, blank=True)
    number = models.FloatField(_("figure"), null=True, blank=True)
    properties = models.JSONField(_("properties"), default=dict, blank=True)

    class Meta:
        verbose_name = _("interaction")
        verbose_name_plural = _("interactions")
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="ledger_entry_once")]
        indexes = [
            models.Index(fields=["customer", "kind", "at"], name="ledger_by_customer"),
            models.Index(fields=["kind", "at"], name="ledger_by_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}".strip()
