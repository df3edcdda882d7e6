from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import CommandParser

from crm.commands import Answer, JsonCommand
from crm.errors import Refusal
from segments import clusters, lease
from segments.models import ScoringRun
from segments.numerics.preparing import SCALINGS

METHODS = ("kmeans", "hierarchical", "gmm", "dbscan", "hdbscan")


class Command(JsonCommand):
    help = "Group customers who are alike; k by silhouette unless given. Live clusters stay as they are."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--method", default="kmeans", choices=METHODS)
        parser.add_argument("--k", default="auto", help="auto, or a number from 2")
        parser.add_argument("--features", default=",".join(clusters.DEFAULT_FEATURES), metavar="A,B,…")
        parser.add_argument("--scaling", default="standard", choices=SCALINGS)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--as-of", type=date.fromisoformat, metavar="DATE")

    def answer(self, **options: Any) -> Answer:
        method, k = options["method"], options["k"]
        if method != "kmeans":
            raise Refusal(f"The method {method} comes later; kmeans is ready.")
        if k != "auto" and not (k.isdecimal() and 2 <= int(k) <= 50):
            self.misused("--k must be auto or a number from 2 to 50")
        made = clusters.prepare(
            [name.strip() for name in options["features"].split(",") if name.strip()],
            k=None if k == "auto" else int(k),
            scaling=options["scaling"],
            seed=options["seed"],
            as_of=options["as_of"],
        )
        run = lease.claim(made.pk)
        assert run is not None
        return _answer(run, clusters.run(run))


def _answer(run: ScoringRun, result: dict[str, Any]) -> Answer:
    """The contract's keys; those of later capabilities are null."""
    later = {"stability": None, "rule": None, "precision": None, "recall": None}
    return {
        "run_id": run.pk,
        "method": "kmeans",
        "k": result["k"],
        "evidence": result["evidence"],
        "silhouette": result["silhouette"],
        "inertia": result["inertia"],
        "noise": 0,
        "clusters": [
            {"name": one["name"], "size": one["size"], **later, "centre": one["centre"]}
            for one in result["clusters"]
        ],
        "left_out": result["left_out"],
        "missing": result["missing"],
        "seconds": result["seconds"],
    }
