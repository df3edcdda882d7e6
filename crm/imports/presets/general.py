"""Files of no particular program: how they are called, and the one that is known by its shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from crm.imports.presets import Preset, preset

CDNOW: Final = preset("cdnow", "CDNOW", "purchases", "", 1, {})
PRESETS: Final[tuple[Preset, ...]] = (CDNOW,)
LABELS: Final = {"orders": "orders", "lines": "lines", "customers": "customers"}


def shape(findings: Mapping[str, Any]) -> dict[str, str]:
    """Column → field of a file like CDNOW's, without header: number, (number), day, pieces, money."""
    studies: Sequence[Mapping[str, Any]] = findings["studies"]
    columns = findings["columns"]
    if findings["header"] or len(columns) not in {4, 5}:
        return {}
    days = [place for place, study in enumerate(studies) if _share(study, "compact") == 1]
    if days != [len(columns) - 3]:
        return {}
    figures = [studies[0], *studies[-2:]]
    if not all(sum(study["numbers"].values()) == study["values"] for study in figures):
        return {}
    fields = {0: "customer", days[0]: "bought_at", days[0] + 1: "quantity", days[0] + 2: "amount"}
    return {columns[place]: name for place, name in fields.items()}


def _share(study: Mapping[str, Any], style: str) -> float:
    return float(study["dates"].get(style, 0) / study["values"]) if study["values"] else 0.0


def guessed(kind: str, mapping: Mapping[str, str]) -> str | None:
    """What a file of no particular program is: lines of orders, whole orders, customers; None if unclear."""
    names = set(mapping.values())
    if kind == "purchases" and "bought_at" in names:
        if names & {"product", "sku"} and names & {"price", "quantity", "amount"}:
            return "lines"
        return "orders" if names & {"amount", "order_total", "price"} else None
    if kind == "customers" and names & {"customer", "email", "phone"}:
        return "customers"
    return None
