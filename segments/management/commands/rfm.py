from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import CommandParser

from crm.commands import Answer, JsonCommand
from crm.errors import Refusal
from segments import features, refresh, scoring
from segments.groups import ENGLISH
from segments.models import ScoringRun
from segments.numerics import rfm


class Command(JsonCommand):
    help = (
        "Score recency, frequency and money from 1 to 5. grid[r-1][f-1] counts recency score r and frequency"
        " score f. Without --as-of the live scores are renewed; with it nothing is changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as-of", type=date.fromisoformat, metavar="DATE")
        parser.add_argument("--map", default="ten", choices=sorted(rfm.MAPS), help="names of the groups")
        parser.add_argument(
            "--frozen", action="store_true", help="use the cut points of the last live scoring"
        )

    def answer(self, **options: Any) -> Answer:
        as_of, frozen = options["as_of"], options["frozen"]
        cuts = scoring.live_cuts() if frozen else None
        if frozen and cuts is None:
            raise Refusal(
                "There is no earlier scoring whose cut points could be used; run rfm without --frozen."
            )
        if as_of is None:
            refresh.run(None, only=["features", "rfm"], frozen=frozen)
            run = scoring.live_run(ScoringRun.Kind.RFM)
            assert run is not None
            return _english(run.result)
        with features.aside(as_of):
            return _english(scoring.score_rfm(cuts, options["map"]).as_json())


def _english(found: dict[str, Any]) -> Answer:
    """Groups by their English names, money as decimal text."""
    cuts = dict(found["cut_points"])
    if cuts:
        cuts["monetary"] = [f"{cut:.2f}" for cut in cuts["monetary"]]
    groups = {label: found["groups"][code] for code, label in ENGLISH.items()}
    return {**found, "cut_points": cuts, "groups": groups}
