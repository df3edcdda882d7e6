"""Results → rows, in bulk: COPY or executemany into a temporary table, then one UPDATE … FROM."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction

from crm import bulk
from segments.models import ClusterMember, CustomerFeatures, ScoringRun
from segments.numerics.rfm import RfmScores

type Ids = npt.NDArray[np.int64]
SCORES = {"rfm_recency": "smallint", "rfm_frequency": "smallint", "rfm_monetary": "smallint"}


def save_scores(ids: Ids, scores: RfmScores) -> int:
    """Write RFM scores and groups of these customers; everybody else has none."""
    kinds = {**SCORES, "rfm_group": "varchar(30)"}
    rows = zip(
        ids.tolist(),
        scores.recency.tolist(),
        scores.frequency.tolist(),
        scores.monetary.tolist(),
        scores.group.tolist(),
        strict=True,
    )
    empty = {"rfm_recency": None, "rfm_frequency": None, "rfm_monetary": None, "rfm_group": ""}
    return _replace(kinds, rows, empty)


def save_clusters(ids: Ids, labels: Sequence[int], names: Sequence[str]) -> int:
    """Write the name of each customer's cluster; everybody else has none."""
    rows = ((pk, names[label]) for pk, label in zip(ids.tolist(), labels, strict=True))
    return _replace({"cluster": "varchar(80)"}, rows, {"cluster": ""})


def clear_clusters() -> None:
    CustomerFeatures.objects.exclude(cluster="").update(cluster="")


def save_members(run: ScoringRun, ids: Ids, labels: Sequence[int]) -> None:
    """Remember who was in which cluster of a run, instead of what a killed try left."""
    with transaction.atomic():
        ClusterMember.objects.filter(run=run).delete()
        rows = ((run.pk, pk, label) for pk, label in zip(ids.tolist(), labels, strict=True))
        bulk.write(ClusterMember, ["run_id", "customer_id", "cluster"], rows)


def _replace(kinds: dict[str, str], rows: Iterable[Sequence[Any]], empty: dict[str, Any]) -> int:
    """Set the columns of the customers in `rows` and empty them for all others, in one transaction."""
    table = CustomerFeatures._meta.db_table
    columns = ", ".join(f'"{name}" {kind}' for name, kind in kinds.items())
    changed = ", ".join(f'"{name}" = n."{name}"' for name in kinds)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE new_values (customer_id bigint PRIMARY KEY, {columns})")
        bulk.write_table("new_values", ["customer_id", *kinds], rows)
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE new_values")
        cursor.execute(
            f'UPDATE "{table}" SET {changed} FROM new_values n WHERE n.customer_id = "{table}".customer_id'
        )
        count = int(cursor.rowcount)
        cursor.execute(_emptying(table, empty), list(empty.values()))
        cursor.execute("DROP TABLE new_values")
    return count


def _emptying(table: str, empty: dict[str, Any]) -> str:
    changed = ", ".join(f'"{name}" = %s' for name in empty)
    first = next(iter(empty))
    held = f'"{first}" IS NOT NULL' if empty[first] is None else f"\"{first}\" <> ''"
    return (
        f'UPDATE "{table}" SET {changed} WHERE {held}'
        f' AND NOT EXISTS (SELECT 1 FROM new_values n WHERE n.customer_id = "{table}".customer_id)'
    )
