"""From people behind a number to a rule segment, in one step."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

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
            slug=_free_slug(selection.title), name=selection.title[:120], rule=selection.rule
        )
    audience.rebuild(segment, at=timezone.now())
    return segment


def _free_slug(title: str) -> str:
    base = slugify(title, allow_unicode=True)[:70] or "segment"
    taken = set(Segment.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(
        slug for n in range(1, len(taken) + 2) if (slug := base if n == 1 else f"{base}-{n}") not in taken
    )
