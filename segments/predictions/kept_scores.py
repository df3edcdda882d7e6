"""Predictions that are kept: everybody's chance or number as a score, renewed each night, with reasons."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from crm import bulk, slugs
from crm.errors import Refusal
from crm.models import Business
from segments.clusters import columns as cluster_columns
from segments.clusters.columns import Column
from segments.models import CustomerScore, Score, ScoringRun
from segments.numerics.prediction.calibrating import Calibration
from segments.numerics.prediction.models import Model

type Floats = npt.NDArray[np.float64]


def keep(run: ScoringRun, name: str) -> Score:
    """Keep what the best learner says of everybody as a score that rules may ask for."""
    if run.kind != ScoringRun.Kind.PREDICT or run.state != ScoringRun.State.DONE:
        raise Refusal(_("Only a finished prediction can be kept."))
    if run.scores.exists():
        raise Refusal(_("This prediction is kept already."))
    with transaction.atomic():
        score = Score.objects.create(key=_free_key(name), name=name, run=run)
        renew(score)
    return score


def _free_key(name: str) -> str:
    base = slugify(name).replace("-", "_")[:40] or "score"
    return slugs.first_free(base, lambda key: Score.objects.filter(key=key).exists())


def renew(score: Score) -> int:
    """Say of everybody anew what the kept model says; returns of how many."""
    ids, said = said_by(score.run)
    with transaction.atomic():
        CustomerScore.objects.filter(score=score).delete()
        bulk.write(CustomerScore, ["score_id", "customer_id", "value"], _rows(score, ids, said))
        Score.objects.filter(pk=score.pk).update(renewed_at=timezone.now())
    return len(ids)


def renew_all() -> int:
    """Every kept prediction, by the features in sight; one whose fields are gone stays as it was."""
    count = 0
    for score in Score.objects.select_related("run"):
        try:
            count += renew(score)
        except Refusal:
            continue
    bulk.analyze(CustomerScore)
    return count


def said_by(run: ScoringRun) -> tuple[npt.NDArray[np.int64], Floats]:
    """(ids, chance or number) of everybody by the model that a run kept."""
    columns = [Column(**one) for one in run.model["columns"]]
    table = cluster_columns.read_again(columns, Business.current().today())
    return table.ids, _said(run, table.values)


def _said(run: ScoringRun, values: Floats) -> Floats:
    model = Model.from_json(run.model["model"])
    said = model.predict(values)
    return Calibration.from_json(run.model["calibration"])(said) if run.result["kind"] == "class" else said


def _rows(score: Score, ids: npt.NDArray[np.int64], said: Floats) -> Iterator[tuple[int, int, float]]:
    for pk, value in zip(ids.tolist(), said.tolist(), strict=True):
        yield score.pk, pk, value


def explained(run: ScoringRun, customer_id: int) -> list[tuple[str, float]]:
    """(column, how much it raises what is said) of one customer, the strongest first.

    A difference is what would be missing if only this feature were that of the middle customer.
    """
    columns = [Column(**one) for one in run.model["columns"]]
    table = cluster_columns.read_again(columns, Business.current().today(), only=customer_id)
    if not len(table.ids):
        return []
    typical = np.array([np.nan if one is None else one for one in run.model["typical"]], np.float64)
    mine = table.values[0]
    features = list(dict.fromkeys(one.feature for one in columns))
    swapped = np.tile(mine, (len(features) + 1, 1))
    for row, name in enumerate(features, 1):
        places = [place for place, one in enumerate(columns) if one.feature == name]
        swapped[row, places] = typical[places]
    said = _said(run, swapped)
    found = []
    for row, name in enumerate(features, 1):
        places = [place for place, one in enumerate(columns) if one.feature == name]
        shown = next(
            (one for one in places if columns[one].kind == cluster_columns.NUMBER or mine[one]), None
        )
        if shown is not None:
            found.append((columns[shown].name, float(said[0] - said[row])))
    return sorted(found, key=lambda one: -abs(one[1]))
