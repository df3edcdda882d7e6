"""Names of clusters in plain words, taken from what sets each apart from the average customer.

What is kept is what is notable, as data; the words come when somebody reads it, in the reader's language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.cache import cache
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from segments.clusters import column_words
from segments.models import ScoringRun
from segments.numerics.clustering import Profile

NOTABLE = 0.4  # Standard deviations from the average.
UNUSUAL = "unusual"  # The key of those who belong to no cluster.
UNUSUAL_NAME = gettext_lazy("Unusual customers")
WORDS: dict[str, tuple[str | Promise, str | Promise]] = {  # Feature: much, little.
    "recency_days": (gettext_lazy("long away"), gettext_lazy("recent")),
    "orders": (gettext_lazy("many orders"), gettext_lazy("few orders")),
    "revenue": (gettext_lazy("big spenders"), gettext_lazy("small spenders")),
    "average_order": (gettext_lazy("large baskets"), gettext_lazy("small baskets")),
    "refunds": (gettext_lazy("send much back"), gettext_lazy("keep what they buy")),
    "gap_days": (gettext_lazy("long pauses"), gettext_lazy("short pauses")),
    "nps.last": (gettext_lazy("fans"), gettext_lazy("unhappy")),
    "csat.last": (gettext_lazy("satisfied"), gettext_lazy("dissatisfied")),
    "rfm.recency": (gettext_lazy("recent"), gettext_lazy("long away")),
    "rfm.frequency": (gettext_lazy("many orders"), gettext_lazy("few orders")),
    "rfm.monetary": (gettext_lazy("big spenders"), gettext_lazy("small spenders")),
    "age": (gettext_lazy("older"), gettext_lazy("younger")),
}
type Name = dict[str, Any]  # {"traits": [[column, much], …], "number": 2 for the second of that name}
type Label = Callable[[str], str]


def name_clusters(profiles: Sequence[Profile], kept: Mapping[int, Name] | None = None) -> list[Name]:
    """One name per cluster, all different; `kept` are names that clusters have from before."""
    kept = kept or {}
    taken = list(kept.values())
    names: list[Name] = []
    for place, profile in enumerate(profiles):
        name = kept.get(place) or _new(profile, taken)
        names.append(name)
        taken.append(name)
    return names


def _new(profile: Profile, taken: Sequence[Name]) -> Name:
    traits = _traits(profile)
    for count in range(2, max(2, len(traits)) + 1):
        name = {"traits": traits[:count], "number": 1}
        if name not in taken:
            return name
    number = 2
    while {"traits": traits[:2], "number": number} in taken:
        number += 1
    return {"traits": traits[:2], "number": number}


def _traits(profile: Profile) -> list[list[Any]]:
    """What is notable about the cluster, the most striking first; what would read alike stands once."""
    striking = sorted(profile.lean.items(), key=lambda item: -abs(item[1]))
    found: dict[Any, list[Any]] = {}
    for name, lean in striking:
        if abs(lean) >= NOTABLE:
            trait = [name, lean > 0]
            words = WORDS.get(name)
            found.setdefault(str(words[0 if lean > 0 else 1]) if words else name, trait)
    return list(found.values())


def render(name: Name | str, label: Label) -> str:
    """The name in the reader's language; clusterings of earlier versions kept the words themselves."""
    if isinstance(name, str):
        return name
    if not name["traits"]:
        text = _("Close to the average")
    else:
        text = _(", ").join(_word(column, much, label) for column, much in name["traits"])
        text = text[:1].upper() + text[1:]
    if name.get("number", 1) > 1:
        text = f"{text} {name['number']}"
    return text[:80]


def _word(column: str, much: bool, label: Label) -> str:
    if column in WORDS:
        return str(WORDS[column][0 if much else 1])
    if "=" in column:
        return label(column) if much else _("not %(value)s") % {"value": label(column)}
    text = _("high %(feature)s") if much else _("low %(feature)s")
    return text % {"feature": label(column)}


def keys(run: ScoringRun) -> list[str]:
    """What stands in the features of whoever belongs to the clusters of a run."""
    return [str(one.get("key", one["name"])) for one in run.result.get("clusters", [])]


def names(run: ScoringRun) -> list[str]:
    """The clusters of a run in the reader's language."""
    label = column_words.labeller(run.result.get("labels", {}))
    return [render(one["name"], label) for one in run.result.get("clusters", [])]


def in_use() -> dict[str, str]:
    """The clusters that customers carry now: key → name in the reader's language."""
    live = ScoringRun.objects.filter(kind=ScoringRun.Kind.CLUSTER, is_live=True)
    row = live.values_list("result__clusters", "result__noise", "result__labels").first()
    if row is None:
        return {}
    clusters, noise, labels = row
    label = column_words.labeller(labels or {})
    found = {str(one.get("key", one["name"])): render(one["name"], label) for one in clusters or []}
    return {**found, UNUSUAL: str(UNUSUAL_NAME)} if noise else found


def name_of(key: str) -> str:
    """The name behind what stands in a customer's features; a run's names never change, so they are kept."""
    if key == UNUSUAL:
        return str(UNUSUAL_NAME)
    run, dash, number = key.partition("-")
    if not (dash and run.isdecimal() and number.isdecimal()):
        return key
    place = f"segments.cluster_names.{run}"
    found = cache.get(place)
    if found is None:
        rows = ScoringRun.objects.filter(pk=int(run)).values_list("result__clusters", "result__labels")
        clusters, labels = rows.first() or ([], {})
        found = {one.get("key"): one["name"] for one in clusters or []}, labels or {}
        cache.set(place, found, 3600)
    names, labels = found
    return render(names[key], column_words.labeller(labels)) if key in names else key
