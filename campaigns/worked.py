"""What worked, for whom: those who got a campaign beside those held out, by segment and measure.

Conversion: bought within the days of the effect. Revenue: per person, less refunds. Retention: of the
customers of the beginning, those who are still customers at the end (`segments.measures`). NPS and CSAT: the
last answer of each person in these days. People count in the group drawn and in the segments of the day the
campaign began, since later segments are already its work. Of many comparisons some look sure by chance, so
their p-values are corrected together (Holm).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
from django.db.models import Count, F, Max, Q, QuerySet, Sum

from campaigns import effect, kept
from campaigns.models import Campaign
from crm.models import Message, Purchase
from crm.models.purchase import counting
from feedback.models import Answer
from feedback.numerics import scores
from segments.lifecycle import stages
from segments.models import Membership, Segment
from segments.numerics import comparing, effects

PART = "worked"
MEASURES = ("conversion", "revenue", "retention", "nps", "csat")
FEWEST = effect.FEWEST  # People, or answers, in each of the two groups.
MOST = 12  # Segments, the largest ones.
SURE = 0.05
NOBODY, BAD, MIDDLE, GOOD = -1, 0, 1, 2
EVERYBODY = ""

type Ints = np.ndarray[Any, np.dtype[np.int64]]
type Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """One measure in one group: the difference of those who got it to those held out, with its interval.

    Shares are in percent, NPS in points, revenue in the shop's currency.
    `chance` is the p-value corrected for all comparisons of the page; `before` the same two figures of as
    many days before, where there are any.
    """

    n: int
    m: int
    treated: float
    control: float
    difference: float
    low: float
    high: float
    p_value: float
    before: tuple[float, float] | None = None
    chance: float = 1.0

    @property
    def is_sure(self) -> bool:
        return self.chance <= SURE

    @property
    def is_better(self) -> bool:
        return self.difference > 0


@dataclass(frozen=True, slots=True)
class Row:
    """A segment as it was when the campaign began; `key` is "" for everybody."""

    key: str
    name: str
    n: int
    m: int
    cells: dict[str, Cell]


@dataclass(frozen=True, slots=True)
class Worked:
    everybody: Row
    rows: list[Row]
    too_few: int  # Segments of which too few people are in one of the groups.

    @property
    def comparisons(self) -> int:
        return sum(len(row.cells) for row in self.rows)


def of(campaigns: Sequence[Campaign], *, now: datetime) -> Worked | None:
    """One campaign, or several taken together; None where nobody, or hardly anybody, was held out."""
    found = [kept.figures(one, PART, partial(count, one, now=now)).data for one in campaigns]
    found = [one for one in found if one]
    if not found:
        return None
    rows = {
        key: _row(key, [one["groups"][key] for one in found if key in one["groups"]]) for key in _keys(found)
    }
    names = dict(Segment.objects.filter(slug__in=list(rows)).values_list("slug", "name"))
    everybody = _corrected([rows.pop(EVERYBODY)])[0]
    named = [replace(row, name=names.get(key, key)) for key, row in rows.items()]
    named.sort(key=lambda row: (-row.n - row.m, row.name))
    return Worked(everybody, _corrected(named), max(one["too_few"] for one in found))


def _keys(found: Iterable[Figures]) -> list[str]:
    return list(dict.fromkeys(key for one in found for key in one["groups"]))


def _row(key: str, parts: Sequence[Figures]) -> Row:
    n, m = (sum(one[name] for one in parts) for name in ("n", "m"))
    cells = {}
    for measure in MEASURES:
        known = [_read(one["cells"][measure]) for one in parts if measure in one["cells"]]
        if cell := _pooled(known):
            cells[measure] = cell
    return Row(key, "", n, m, cells)


def _read(data: Figures) -> Cell:
    return Cell(**{**data, "before": tuple(data["before"]) if data["before"] else None})


def _pooled(parts: Sequence[Cell]) -> Cell | None:
    """Several campaigns as one: the surer weighs more; the figures of the groups by their people."""
    if len(parts) < 2:
        return parts[0] if parts else None
    pool = effects.pool(
        [one.difference for one in parts], [effects.error_of((one.low, one.high)) for one in parts]
    )
    if pool is None:
        return None
    n, m = sum(one.n for one in parts), sum(one.m for one in parts)
    treated = sum(one.treated * one.n for one in parts) / n
    control = sum(one.control * one.m for one in parts) / m
    return Cell(n, m, treated, control, pool.effect, *pool.interval, pool.p_value)


def _corrected(rows: Sequence[Row]) -> list[Row]:
    """All cells of these rows are one family of comparisons."""
    places = [(at, measure) for at, row in enumerate(rows) for measure in row.cells]
    chances = comparing.holm([rows[at].cells[measure].p_value for at, measure in places])
    found: list[dict[str, Cell]] = [{} for _row in rows]
    for (at, measure), chance in zip(places, chances, strict=True):
        found[at][measure] = replace(rows[at].cells[measure], chance=chance)
    return [replace(row, cells=cells) for row, cells in zip(rows, found, strict=True)]


@dataclass(frozen=True)
class People:
    """Everybody of both groups, one place each."""

    ids: Ints
    got: np.ndarray[Any, np.dtype[np.bool_]]
    spent: np.ndarray[Any, np.dtype[np.float64]]  # nan: bought nothing.
    earlier: np.ndarray[Any, np.dtype[np.float64]]
    was: np.ndarray[Any, np.dtype[np.bool_]]  # A customer when it began.
    still: np.ndarray[Any, np.dtype[np.bool_]]  # And at the end.
    tones: dict[str, Ints]
    is_over: bool


def count(campaign: Campaign, *, now: datetime) -> Figures:
    """Count all groups and measures of one campaign; {} when there is nothing to compare."""
    if campaign.mailing_id is None or campaign.started_at is None:
        return {}
    mine = Message.objects.filter(mailing=campaign.mailing_id, customer__isnull=False)
    drawn = mine.filter(state__in=(*effect.GOT_IT, Message.State.HELD_OUT)).order_by("customer")
    states = dict(drawn.values_list("customer", "state"))
    got = np.array([state != Message.State.HELD_OUT for state in states.values()], dtype=bool)
    if min(int(got.sum()), int((~got).sum())) < FEWEST:
        return {}
    ids = np.array(list(states), dtype=np.int64)
    people = _gathered(campaign, drawn.order_by().values("customer"), ids, got, now)
    groups: dict[str, Figures] = {EVERYBODY: _group(people, np.ones(len(ids), dtype=bool), campaign.pk)}
    too_few = 0
    for slug, inside in _segments(campaign, drawn.order_by().values("customer"), ids).items():
        if min(int((inside & got).sum()), int((inside & ~got).sum())) < FEWEST:
            too_few += 1
        else:
            groups[slug] = _group(people, inside, campaign.pk)
    return {"groups": groups, "too_few": too_few}


def _gathered(campaign: Campaign, who: QuerySet[Any, Any], ids: Ints, got: Any, now: datetime) -> People:
    start, end = effect.window(campaign)
    orders = Purchase.objects.filter(counting(), customer__in=who).order_by()
    lost = timedelta(days=stages.thresholds().lost_days)

    def spent(since: datetime, until: datetime) -> Any:
        rows = orders.filter(bought_at__gte=since, bought_at__lte=until).values("customer")
        sums = rows.annotate(net=Sum(F("charged") - F("refunded"))).values_list("customer", "net")
        return _placed(ids, {customer: float(net) for customer, net in sums}, np.nan)

    def is_customer(day: datetime) -> Any:
        rows = orders.filter(bought_at__lte=day, bought_at__gt=day - lost).values("customer")
        return _placed(ids, dict(rows.annotate(last=Max("bought_at")).values_list("customer", "last")), 0) > 0

    return People(
        ids,
        got,
        spent(start, end),
        spent(start - (end - start), start - timedelta(microseconds=1)),
        is_customer(start),
        is_customer(end),
        {kind: _placed(ids, tones, NOBODY) for kind, tones in _tones(who, start, end).items()},
        end <= now,
    )


def _placed(ids: Ints, values: Mapping[int, Any], otherwise: float) -> Any:
    """A value for each place; anything but a number counts as 1."""
    return np.array(
        [
            otherwise if (one := values.get(pk)) is None else one if isinstance(one, (int, float)) else 1
            for pk in ids.tolist()
        ]
    )


def _tones(who: QuerySet[Any, Any], start: datetime, end: datetime) -> dict[str, dict[int, int]]:
    """How the last answer of each person sounds, each survey judged on its own scale."""
    found: dict[str, dict[int, int]] = {"nps": {}, "csat": {}}
    rows = Answer.objects.counted().filter(
        customer__in=who, survey__kind__in=list(found), score__isnull=False, answered_at__range=(start, end)
    )
    names = ("customer", "survey__kind", "survey__points", "score")
    for customer, kind, points, score in rows.order_by("answered_at", "pk").values_list(*names):
        good, middle = scores.bounds(kind, points)
        found[kind][customer] = GOOD if score >= good else MIDDLE if score >= middle else BAD
    return found


def _segments(campaign: Campaign, who: QuerySet[Any, Any], ids: Ints) -> dict[str, Any]:
    """Who stood in which segment when it began; one that holds everybody tells nothing of its own."""
    start = campaign.started_at
    stood = Membership.objects.filter(Q(left_at=None) | Q(left_at__gt=start), entered_at__lte=start)
    stood = stood.filter(customer__in=who).order_by()
    sizes = stood.values_list("segment__slug").annotate(n=Count("pk")).order_by("-n", "segment__slug")
    chosen = [slug for slug, n in sizes if n < len(ids)][:MOST]
    found: dict[str, set[int]] = {slug: set() for slug in chosen}
    for slug, customer in stood.filter(segment__slug__in=chosen).values_list("segment__slug", "customer"):
        found[slug].add(customer)
    return {slug: np.isin(ids, list(members)) for slug, members in found.items()}


def _group(people: People, inside: Any, seed: int) -> Figures:
    got, held = inside & people.got, inside & ~people.got
    cells = {
        "conversion": _shares(_known(people.spent), got, held, _known(people.earlier)),
        "revenue": _amounts(people, got, held, seed),
        "retention": _shares(people.still, got & people.was, held & people.was) if people.is_over else None,
        **{kind: _scored(kind, tones, got, held) for kind, tones in people.tones.items()},
    }
    return {
        "n": int(got.sum()),
        "m": int(held.sum()),
        "cells": {name: cell for name, cell in cells.items() if cell is not None},
    }


def _known(values: Any) -> Any:
    return ~np.isnan(values)


def _shares(did: Any, got: Any, held: Any, earlier: Any = None) -> Figures | None:
    n, m = int(got.sum()), int(held.sum())
    if min(n, m) < FEWEST:
        return None
    x, y = int((did & got).sum()), int((did & held).sum())
    found = comparing.shares((y, x), (m, n))
    low, high = found.interval
    points = comparing.Difference(
        100 * found.difference, (100 * low, 100 * high), found.statistic, found.p_value
    )
    before = None if earlier is None else [100 * float(earlier[some].mean()) for some in (got, held)]
    return _cell((n, m), (100 * x / n, 100 * y / m), points, before)


def _amounts(people: People, got: Any, held: Any, seed: int) -> Figures | None:
    n, m = int(got.sum()), int(held.sum())
    bought = _known(people.spent)
    found = effects.amounts(people.spent[got & bought], n, people.spent[held & bought], m, seed=seed)
    error = effects.error_of(found.interval)
    if not error:  # Nobody bought anything.
        return None
    p_value = float(effects.stats.norm.sf(abs(found.difference) / error) * 2)
    gap = comparing.Difference(found.difference, found.interval, found.difference / error, p_value)
    earlier = np.nan_to_num(people.earlier)
    before = [float(earlier[some].mean()) for some in (got, held)]
    return _cell((n, m), (found.treated, found.control), gap, before)


def _scored(kind: str, tones: Ints, got: Any, held: Any) -> Figures | None:
    counts = [[int((tones[group] == tone).sum()) for tone in (GOOD, MIDDLE, BAD)] for group in (got, held)]
    if min(map(sum, counts)) < FEWEST:
        return None
    a, b = (scores.of_groups(kind, *one) for one in counts)
    assert a is not None
    assert b is not None
    found = scores.difference(a, b)
    gap = comparing.Difference(found.value, (found.low, found.high), found.z, found.p_value)
    return _cell((a.n, b.n), (a.value, b.value), gap, None)


def _cell(
    people: tuple[int, int],
    values: tuple[float, float],
    found: comparing.Difference,
    before: list[float] | None,
) -> Figures:
    return {
        "n": people[0],
        "m": people[1],
        "treated": values[0],
        "control": values[1],
        "difference": found.difference,
        "low": found.interval[0],
        "high": found.interval[1],
        "p_value": found.p_value,
        "before": before,
    }
