"""Who of two or three segments is in which of them: every region counted with one query."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from crm.charts import Chart, Series
from crm.templatetags.crm_format import number, percent
from segments.models import Membership, Segment

MOST = 3


@dataclass(frozen=True, slots=True)
class Region:
    """The people who are in exactly those segments that `inside` marks."""

    segments: tuple[Segment, ...]
    inside: tuple[bool, ...]
    count: int

    @property
    def label(self) -> str:
        names = [one.name for one in compress(self.segments, self.inside)]
        if len(names) == 1:
            return _("Only “%(name)s”") % {"name": names[0]}
        word = pgettext("between segments", " and ")
        text = word.join(_("“%(text)s”") % {"text": name} for name in names)
        if len(names) < len(self.segments):
            return _("%(names)s, not the third") % {"names": text} if len(self.segments) == MOST else text
        return text

    @property
    def short(self) -> str:
        """The region for an axis, where the names of the others are seen beside it."""
        names = [one.name for one in compress(self.segments, self.inside)]
        return " + ".join(names) if len(names) > 1 else self.label

    @property
    def rule(self) -> dict[str, Any]:
        """The region as a rule of segments."""
        lines: list[dict[str, Any]] = []
        for one, is_inside in zip(self.segments, self.inside, strict=True):
            line = {"in_segment": one.slug}
            lines.append(line if is_inside else {"not": line})
        return {"all": lines}

    @property
    def url(self) -> str:
        """The rule builder with this region in it."""
        asked = {"rule": json.dumps(self.rule, ensure_ascii=False), "name": self.label[:120]}
        return f"{reverse('segments:segment_new')}?{urlencode(asked)}"


@dataclass(frozen=True, slots=True)
class Overlap:
    segments: tuple[Segment, ...]
    regions: list[Region]  # What is in most of them first.

    @property
    def anybody(self) -> int:
        return sum(one.count for one in self.regions)

    @property
    def everywhere(self) -> int:
        return self.regions[0].count

    def total(self, segment: Segment) -> int:
        index = self.segments.index(segment)
        return sum(one.count for one in self.regions if one.inside[index])

    @property
    def totals(self) -> list[tuple[Segment, int, float]]:
        """Each segment, its members, and the share of them who are in all the others too."""
        found = []
        for one in self.segments:
            total = self.total(one)
            found.append((one, total, self.everywhere / total if total else 0.0))
        return found

    @property
    def title(self) -> str:
        if not self.anybody:
            return _("Nobody is in any of these segments")
        smallest, total, share = min(self.totals, key=lambda row: row[1])
        if not self.everywhere:
            return _("Nobody is in all of these segments")
        words = {
            "count": number(self.everywhere),
            "total": number(total),
            "name": smallest.name,
            "share": percent(share),
        }
        if len(self.segments) == MOST:
            return _("%(count)s of %(total)s in “%(name)s” are in the other two as well (%(share)s)") % words
        return _("%(count)s of %(total)s in “%(name)s” are in the other as well (%(share)s)") % words

    @property
    def chart(self) -> Chart:
        return Chart(
            "ranking",
            self.title,
            [one.short for one in self.regions],
            [Series(_("Customers"), [one.count for one in self.regions])],
            unit=_("people"),
            first_column=_("Who"),
        )


def between(segments: Sequence[Segment]) -> Overlap:
    """The regions of two or three segments by the memberships in force."""
    chosen = tuple(segments)
    assert 2 <= len(chosen) <= MOST
    found = _masks(chosen)
    regions = []
    for mask in sorted(range(1, 2 ** len(chosen)), key=lambda one: (-one.bit_count(), one)):
        inside = tuple(bool(mask >> index & 1) for index in range(len(chosen)))
        regions.append(Region(chosen, inside, found.get(mask, 0)))
    return Overlap(chosen, regions)


def _masks(segments: Sequence[Segment]) -> dict[int, int]:
    """How many customers are in which segments, each segment being one bit."""
    table = connection.ops.quote_name(Membership._meta.db_table)
    bits = " ".join(f"WHEN %s THEN {1 << index}" for index in range(len(segments)))
    keys = [one.pk for one in segments]
    among = ", ".join(["%s"] * len(keys))
    sql = (
        f"SELECT mask, COUNT(*) FROM (SELECT SUM(CASE segment_id {bits} END) AS mask FROM {table}"
        f" WHERE left_at IS NULL AND segment_id IN ({among}) GROUP BY customer_id) AS masks GROUP BY mask"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*keys, *keys])
        return {int(mask): int(count) for mask, count in cursor.fetchall()}
