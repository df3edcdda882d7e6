"""Look for people who are in the books twice, and say why; nothing is stored or changed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from crm import custom_fields
from crm.commands import JsonCommand
from crm.duplicates import finding, records, wording
from crm.models import Customer


class Command(JsonCommand):
    help = "Find customers who are perhaps the same person, with confidence and reasons."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--threshold", type=float, default=finding.USUAL, metavar="X", help="0 to 1")

    def answer(self, **options: Any) -> dict[str, Any]:
        threshold = options["threshold"]
        if not 0 < threshold <= 1:
            self.misused("--threshold is a confidence above 0 and up to 1.")
        found = finding.find(records.everybody(), threshold=threshold)
        people = [found.ids(group) for group in found.groups]
        known = _known_as([number for ids in people for number in ids])
        labels = wording.labels(list(custom_fields.plain()))
        listed = [
            {
                "ids": [known[number] for number in ids if number in known],
                "confidence": round(group.confidence, 4),
                "reasons": [str(one) for one in wording.sentences(found.reasons_of(group), labels)],
            }
            for group, ids in zip(found.groups, people, strict=True)
        ]
        pairs = sum(len(ids) * (len(ids) - 1) // 2 for ids in people)
        return {"pairs": pairs, "groups": len(listed), "list": listed}


def _known_as(numbers: list[int]) -> dict[int, str]:
    """The shop's own number of each customer, or the public one."""
    known: dict[int, str] = {}
    for start in range(0, len(numbers), 500):
        rows = Customer.objects.filter(pk__in=numbers[start : start + 500])
        for pk, public, external in rows.values_list("pk", "public_id", "external_id"):
            known[pk] = external or public
    return known
