"""ORM → flat arrays: the only reader for numerics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection, models
from django.db.models import F, FloatField
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Cast
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm import custom_fields
from crm.errors import Refusal
from crm.models import Customer, CustomField
from segments import arrays
from segments.at_hand import within
from segments.models import CustomerFeatures

CHUNK = 5000
# Names as in rules → columns of CustomerFeatures.
NUMBERS: dict[str, str] = {
    "recency_days": "recency_days",
    "orders": "orders",
    "revenue": "revenue",
    "average_order": "average_order",
    "refunds": "refunds",
    "gap_days": "gap_days",
    "nps.last": "nps_last",
    "csat.last": "csat_last",
    "clv": "clv",
    "alive_chance": "alive_chance",
    "expected_orders": "expected_orders",
    "lapse_chance": "lapse_chance",
    "rfm.recency": "rfm_recency",
    "rfm.frequency": "rfm_frequency",
    "rfm.monetary": "rfm_monetary",
}
SCORE_LABELS: dict[str, Promise] = {
    "rfm.recency": _("recency score"),
    "rfm.frequency": _("frequency score"),
    "rfm.monetary": _("monetary score"),
}


@dataclass(frozen=True, slots=True)
class Frame:
    """`ids` (n) ascending and `values` (n × names), NaN where unknown."""

    names: tuple[str, ...]
    ids: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]

    def complete(self) -> Frame:
        """Only the customers with every value."""
        whole = ~np.isnan(self.values).any(axis=1)
        return Frame(self.names, self.ids[whole], self.values[whole])

    def missing(self) -> dict[str, int]:
        """How many customers lack each value."""
        return {
            name: int(count)
            for name, count in zip(self.names, np.isnan(self.values).sum(axis=0), strict=True)
        }


def buyers(*, few: bool = False) -> Frame:
    """Recency, orders and revenue of everyone with a purchase that counts; `few`: of those `at_hand`."""
    names = ("recency_days", "orders", "revenue")
    table = connection.ops.quote_name(CustomerFeatures._meta.db_table)
    ids, *values = arrays.read(
        f"SELECT customer_id, {', '.join(names)} FROM {table} WHERE orders > 0{within('customer_id', few)}"
        " ORDER BY customer_id",
        {},
        "ifff",
    )
    return Frame(names, ids, np.column_stack(values))


def numbers(names: Sequence[str]) -> Frame:
    """Numeric features and own number fields (`custom.<key>`) of all customers."""
    wanted = labels(names)
    columns: list[Any] = []
    for name in wanted:
        if name.startswith("custom."):
            columns.append(KeyTransform(name.removeprefix("custom."), F("custom")))
        else:
            columns.append(Cast(f"features__{NUMBERS[name]}", FloatField()))
    return _frame(tuple(wanted), Customer.objects.order_by("pk").values_list("pk", *columns))


def labels(names: Sequence[str]) -> dict[str, str]:
    """What people call the features, in the given order; an unknown name is refused."""
    known = choices()
    plain = {column: name for name, column in NUMBERS.items()}
    plain |= {name: low for name in names if (low := name.lower()).startswith("custom.") and low in known}
    found = {plain.get(name, name): known.get(plain.get(name, name)) for name in names}
    unknown = [name for name, label in found.items() if label is None]
    if unknown:
        raise Refusal(_("There is no number called %(name)s.") % {"name": ", ".join(unknown)})
    return {name: str(label) for name, label in found.items()}


def choices() -> dict[str, str | Promise]:
    """All features that may be clustered by: name → label."""
    known: dict[str, str | Promise] = {}
    for name, column in NUMBERS.items():
        field = CustomerFeatures._meta.get_field(column)
        assert isinstance(field, models.Field)
        known[name] = SCORE_LABELS.get(name) or field.verbose_name
    own = custom_fields.plain().filter(kind=CustomField.Kind.NUMBER)
    return known | {f"custom.{field.key}": field.label for field in own}


def _frame(names: tuple[str, ...], rows: Any) -> Frame:
    table = np.fromiter(
        ((row[0], *map(_number, row[1:])) for row in rows.iterator(chunk_size=CHUNK)),
        dtype=np.dtype([("id", np.int64), *((f"v{index}", np.float64) for index in range(len(names)))]),
    )
    values = [table[f"v{index}"] for index in range(len(names))]
    return Frame(names, table["id"].copy(), np.column_stack(values) if values else np.empty((len(table), 0)))


def _number(value: Any) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else float("nan")
