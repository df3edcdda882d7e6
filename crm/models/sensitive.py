from __future__ import annotations

import json

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.encryption import EncryptedText
from crm.models.customer import Customer, CustomField
from crm.models.personal import PersonalData


class SensitiveValue(PersonalData):
    """What a customer has in a sensitive field, as JSON, encrypted. Write through `crm.sensitive`."""

    PERSONAL = frozenset({"value"})

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="sensitive_values")
    field = models.ForeignKey(CustomField, models.CASCADE, related_name="sensitive_values")
    value = EncryptedText(_("value"))

    class Meta:
        verbose_name = _("sensitive value")
        verbose_name_plural = _("sensitive values")
        constraints = [
            models.UniqueConstraint(fields=["customer", "field"], name="one_sensitive_value_per_field")
        ]

    def mask(self) -> None:
        """Still JSON."""
        super().mask()
        self.value = json.dumps(self.value)

    def __str__(self) -> str:
        return f"{self.customer_id}/{self.field_id}"
