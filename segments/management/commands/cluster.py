from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import CommandParser

from crm.commands import Answer, JsonCommand
from segments import lease
from segments.clusters import laboratory, naming, tree_rules
from segments.models import ScoringRun
from segments.numerics.methods import COVARIANCES, METHODS
from segments.numerics.preparing import SCALINGS


class Command(JsonCommand):
    help = "Group customers who are alike; k by the evidence unless given. Live clusters stay as they are."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--method", default="kmeans", choices=METHODS)
        parser.add_argument("--k", default="auto", help="auto, or a number from 2")
        parser.add_argument("--features", default=",".join(laboratory.DEFAULT_FEATURES), metavar="A,B,…")
        parser.add_argument("--scaling", default="standard", choices=SCALINGS)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--as-of", type=date.fromisoformat, metavar="DATE")
        parser.add_argument("--eps", type=float, help="dbscan: how near neighbours are, in prepared units")
        parser.add_argument("--min-points", type=int, help="dbscan, hdbscan: neighbours of a dense place")
        parser.add_argument("--min-size", type=int, help="hdbscan: the smallest cluster, in the sample")
        parser.add_argument("--covariance", choices=COVARIANCES, help="gmm: the shape of the clouds")

    def answer(self, **options: Any) -> Answer:
        k = options["k"]
        if k != "auto" and not (k.isdecimal() and 2 <= int(k) <= 50):
            self.misused("--k must be auto or a number from 2 to 50")
        if not 0 <= options["seed"] < 2**31:
            self.misused("--seed must be between 0 and 2147483647")
        for name, least in (("eps", 1e-9), ("min_points", 2), ("min_size", 2)):
            if options[name] is not None and not least <= options[name] <= 1e6:
                self.misused(f"--{name.replace('_', '-')} is out of its range")
        made = laboratory.prepare(
            [name.strip() for name in options["features"].split(",") if name.strip()],
            k=None if k == "auto" else int(k),
            scaling=options["scaling"],
            seed=options["seed"],
            as_of=options["as_of"],
            choice=laboratory.Choice(
                options["method"],
                options["eps"],
                options["min_points"],
                options["min_size"],
                options["covariance"],
            ),
        )
        run = lease.claim(made.pk)
        assert run is not None
        laboratory.run(run)
        return _answer(run)


def _answer(run: ScoringRun) -> Answer:
    """The contract's keys, and what belongs to them."""
    result = run.result
    stability = result["stability"]
    return {
        "run_id": run.pk,
        "method": result["method"],
        "k": result["k"],
        "evidence": result["evidence"],
        "silhouette": result["silhouette"],
        "inertia": result["inertia"],
        "noise": result["noise"],
        "clusters": [
            {
                "name": name,
                "key": one["key"],
                "size": one["size"],
                "stability": one["stability"],
                "centre": one["centre"],
                "rule": tree_rules.in_words(one["rule"]) or None,
                "rule_json": one["rule"],
                "claimed": one["claimed"],
                "precision": one["precision"],
                "recall": one["recall"],
            }
            for name, one in zip(naming.names(run), result["clusters"], strict=True)
        ],
        "is_real": stability["is_real"],
        "rand": stability["rand"],
        "settings": result["settings"],
        "left_out": result["left_out"],
        "missing": result["missing"],
        "dropped": result["dropped"],
        "seconds": result["seconds"],
    }
