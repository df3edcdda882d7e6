"""Which fields of the record that stays were edited since a merge: told by keyed marks, not by values."""

from __future__ import annotations

import json
from typing import Any, Final

from django.utils.crypto import salted_hmac

from crm import custom_fields
from crm.journal import graph, images
from crm.models import Customer, CustomerMerge

SILENT: Final = frozenset(
    {"search_text", "described_at", "added_at", "is_demo", "public_id"}
)  # Follow others.


def of(merge: CustomerMerge) -> dict[str, str]:
    """{column or "custom.<key>": mark} of the survivor as it stands now; {} where nobody stands there."""
    names = graph.columns(Customer)
    found = next(images.read(Customer, names, [merge.survivor]), None)
    if found is None:
        return {}
    values: dict[str, Any] = dict(zip(names, found[2], strict=True))
    own = json.loads(values.pop("custom") or "{}")
    values |= {f"custom.{key}": json.dumps(value, sort_keys=True) for key, value in own.items()}
    return {name: _mark(merge, name, value) for name, value in values.items() if name not in SILENT}


def _mark(merge: CustomerMerge, name: str, value: Any) -> str:
    return salted_hmac("crm.merging.marks", f"{merge.pk}:{name}:{value}", algorithm="sha256").hexdigest()[:12]


def edited(merge: CustomerMerge) -> list[str]:
    """The labels of the fields that are not as the merge left them; [] also where that is not known."""
    before, now = merge.left_as, of(merge)
    if not before or not now:
        return []
    changed = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    if len(changed) == len(now):  # Another key of the program: nothing can be told.
        return []
    labels = {str(one.column): str(one.verbose_name) for one in Customer._meta.concrete_fields}
    labels |= {f"custom.{one.key}": one.label for one in custom_fields.plain()}
    return [labels.get(name, name.removeprefix("custom.")) for name in changed]
