"""Values of a body, taken just as they are described: no number for a text, no blanks unmeasured."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

SIMPLE = (str, int, float, bool)


class Text(serializers.CharField):
    """A text as it is sent; blanks around it count while it is measured and go afterwards."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().to_internal_value(data)


TEXTS = {
    **serializers.ModelSerializer.serializer_field_mapping,
    models.CharField: Text,
    models.TextField: Text,
}


@extend_schema_field(
    {
        "type": ["string", "number", "boolean", "array"],
        "items": {"type": ["string", "number", "boolean"]},
    }
)
class Simple(serializers.JSONField):
    """A text, number, yes or no, a list of these, or null."""

    default_error_messages: ClassVar = {
        "invalid": _("This is a text, a number, yes or no, or a list of these.")
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_null=True, **options)

    def to_internal_value(self, data: Any) -> Any:
        if not all(isinstance(one, SIMPLE) for one in (data if isinstance(data, list) else [data])):
            self.fail("invalid")
        return data
