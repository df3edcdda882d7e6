from __future__ import annotations

import json
from argparse import ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from crm.commands import Answer, JsonCommand, existing_file
from crm.errors import Refusal
from crm.models import Customer
from segments import audience
from segments.models import Segment
from segments.rules.parsing import effective, parse
from segments.rules.preview import preview


class Command(JsonCommand):
    help = "Count whom a rule finds, line by line."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--rule", help="the rule as JSON")
        what.add_argument("--rule-file", type=Path, help="a file that holds the rule")
        what.add_argument("--segment", metavar="SLUG", help="an existing segment")
        parser.add_argument(
            "--as-of", type=_day, metavar="DATE", help="what had happened by the end of a day"
        )
        parser.add_argument("--sample", type=_count, default=5, metavar="N", help="how many people to show")

    def answer(self, **options: Any) -> Answer:
        if slug := options["segment"]:
            segment = Segment.objects.filter(slug=slug).first()
            if segment is None:
                raise Refusal(f"There is no segment {slug!r}.")
            if segment.kind == Segment.Kind.STATIC:
                return _list(segment, options["sample"])
            node = effective(segment)
        else:
            node = parse(_json(options["rule"], options["rule_file"]))
        found = preview(node, as_of=options["as_of"], sample=options["sample"])
        return {
            "count": found.count,
            "share": found.share,
            "lines": [{"text": line.text, "count": line.count} for line in found.lines],
            "sample": [_person(one) for one in found.sample],
            "sentence": found.sentence,
            "seconds": round(found.seconds, 4),
        }


def _list(segment: Segment, sample: int) -> Answer:
    """A list kept by hand has no rule, hence one line."""
    people = audience.members(segment)
    count, everybody = people.count(), Customer.objects.count()
    return {
        "count": count,
        "share": count / everybody if everybody else 0.0,
        "lines": [{"text": segment.name, "count": count}],
        "sample": [_person(one) for one in people.order_by("pk")[:sample]],
        "sentence": segment.name,
        "seconds": 0.0,
    }


def _person(customer: Customer) -> dict[str, str]:
    return {
        "id": customer.public_id,
        "external_id": customer.external_id or "",
        "name": customer.name,
        "email": customer.email,
    }


def _json(text: str | None, file: Path | None) -> object:
    try:
        return json.loads(existing_file(file).read_text(encoding="utf-8") if file else text or "")
    except (ValueError, RecursionError) as error:
        raise Refusal(f"The rule is not valid JSON: {error}") from error
    except OSError as error:
        raise Refusal(f"The rule cannot be read: {error.strerror}") from error


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not a date like 2026-05-31") from error


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) > 1000:
        raise ArgumentTypeError("give a number from 0 to 1000")
    return int(text)
