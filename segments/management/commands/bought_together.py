from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from crm.commands import Answer, JsonCommand, existing_file
from crm.errors import Refusal
from segments.numerics import pairs
from segments.recommending import basket_file, baskets

MOST = 1000


class Command(JsonCommand):
    help = (
        "Pairs of products in one basket. With --min-support every pair from that share of the baskets on,"
        " goes_together or not; without it the most frequent of those that surely do, from 5 baskets on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--file", type=Path, metavar="BASKETS", help="one basket a line; else the shop's own"
        )
        parser.add_argument("--min-support", type=float, metavar="X", help="share of the baskets, 0 to 1")

    def answer(self, **options: Any) -> Answer:
        share = options["min_support"]
        if share is not None and not 0 <= share <= 1:
            self.misused("--min-support must lie between 0 and 1, for example 0.01")
        lines = (
            basket_file.read(existing_file(options["file"]))
            if options["file"]
            else baskets.named(baskets.read())
        )
        if not len(lines.items):
            raise Refusal(_("No order names its products, so there are no baskets to count."))
        found = pairs.find(lines.baskets, lines.items, min_support=share or 0.0)
        together = found.together.nonzero()[0].tolist()
        shown = range(len(found.count)) if share is not None else together[:MOST]
        rows = [_row(found, place, lines.names) for place in shown]
        return {
            "baskets": found.baskets,
            "left_out": found.left_out,
            "items": found.items,
            "goes_together": len(together),
            "pairs": rows,
        }


def _row(found: pairs.Pairs, place: int, names: list[str]) -> dict[str, Any]:
    conviction = float(found.conviction[place])
    return {
        "a": names[found.a[place]],
        "b": names[found.b[place]],
        "count": int(found.count[place]),
        "support": float(found.support[place]),
        "confidence": float(found.confidence[place]),
        "reverse_confidence": float(found.reverse_confidence[place]),
        "lift": float(found.lift[place]),
        "leverage": float(found.leverage[place]),
        "conviction": conviction if math.isfinite(conviction) else None,
        "p_value": float(found.p_value[place]),
        "q_value": float(found.q_value[place]),
        "goes_together": bool(found.together[place]),
    }
