"""The rule of a segment through time: saved with who and when, shown in words, and brought back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from crm.errors import Refusal
from crm.models import User
from segments import audience
from segments.models import RuleVersion, Segment
from segments.rules.describe import sentence
from segments.rules.fields import Catalogue
from segments.rules.parsing import parse
from segments.rules.problems import InvalidRule


@dataclass(frozen=True, slots=True)
class Told:
    """A version in the reader's words; `before` is the sentence that it replaced."""

    version: RuleVersion
    words: str
    before: str
    is_current: bool


@transaction.atomic
def save(segment: Segment, rule: Any, *, by: User | None, at: datetime, restored: int | None = None) -> int:
    """Save a segment with this rule, keep the one before it, and rebuild; returns how many it holds."""
    old = Segment.objects.select_for_update().filter(pk=segment.pk).first() if segment.pk else None
    segment.rule = rule
    segment.save()
    count = audience.rebuild(segment, at=at)
    if old is not None and old.rule == rule:
        return count
    if old is not None and not segment.versions.exists():  # Made before anybody kept versions.
        _keep(old, by=None, at=old.created_at, count=None)
    _keep(segment, by=by, at=at, count=count, restored=restored)
    return count


def restore(segment: Segment, number: int, *, by: User | None, at: datetime) -> int:
    """Bring an earlier rule back as a new version; refused where it works no more."""
    version = RuleVersion.objects.filter(segment=segment, number=number).first()
    if version is None:
        raise Refusal(_("There is no such version."))
    parse(version.rule, Catalogue(segment))
    return save(segment, version.rule, by=by, at=at, restored=number)


def told(segment: Segment) -> Iterator[Told]:
    """All versions, the newest first; without any, the rule as it stands."""
    found = list(RuleVersion.objects.filter(segment=segment).select_related("made_by"))
    if not found:
        found = [RuleVersion(segment=segment, number=1, rule=segment.rule, made_at=segment.created_at)]
    catalogue = Catalogue(segment)
    words = [_words(one.rule, catalogue) for one in found]
    for index, one in enumerate(found):
        before = words[index + 1] if index + 1 < len(found) else ""
        yield Told(one, words[index], before, is_current=index == 0)


def _keep(
    segment: Segment, *, by: User | None, at: datetime, count: int | None, restored: int | None = None
) -> None:
    last = RuleVersion.objects.filter(segment=segment).aggregate(last=Max("number"))["last"] or 0
    RuleVersion.objects.create(
        segment=segment,
        number=last + 1,
        rule=segment.rule,
        made_at=at,
        made_by=by,
        count=count,
        restored=restored,
    )


def _words(rule: Any, catalogue: Catalogue) -> str:
    try:
        return sentence(parse(rule, catalogue))
    except InvalidRule as problem:
        return _("This rule does not work any more: %(reason)s") % {"reason": problem.reasons}
