"""Choosing groups and cut points of RFM: what would change, which rules would break, and keeping it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from django.db import transaction

from segments import refresh, scoring
from segments.models import RfmChoice, Segment
from segments.numerics.rfm import CutPoints
from segments.numerics.rfm_maps import Kind
from segments.rfm import cuts as rfm_cuts
from segments.rfm import names as rfm_names
from segments.rfm.forms import CutsForm
from segments.rfm.names import Names

type Words = list[tuple[str, list[tuple[int, str]]]]


@transaction.atomic
def choose_map(choice: RfmChoice) -> None:
    """Keep the map; the next refresh puts everybody into its groups."""
    before = rfm_names.choice()
    choice.pk = 1
    if choice.cuts and choice.middle != before.middle:
        choice.cuts = {**choice.cuts, "middle": []}  # Found anew for the other kind of middle.
    choice.save()
    rfm_names.forget()
    refresh.request()


@transaction.atomic
def choose_cuts(choice: RfmChoice, form: CutsForm, today: date) -> None:
    """Hold the typed cut points, or let each refresh find them."""
    period, renew_on = form.cleaned_data["period"], form.cleaned_data.get("renew_on")
    choice.pk, choice.period = 1, period
    if period:
        is_same = choice.cuts is not None and not form.changed_data
        choice.cuts = form.found().as_json()
        choice.cut_on = choice.cut_on if is_same else today
        choice.renew_on = renew_on or rfm_cuts.renewal(period, today)
    else:
        choice.cuts, choice.cut_on, choice.renew_on = None, None, None
    choice.save()
    refresh.request()


def group_counts(names: Names) -> list[tuple[str, Any, Any, int]]:
    """(code, label, advice, people) of each group of a map, by the cut points in force."""
    cuts = scoring.live_cuts()
    if cuts is not None and names.map.kind is Kind.MIDDLE:
        found = rfm_cuts.fresh(names.middle)
        cuts = replace(cuts, middle=found.middle) if found else None
    groups = rfm_cuts.foresee(cuts, names).groups if cuts else {}
    return [(code, label, names.advice(code), groups.get(code, 0)) for code, label in names.labels.items()]


def score_counts(
    live: CutPoints, wanted: CutPoints, words: Words, names: Names
) -> list[tuple[str, list[dict[str, Any]]]]:
    """Per measure a line for each score, best first: its words, people now and then."""
    now, then = rfm_cuts.foresee(live, names).scores, rfm_cuts.foresee(wanted, names).scores
    found = []
    for measure, (title, levels) in zip(rfm_cuts.MEASURES, words, strict=True):
        said = dict(levels)
        lines = [
            {"score": score, "words": said.get(score, ""), "now": now[measure][score], "then": count}
            for score, count in then[measure].items()
        ]
        found.append((title, lines))
    return found


def group_change(live: CutPoints, wanted: CutPoints, names: Names) -> list[tuple[Any, int, int]]:
    """(label, people now, people then) of each group."""
    if names.map.kind is Kind.MIDDLE and not (live.middle and wanted.middle):
        return []
    now, then = rfm_cuts.foresee(live, names).groups, rfm_cuts.foresee(wanted, names).groups
    return [(label, now[code], then[code]) for code, label in names.labels.items()]


def broken_by(names: Names) -> list[tuple[Segment, list[str]]]:
    """Segments whose rules ask for RFM groups that this map does not have, with those groups."""
    known = set(names.map.codes) | {str(label).casefold() for label in names.labels.values()}
    found = []
    for segment in Segment.objects.filter(kind=Segment.Kind.RULE):
        asked = dict.fromkeys(_asked(segment.rule))
        gone = [rfm_names.name_of(one) for one in asked if one not in known and one.casefold() not in known]
        if gone:
            found.append((segment, gone))
    return found


def _asked(rule: Any) -> Iterator[str]:
    """The RFM groups that a stored rule names."""
    if isinstance(rule, list):
        for part in rule:
            yield from _asked(part)
    elif isinstance(rule, dict):
        if rule.get("field") == "rfm.group":
            yield from _texts(rule.get("value"))
        for key in ("all", "any", "not"):
            yield from _asked(rule.get(key))


def _texts(value: Any) -> Iterable[str]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str)]
