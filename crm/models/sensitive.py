from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.encryption import EncryptedText
from crm.models.customer import Customer, CustomField


class SensitiveValue(models.Model):
    """What a customer has in a sensitive field, as JSON, encrypted. Write through `crm.sensitive`."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="sensitive_values")
    field = models.ForeignKey(CustomField, models.CASCADE, related_name="sensitive_values")
    value = EncryptedText(_("value"))

    class Meta:
        verbose_name = _("sensitive value")
        verbose_name_plural = _("sensitive values")
        constraints = [
            models.UniqueConstraint(fields=["customer", "field"], name="one_sensitive_value_per_field")
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}/{self.field_id}"
