"""The risk of losing somebody as a shop would say it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm import languages
from crm.templatetags.crm_format import number
from segments import scoring
from segments.lapse import lapsing
from segments.lifecycle import stages
from segments.models import CustomerFeatures, LifecycleChoice, ScoringRun
from segments.numerics.lapse.history import RAW, Floats
from segments.numerics.lapse.reasons import reasons

SHOWN = 3
SURE, UNLIKELY = 0.95, 0.05


@dataclass(frozen=True, slots=True)
class Risk:
    """What the page of a customer says: the chance, within how many days, what raises and lowers it."""

    words: str
    days: int
    raised: list[str]
    lowered: list[str]


def definition(choice: LifecycleChoice, now: stages.Thresholds) -> str:
    """When a customer counts as lost, in one sentence."""
    words = {
        "days": languages.days(now.lost_days),
        "usual": languages.days(round(now.usual_days or 0)),
        "gaps": number(choice.lost_gaps, 1),
    }
    if choice.lost_days:
        return _("You call a customer lost after %(days)s without a purchase.") % words
    if choice.lost_gaps and now.usual_days:
        text = _(
            "You call a customer lost after %(gaps)s times the usual %(usual)s between two purchases:"
            " %(days)s without one."
        )
        return text % words
    if now.usual_days:
        text = _(
            "A customer counts as lost after %(days)s without a purchase. We suggest that because your"
            " customers usually come back within %(usual)s."
        )
        return text % words
    return (
        _(
            "A customer counts as lost after %(days)s without a purchase, until more customers have come"
            " back and show the rhythm of your shop."
        )
        % words
    )


def chance(share: float) -> str:
    """How many of ten customers like this one stay away."""
    if share >= SURE:
        return _("almost all like this stay away")
    if share < UNLIKELY:
        return _("hardly anybody like this stays away")
    return _("%(n)d in 10 like this stay away") % {"n": max(1, min(9, round(10 * share)))}


def risk_of(features: CustomerFeatures) -> Risk | None:
    """The risk of one customer with its reasons; None where there is none."""
    run = scoring.live_run(ScoringRun.Kind.LAPSE)
    if features.lapse_chance is None or run is None:
        return None
    fitted = lapsing.model_of(run)
    known = _known(features, date.fromisoformat(run.result["until"]))
    found = reasons(fitted, known)[:SHOWN] if fitted is not None and known is not None else []
    return Risk(
        chance(features.lapse_chance),
        run.result["days"],
        [_words(name, known, is_raised=True) for name, change in found if change > 0 and known is not None],
        [_words(name, known, is_raised=False) for name, change in found if change < 0 and known is not None],
    )


def _known(features: CustomerFeatures, until: date) -> Floats | None:
    if features.last_bought_on is None or features.first_bought_on is None:
        return None
    return np.array(
        [
            (until - features.last_bought_on).days,
            features.orders,
            (until - features.first_bought_on).days,
            np.nan if features.gap_days is None else features.gap_days,
            float(features.average_order or 0),
        ],
        np.float64,
    )


def _words(name: str, known: Floats, *, is_raised: bool) -> str:
    """One reason; the number is the customer's own."""
    value = known[RAW.index(name)]
    is_known = bool(np.isfinite(value))
    n = round(float(value)) if is_known else 0
    if name == "recency":
        text = (
            ngettext("silent for %(n)s day", "silent for %(n)s days", n)
            if is_raised
            else ngettext("bought %(n)s day ago", "bought %(n)s days ago", n)
        )
    elif name == "orders":
        text = (
            ngettext("only %(n)s order so far", "only %(n)s orders so far", n)
            if is_raised
            else ngettext("%(n)s order so far", "%(n)s orders so far", n)
        )
    elif name == "age":
        text = ngettext("first bought %(n)s day ago", "first bought %(n)s days ago", n)
    elif name == "gap" and is_known:
        text = ngettext(
            "usually %(n)s day between two purchases", "usually %(n)s days between two purchases", n
        )
    elif name == "gap":
        text = _("has not shown a rhythm yet")
    else:
        text = _("about %(n)s per order")
    return text % {"n": number(n)} if "%(n)s" in text else text
