from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import CommandParser

from crm.commands import Answer, JsonCommand
from crm.errors import Refusal
from segments import features, refresh, scoring
from segments.models import ScoringRun
from segments.numerics import rfm
from segments.rfm import names as rfm_names
from segments.rfm.names import Names
from segments.shadow import shadow


class Command(JsonCommand):
    help = (
        "Score recency, frequency and money from 1 to 5. grid[r-1][f-1] counts recency score r and frequency"
        " score f. Without --as-of the live scores are renewed; with it nothing is changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as-of", type=date.fromisoformat, metavar="DATE")
        parser.add_argument(
            "--map",
            choices=[*rfm.MAPS, "own"],
            help="count by the groups of this map; the shop's choice stays what it is (default: that choice)",
        )
        parser.add_argument(
            "--frozen", action="store_true", help="use the cut points of the last live scoring"
        )

    def answer(self, **options: Any) -> Answer:
        as_of, frozen = options["as_of"], options["frozen"]
        names = _names(options["map"])
        cuts = scoring.live_cuts() if frozen else None
        if frozen and cuts is None:
            raise Refusal(
                "There is no earlier scoring whose cut points could be used; run rfm without --frozen."
            )
        if as_of is None:
            refresh.run(None, only=["features", "rfm"], frozen=frozen)
            run = scoring.live_run(ScoringRun.Kind.RFM)
            assert run is not None
            if names.as_json() == rfm_names.in_use().as_json():
                return _plain(run.result, names)
            with shadow(filled=True):
                return _plain(scoring.score_rfm(scoring.live_cuts(), names).as_json(), names)
        with features.aside(as_of):
            return _plain(scoring.score_rfm(cuts, names).as_json(), names)


def _names(asked: str | None) -> Names:
    try:
        return rfm_names.by_name(asked) if asked else rfm_names.chosen()
    except KeyError:
        raise Refusal("The shop has no groups of its own yet; draw them on the page of RFM groups.") from None


def _plain(found: dict[str, Any], names: Names) -> Answer:
    """Groups by the names that scripts see, money as decimal text."""
    cuts = dict(found["cut_points"])
    if cuts:
        cuts["monetary"] = [f"{cut:.2f}" for cut in cuts["monetary"]]
        cuts["middle"] = [*cuts["middle"][:2], f"{cuts['middle'][2]:.2f}"] if cuts.get("middle") else []
    groups = {names.plain(code): found["groups"].get(code, 0) for code in names.map.codes}
    return {**found, "cut_points": cuts, "groups": groups}
