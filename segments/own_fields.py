"""What of segments stands on an own field: it can become neither sensitive nor what a rule cannot ask."""

from __future__ import annotations

import json
from collections.abc import Iterator

from crm.models import CustomField
from segments.models import Segment
from segments.rules.fields import Catalogue
from segments.rules.parsing import parse
from segments.rules.problems import InvalidRule


def users_of(field: CustomField) -> Iterator[str]:
    """The names of the segments whose rule asks for it."""
    yield from (segment.name for segment in _asking(field))


def broken_by(changed: CustomField) -> Iterator[str]:
    """Segments whose rule makes sense today, and would not if the field became this."""
    for segment in _asking(changed):
        if _makes_sense(segment, None) and not _makes_sense(segment, changed):
            yield segment.name


def _asking(field: CustomField) -> Iterator[Segment]:
    for segment in Segment.objects.exclude(rule__isnull=True):
        if f'"custom.{field.key}"' in json.dumps(segment.rule):
            yield segment


def _makes_sense(segment: Segment, changed: CustomField | None) -> bool:
    try:
        parse(segment.rule, Catalogue(segment, changed))
    except InvalidRule:
        return False
    return True
