"""Results → rows, in bulk: COPY or many rows a statement into a temporary table, then one UPDATE … FROM."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction

from crm import bulk
from segments.at_hand import only, within
from segments.models import ClusterMember, CustomerFeatures, ScoringRun
from segments.numerics.rfm import RfmScores

type Ids = npt.NDArray[np.int64]
SCORES = {"rfm_recency": "smallint", "rfm_frequency": "smallint", "rfm_monetary": "smallint"}
VALUES = {
    "clv": "numeric(16, 4)",
    "alive_chance": "double precision",
    "expected_orders": "double precision",
    "next_from": "date",
    "next_until": "date",
}


def save_scores(ids: Ids, scores: RfmScores, otherwise: str = "", *, few: bool = False) -> int:
    """Write RFM scores and groups of these customers.

    Everybody else (`few`: of those `at_hand`) has no score and the group `otherwise`.
    """
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
    count = _replace(kinds, rows, empty, few)
    others = only(CustomerFeatures.objects.filter(rfm_recency=None), "customer_id", few)
    others.exclude(rfm_group=otherwise).update(rfm_group=otherwise)
    return count


def save_values(rows: Iterable[Sequence[Any]], *, few: bool = False) -> int:
    """Write what each customer is worth, as (id, then in the order of VALUES).

    Everybody else (`few`: of those `at_hand`) has nothing.
    """
    return _replace(VALUES, rows, dict.fromkeys(VALUES), few)


def save_lapse(ids: Ids, chances: npt.NDArray[np.float64], *, few: bool = False) -> int:
    """Write the chance of each customer not to come back in time.

    Everybody else (`few`: of those `at_hand`) has none.
    """
    rows = zip(ids.tolist(), chances.tolist(), strict=True)
    return _replace({"lapse_chance": "double precision"}, rows, {"lapse_chance": None}, few)


def save_clusters(
    ids: Ids, labels: Sequence[int], keys: Sequence[str], noise: str = "", *, few: bool = False
) -> int:
    """Write the key of each customer's cluster, `noise` for −1; all others (`few`: `at_hand`) have none."""
    keyed = [*keys, noise]  # The last one is at −1.
    rows = ((pk, keyed[label]) for pk, label in zip(ids.tolist(), labels, strict=True))
    return _replace({"cluster": "varchar(80)"}, rows, {"cluster": ""}, few)


def clear_clusters() -> None:
    CustomerFeatures.objects.exclude(cluster="").update(cluster="")


def save_members(
    run: ScoringRun, ids: Ids, labels: Sequence[int], oddities: dict[int, tuple[float, Any]]
) -> None:
    """Remember who was in which cluster of a run, instead of what a killed try left.

    `oddities`: how far somebody in no cluster stands apart, and in what, by their place in `ids`.
    """
    columns = ["run_id", "customer_id", "cluster"]
    everyone = list(zip(ids.tolist(), labels, strict=True))
    with transaction.atomic():
        ClusterMember.objects.filter(run=run).delete()
        usual = ((run.pk, pk, label) for place, (pk, label) in enumerate(everyone) if place not in oddities)
        bulk.write(ClusterMember, columns, usual)
        odd = (
            (run.pk, *everyone[place], oddity, bulk.json_text(why))
            for place, (oddity, why) in oddities.items()
        )
        bulk.write(ClusterMember, [*columns, "oddity", "why"], odd)


def _replace(kinds: dict[str, str], rows: Iterable[Sequence[Any]], empty: dict[str, Any], few: bool) -> int:
    """Set the columns of the customers in `rows` and empty them for all others, in one transaction."""
    table = CustomerFeatures._meta.db_table
    columns = ", ".join(f'"{name}" {kind}' for name, kind in kinds.items())
    changed = ", ".join(f'"{name}" = n."{name}"' for name in kinds)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE new_values (customer_id {bulk.filled_key()}, {columns})")
        bulk.write_table("new_values", ["customer_id", *kinds], rows)
        bulk.filled("new_values", "customer_id")
        cursor.execute(
            f'UPDATE "{table}" SET {changed} FROM new_values n WHERE n.customer_id = "{table}".customer_id'
        )
        count = int(cursor.rowcount)
        cursor.execute(_emptying(table, empty, few), list(empty.values()))
        cursor.execute("DROP TABLE new_values")
    return count


def _emptying(table: str, empty: dict[str, Any], few: bool) -> str:
    changed = ", ".join(f'"{name}" = %s' for name in empty)
    first = next(iter(empty))
    held = f'"{first}" IS NOT NULL' if empty[first] is None else f"\"{first}\" <> ''"
    return (
        f'UPDATE "{table}" SET {changed} WHERE {held}'
        f' AND NOT EXISTS (SELECT 1 FROM new_values n WHERE n.customer_id = "{table}".customer_id)'
        + within("customer_id", few)
    )
