"""New segments: their short names, and the one made in one step from the people behind a number."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from crm import slugs
from crm.errors import Refusal
from segments import audience
from segments.models import Segment
from segments.people import Selection


@transaction.atomic
def segment_for(selection: Selection) -> Segment:
    """The segment with exactly this rule, made now if there is none."""
    if selection.rule is None:
        raise Refusal(str(selection.title))
    segment = Segment.objects.filter(kind=Segment.Kind.RULE, rule=selection.rule).first()
    if segment is None:
        segment = Segment.objects.create(
            slug=free_slug(selection.title), name=selection.title[:120], rule=selection.rule
        )
    audience.rebuild(segment, at=timezone.now())
    return segment


def free_slug(name: str) -> str:
    """A short name that no segment has yet."""
    return slugs.free_slug(name, Segment.objects.all(), otherwise="segment")
