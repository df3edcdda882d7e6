"""What has to be said beside figures of customer value: stored as codes with numbers, shown in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from segments import noted
from segments.noted import Note

# Those that mean another method was used than the one asked for.
REPLACED = ("no_dropout", "one_rate", "one_chance", "few", "alike", "spend_few", "spend_alike", "spend_heavy")
WORDS = {
    "no_dropout": _(
        "Drop-out is not identified: these purchases do not tell who has left for good. Used instead: the"
        " NBD model, in which nobody leaves. So the forecast may be too high, and no chance that somebody is"
        " still a customer is given."
    ),
    "one_rate": _(
        "Differences in how often people buy are not identified: as far as these purchases tell, everybody"
        " buys about every %(gap).1f days until they leave. That one rate was used for all."
    ),
    "one_chance": _(
        "Differences in drop-out are not identified: as far as these purchases tell, everybody leaves with"
        " about the same chance, %(chance).1f%% after each purchase. That one chance was used for all."
    ),
    "few": _(
        "Too few customers came back for a second purchase (%(n)s; a model needs at least %(least)s). "
        "Used instead: the same average number of purchases for everybody."
    ),
    "alike": _(
        "Drop-out is not identified: these customers buy so alike that a model cannot tell them apart. Used"
        " instead: the same average number of purchases for everybody."
    ),
    "unsure": _(
        "Few customers came back (%(n)s), so the figures are rough: fewer than %(least)s teach a model "
        "little."
    ),
    "rare": _("Only %(share).1f%% of the customers came back; forecasts are less exact where so few do."),
    "not_converged": _(
        "The search for the best parameters did not come to a clear end: trust it only where it was right in"
        " the check against the past."
    ),
    "spend_few": _(
        "Too few customers have repeat purchases with a value (%(n)s). Used instead of the spend model: "
        "each customer's own average, drawn towards the middle one (the median)."
    ),
    "spend_alike": _(
        "Order values do not differ in a way that the spend model could learn. Used instead: each customer's"
        " own average, drawn towards the middle one (the median)."
    ),
    "spend_heavy": _(
        "A few very large orders leave the spend model without an average (q is not above 1). Used instead:"
        " each customer's own average, drawn towards the middle one (the median)."
    ),
    "correlated": _(
        "Who buys often also pays differently per purchase (correlation %(r).2f). The spend model assumes"
        " that the two have nothing to do with each other, so values of frequent buyers may be off."
    ),
    "future": _("Purchases dated after today do not count (%(n)s)."),
    "short": _(
        "The forecast looks further ahead than the purchases reach back (%(ahead)s against %(back)s)."
    ),
    "old": _("The last sale was on %(day)s; everything is counted from that day, not from today."),
    "nothing": _(
        "Nobody has a purchase that counts yet, so no value can be estimated. Import purchases first."
    ),
    "later": _("All purchases are dated after the day of analysis, so there is nothing to learn from."),
    "broken": _("The estimate could not be calculated from these purchases, so no values are shown."),
    "unchecked": _(
        "The forecast was not checked against purchases it had not seen: for that they must reach back at"
        " least %(least)s days and hold enough customers who came back."
    ),
    "gaps_few": _(
        "Too few customers came back lately (fewer than %(least)s) to learn from their gaps, so the days of"
        " next purchases come from the model alone."
    ),
    "sampled": _("The check of the forecast looked at one customer in %(n)s."),
}


def note(code: str, **numbers: Any) -> Note:
    assert code in WORDS
    return {"code": code, **numbers}


def in_words(notes: Sequence[Note]) -> list[str]:
    return noted.in_words(WORDS, notes)
