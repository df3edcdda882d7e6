from __future__ import annotations

from typing import Any

from crm.commands import Answer, JsonCommand
from segments.rules.events import MEASURES, all_events
from segments.rules.fields import Catalogue, Field
from segments.rules.operators import OF_KIND


class Command(JsonCommand):
    help = "List what the rules of segments may ask."

    def answer(self, **options: Any) -> Answer:
        return {
            "fields": [_field(one) for one in Catalogue().everything()],
            "events": [
                {
                    "name": event.name,
                    "label": str(event.label),
                    "where": [_field(one) for one in event.fields],
                    "measures": list(MEASURES),
                }
                for event in all_events()
            ],
        }


def _field(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "label": str(field.label),
        "type": str(field.kind),
        "ops": list(OF_KIND[field.kind]),
        "values": [code for code, _label in field.values],
    }
