"""Names of clusters in plain words, taken from what sets each apart from the average customer."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from segments.numerics.clustering import Profile

NOTABLE = 0.4  # Standard deviations from the average.
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
}


def name_clusters(profiles: Sequence[Profile], labels: dict[str, str]) -> list[str]:
    """One name per cluster, all different, in the language in force."""
    names: list[str] = []
    for profile in profiles:
        traits = _traits(profile, labels)
        options = [_joined(traits[:count]) for count in range(2, max(2, len(traits)) + 1)]
        free = next((name for name in options if name not in names), "")
        number = 2
        while not free:
            numbered = f"{options[0]} {number}"
            free = "" if numbered in names else numbered
            number += 1
        names.append(free[:80])
    return names


def _traits(profile: Profile, labels: dict[str, str]) -> list[str]:
    """What is notable about the cluster, the most striking first."""
    striking = sorted(profile.lean.items(), key=lambda item: -abs(item[1]))
    words = [_word(name, lean > 0, labels) for name, lean in striking if abs(lean) >= NOTABLE]
    return list(dict.fromkeys(words))


def _word(name: str, much: bool, labels: dict[str, str]) -> str:
    if name in WORDS:
        return str(WORDS[name][0 if much else 1])
    text = _("high %(feature)s") if much else _("low %(feature)s")
    return text % {"feature": labels.get(name, name)}


def _joined(traits: Sequence[str]) -> str:
    if not traits:
        return _("Close to the average")
    text = _(", ").join(traits)
    return text[:1].upper() + text[1:]
