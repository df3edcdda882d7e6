"""The answers to a survey as a table: one line for each, one column for each of its questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from crm.listing.columns import Cell
from feedback import measuring, reports, texts
from feedback.models import Answer, Survey


class Table:
    """Built once in the language of the reader; `lines` then turns answers into cells."""

    def __init__(self, survey: Survey, language: str) -> None:
        self.survey, self.language = survey, language
        self.questions = [one for one in survey.questions.all() if one.asks]
        self.groups = reports.group_names(survey.kind)

    @property
    def header(self) -> list[str]:
        questions = [texts.label(one, self.language) for one in self.questions]
        about = [_("Customer"), _("Customer number"), _("E-mail"), _("How it was answered"), _("Language")]
        return [_("Answered at"), _("Score"), _("Group"), _("Comment"), *questions, *about, _("State")]

    def lines(self, some: Sequence[Answer]) -> list[Sequence[Cell]]:
        return [self._line(one) for one in some]

    def _line(self, one: Answer) -> list[Cell]:
        group = measuring.tone(self.survey, one.score)
        who = one.customer
        return [
            one.answered_at,
            one.score,
            self.groups.get(group, ""),
            one.comment,
            *(
                _cell(texts.in_words(asked, one.values.get(asked.key), self.language))
                for asked in self.questions
            ),
            who.name if who else "",
            (who.external_id or "") if who else "",
            (who.email or "") if who else "",
            one.get_channel_display(),
            one.language,
            one.get_state_display(),
        ]


def _cell(said: Any) -> Cell:
    if isinstance(said, list):
        return ", ".join(map(str, said))
    if isinstance(said, dict):
        return "; ".join(f"{name}: {value}" for name, value in said.items())
    return (
        said
        if isinstance(said, int | float) and not isinstance(said, bool)
        else str("" if said is None else said)
    )
