"""Two clusterings side by side: who of one is where in the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from django.utils.translation import gettext as _

from crm.templatetags.crm_format import number
from segments.clusters import naming, report
from segments.models import ClusterMember, ScoringRun
from segments.numerics import matching

DONE = ScoringRun.objects.filter(kind=ScoringRun.Kind.CLUSTER, state=ScoringRun.State.DONE)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`rows`: a cluster of the first, its size, and how many of it are in each cluster of the second, with
    their share of the row. `rand` is the adjusted Rand index of those in both."""

    first: ScoringRun
    second: ScoringRun
    columns: list[str]
    rows: list[tuple[str, int, list[tuple[int, float]]]]
    people: int
    rand: float
    verdict: str
    parameters: list[tuple[str, Any, Any]]


def compare(first: ScoringRun, second: ScoringRun) -> Comparison:
    table = _crossed(first, second)
    people = int(table.sum())
    rand = matching.rand_index(table) if people else 0.0
    rows = []
    for name, counts in zip(_names(first), table.tolist(), strict=True):
        total = sum(counts)
        if total or name != str(naming.UNUSUAL_NAME):
            rows.append((name, total, [(count, count / total if total else 0.0) for count in counts]))
    columns = _names(second)
    if not table[:, -1].any():
        columns = columns[:-1]
        rows = [(name, total, cells[:-1]) for name, total, cells in rows]
    return Comparison(
        first, second, columns, rows, people, rand, _verdict(rand, people), _asked(first, second)
    )


def _names(run: ScoringRun) -> list[str]:
    return [*naming.names(run), str(naming.UNUSUAL_NAME)]


def _crossed(first: ScoringRun, second: ScoringRun) -> matching.Counts:
    """Counted by the database; the last row and column are those in no cluster."""
    table = connection.ops.quote_name(ClusterMember._meta.db_table)
    found = np.zeros((len(_names(first)), len(_names(second))), dtype=np.int64)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT a.cluster, b.cluster, COUNT(*) FROM {table} a"
            f" JOIN {table} b ON b.customer_id = a.customer_id AND b.run_id = %s"
            " WHERE a.run_id = %s GROUP BY a.cluster, b.cluster",
            [second.pk, first.pk],
        )
        for row, column, count in cursor.fetchall():
            found[row, column] = count  # −1 is the last one.
    return found


def _verdict(rand: float, people: int) -> str:
    if not people:
        return _("Nobody is in both, so they cannot be compared.")
    if rand > 1 - 1e-9:
        return _("Both divide your customers alike.")
    if rand >= 0.9:
        return _("Both divide your customers almost alike.")
    if rand >= 0.6:
        return _("Both agree on the whole; the borders differ.")
    if rand >= 0.2:
        return _("They agree in parts only.")
    return _("They divide your customers in quite different ways.")


def _asked(first: ScoringRun, second: ScoringRun) -> list[tuple[str, Any, Any]]:
    left, right = report.asked(first), report.asked(second)
    names = {
        "features": _("Features"),
        "method": _("Method"),
        "k": _("Number of clusters"),
        "scaling": _("Comparable"),
        "seed": _("Seed"),
    }
    rows: list[tuple[str, Any, Any]] = [(label, left[key], right[key]) for key, label in names.items()]
    rows += [
        (_("Clusters found"), first.result["k"], second.result["k"]),
        (_("Silhouette"), number(first.result["silhouette"], 3), number(second.result["silhouette"], 3)),
        (_("Customers"), number(first.result["customers"]), number(second.result["customers"])),
    ]
    return rows
