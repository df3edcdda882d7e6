"""What has to be said beside chances of lapsing: stored as codes with numbers, shown in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.errors import Refusal
from segments import noted
from segments.noted import Note

WORDS = {
    "nothing": _(
        "No customer has a purchase that counts yet. Import purchases first; those dated in the future count"
        " once their day is over."
    ),
    "broken": _("The chances could not be calculated from these purchases, so none are shown."),
    "few": _(
        "Too little to learn from. Customers known %(days)s earlier: %(count)s, of whom %(came)s came back"
        " and %(gone)s did not. A model needs at least %(least)s customers, and %(each)s of each kind."
    ),
    "short": _(
        "Your purchases begin on %(first)s: too short a past for a forecast of %(days)s, as one such"
        " period is needed to learn from and one to judge by. Choose fewer days, wait, or bring in"
        " older purchases."
    ),
    "shortened": _(
        "A customer counts as lost after %(wanted)s, but your purchases reach back too little to learn"
        " that. So the chances are about the next %(days)s, until the past is long enough."
    ),
    "unjudged": _("The chances could not be checked: the past is too short for a period kept apart."),
    "differs": _(
        "The period it was judged by was unlike the one it learned from: customers expected to stay away"
        " %(expected)s, stayed away %(actual)s. After a season such as Christmas that is usual. Take the"
        " order of the customers more seriously than the height of their chances."
    ),
    "no_better": _(
        "In the period kept apart, the model was no better than the rule of thumb “silent for longer than"
        " usual”. Take the chances as a hint."
    ),
    "sampled": _("It learned from one customer in %(n)s, and everybody got a chance."),
    "old": _("The last sale was on %(day)s; everything is counted from that day, not from today."),
}


def note(code: str, **numbers: Any) -> Note:
    assert code in WORDS
    return {"code": code, **numbers}


def in_words(notes: Sequence[Note]) -> list[str]:
    return noted.in_words(WORDS, notes)


class Unlearnable(Refusal):
    """Nothing can be learned from these purchases; `note` says why."""

    def __init__(self, code: str, **numbers: Any) -> None:
        self.note = note(code, **numbers)
        super().__init__(in_words([self.note])[0])
