"""The recommendations' figures in words: one pair, and whether it all is better than naming best-sellers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.templatetags.crm_format import number, percent
from segments.models import ProductPair

FEW = 30  # Customers in the trial; fewer say nothing.


@dataclass(frozen=True, slots=True)
class Verdict:
    """`tone`: good, even, bad or unknown."""

    tone: str
    title: str
    text: str


def sentence(pair: ProductPair) -> str:
    return _("Who buys %(a)s also buys %(b)s %(times)s times as often as usual.") % {
        "a": pair.a.name,
        "b": pair.b.name,
        "times": number(pair.lift, 1),
    }


def verdict(result: dict[str, Any]) -> Verdict:
    """What the trial on everybody's last order says, honestly."""
    trial = result["trial"]
    if trial["customers"] < FEW:
        title = _("Too few customers came back to judge the recommendations")
        text = ngettext(
            "The test hides everybody's last order and asks whether we would have named something in it. That"
            " needs %(few)s customers who came back and bought something new; there is %(count)s.",
            "The test hides everybody's last order and asks whether we would have named something in it. That"
            " needs %(few)s customers who came back and bought something new; there are %(count)s.",
            trial["customers"],
        )
        return Verdict("unknown", title, text % {"few": FEW, "count": number(trial["customers"])})
    figures = {
        "ours": percent(trial["hit_rate"], 1),
        "theirs": percent(trial["popularity_hit_rate"], 1),
        "count": number(trial["customers"]),
        "coverage": percent(trial["coverage"], 0),
        "low": number(100 * trial["gain"][1], 1),
        "high": number(100 * trial["gain"][2], 1),
    }
    text = f"{_tested(figures)}{_mixed(trial.get('popularity', 0.0))}"
    if trial["gain"][1] > 0:
        return Verdict("good", _("Recommendations hit more often than best-sellers"), text)
    if trial["gain"][2] < 0:
        return Verdict("bad", _("Best-sellers hit more often than recommendations"), text)
    return Verdict("even", _("Recommendations are no surer than best-sellers here"), text)


def _tested(figures: dict[str, str]) -> str:
    text = _(
        "Tested on the last orders of %(count)s customers, hidden beforehand: of five recommended products"
        " %(ours)s of them bought one or more; of the five best-sellers they did not have yet, %(theirs)s."
        " The difference is likely between %(low)s and %(high)s percentage points. Recommendations"
        " name %(coverage)s of your products to somebody."
    )
    return text % figures


def _mixed(popularity: float) -> str:
    """How much of the ranking is popularity, where it is not all taste."""
    if not popularity:
        return ""
    if popularity == 1:
        text = _("The orders before showed best-sellers to hit most often, so these are what is recommended.")
    else:
        text = _(
            "Popularity counts for %(share)s of the ranking, since that hit more often on the orders before."
        ) % {"share": percent(popularity)}
    return f" {text}"
