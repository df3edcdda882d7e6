"""What of segments stands on an own field, so that it cannot become sensitive."""

from __future__ import annotations

import json
from collections.abc import Iterator

from crm.models import CustomField
from segments.models import Segment


def users_of(field: CustomField) -> Iterator[str]:
    """The names of the segments whose rule asks for it."""
    for name, rule in Segment.objects.exclude(rule__isnull=True).values_list("name", "rule"):
        if f'"custom.{field.key}"' in json.dumps(rule):
            yield name
