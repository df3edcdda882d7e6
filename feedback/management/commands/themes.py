"""What comments are about and how they sound, as scripts want it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from crm.commands import Answer, JsonCommand, existing_file
from crm.errors import Refusal
from crm.imports import reading as files
from feedback import listening
from feedback.models import Survey
from feedback.numerics import scales


class Command(JsonCommand):
    help = "Languages, topics and sentiment of the comments of a survey or of a file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("survey", nargs="?", default="", help="short name of the survey")
        parser.add_argument("--file", default="", help="CSV or XLSX with a header; may be .gz")
        parser.add_argument("--text", default="", help="column of the comments")
        parser.add_argument("--score", default="", help="column of the scores: half train, half judge")
        parser.add_argument(
            "--starting",
            action="store_true",
            help="judge the starting model alone, which is trained on neither",
        )

    def answer(self, **options: Any) -> Answer:
        if bool(options["survey"]) == bool(options["file"]):
            self.misused(_("Name a survey, or a file with --file."))
        if options["survey"]:
            survey = Survey.objects.filter(slug=options["survey"]).first()
            if survey is None:
                raise Refusal(_("There is no survey “%(slug)s”.") % {"slug": options["survey"]})
            return listening.of_survey(survey)
        if not options["text"]:
            self.misused(_("Say with --text which column holds the comments."))
        told = _rows(existing_file(Path(options["file"])), options["text"], options["score"])
        verdicts = scales.verdicts([score for _text, score in told])
        return listening.of_texts(
            [text for text, _score in told], verdicts, only_starting=options["starting"]
        )


def _rows(path: Path, text: str, score: str) -> list[tuple[str, str]]:
    """Comment and score of each row with a comment."""
    rows = files.rows(path, files.format_of(path))
    names = [one.strip() for one in next(iter(rows), (0, []))[1]]
    for column in filter(None, (text, score)):
        if column not in names:
            raise Refusal(
                _("There is no column “%(name)s”. There are: %(known)s")
                % {"name": column, "known": ", ".join(names)}
            )
    at, scored = names.index(text), names.index(score) if score else -1
    told = (
        (_cell(cells, at), _cell(cells, scored) if score else "")
        for _number, cells in rows
        if isinstance(cells, list)
    )
    return [pair for pair in told if pair[0].strip()]


def _cell(cells: list[str], at: int) -> str:
    return cells[at] if at < len(cells) else ""
