from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from crm.commands import Answer, JsonCommand
from segments.predictions import foretelling, propensity


class Command(JsonCommand):
    help = (
        "Foretell a yes/no or numeric field of the customer from the others, or mail.opened, mail.clicked,"
        " mail.bought; all learners compared by cross-validation in five parts. Nothing is stored."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--target", required=True, metavar="FIELD")
        parser.add_argument(
            "--features", nargs="*", default=[], metavar="FIELD", help="with spaces or commas between"
        )

    def answer(self, **options: Any) -> Answer:
        given = [name.strip() for text in options["features"] for name in text.split(",")]
        question = propensity.ask(options["target"].strip(), [name for name in given if name])
        data, learned = foretelling.learned(question, lambda _done, _of: None)
        answer = propensity.as_json(question, learned)
        return {**answer, "left_out": data.dropped, "features": [one.name for one in data.table.columns]}
