"""Predictions: one run from its question to its stored result, and the ones that are kept as scores."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from django.utils import timezone
from django.utils.translation import gettext as _

from crm import analysis_day
from crm.errors import Refusal
from crm.models import Business
from segments import features, lease, runs
from segments.clusters import columns
from segments.models import ScoringRun, Segment
from segments.numerics.prediction import comparing
from segments.predictions import mail_targets, propensity, weighing
from segments.predictions.propensity import Data, Learned, Question

WAITING = (ScoringRun.State.QUEUED, ScoringRun.State.RUNNING)
STEPS = ("features", "comparing", "keeping")
PARTS = 50
type Floats = npt.NDArray[np.float64]


def prepare(target: str, names: Sequence[str] = ()) -> ScoringRun:
    """A waiting run; unknown names are refused."""
    question = propensity.ask(target, names)
    return ScoringRun.objects.create(
        kind=ScoringRun.Kind.PREDICT,
        parameters={"target": question.target, "label": question.label, "features": list(question.features)},
    )


def start(run: ScoringRun) -> None:
    runs.send(run.pk)


def cancel(run: ScoringRun) -> bool:
    """Stop a run that is waiting or under way; its worker notices at its next step and drops its work."""
    mine = ScoringRun.objects.filter(pk=run.pk, kind=ScoringRun.Kind.PREDICT, state__in=WAITING)
    return bool(mine.update(state=ScoringRun.State.CANCELLED, finished_at=timezone.now()))


def run(run: ScoringRun) -> dict[str, Any]:
    """Answer a claimed run and keep what it found."""
    try:
        return _work(run)
    except lease.Superseded:
        raise
    except Exception as error:
        lease.fail(run, str(error) if isinstance(error, Refusal) else f"{type(error).__name__}: {error}")
        raise


def _work(run: ScoringRun) -> dict[str, Any]:
    began = time.perf_counter()
    lease.step(run, "features")
    question = propensity.ask(run.parameters["target"], run.parameters["features"])
    tell: list[lease.Progress] = []

    def told(done: int, of: int) -> None:
        if not tell:
            tell.append(lease.step(run, "comparing"))
        tell[0](done, of)

    data, found = learned(question, told)
    lease.step(run, "keeping")
    result = _result(question, data, found) | {"weights": _weights(question, data, found)}
    result["seconds"] = round(time.perf_counter() - began, 1)
    model = {
        "model": found.model.as_json(),
        "calibration": found.calibration.as_json(),
        "columns": [one.as_json() for one in data.table.columns],
        "typical": [None if np.isnan(one) else one for one in found.typical.tolist()],
    }
    lease.finish(run, as_of=analysis_day.day(Business.current()), result=result, model=model)
    return result


def learned(question: Question, tell: comparing.Tell) -> tuple[Data, Learned]:
    """Read and learn; who answers a mail is learned from what was known before the mails went out."""
    business = Business.current()
    day = analysis_day.day(business)
    if question.target not in mail_targets.TARGETS:
        data = propensity.without_copies(propensity.read(question, day))
        return data, propensity.learn(question, data, tell)
    before = mail_targets.opens(day)
    with features.aside(before, business=business):
        data = propensity.without_copies(propensity.read(question, before))
    return data, propensity.learn(question, data, tell)


def _result(question: Question, data: Data, found: Learned) -> dict[str, Any]:
    order = np.argsort(-found.outside, kind="stable")
    parts = [one for one in np.array_split(order, PARTS) if len(one)]
    known = ~np.isnan(data.target)
    return propensity.as_json(question, found) | {
        "target": question.target,
        "label": question.label,
        "learner": found.best.name,
        "asked": len(question.features),
        "columns": len(data.table.columns),
        "dropped": data.dropped,
        "labels": {name: str(one.label) for name, one in columns.chosen(question.features).items()},
        "unknown": int((~known).sum()),
        "customers": len(data.target),
        "mean": float(found.actual.mean()),
        "parts": [
            [len(one), float(found.outside[one].mean()), float(found.actual[one].mean())] for one in parts
        ],
    }


def _weights(question: Question, data: Data, found: Learned) -> list[dict[str, Any]]:
    """What the best learner looks at most."""

    def say(values: Floats) -> Floats:
        said = found.model.predict(values)
        return found.calibration(said) if question.kind == propensity.YES_NO else said

    known = data.table.values[~np.isnan(data.target)]
    return weighing.weigh(say, data.table.columns, known, found.typical)


def remove(run: ScoringRun) -> None:
    """Delete a prediction, and the score it is kept as unless a segment asks for that."""
    if run.state in WAITING:
        raise Refusal(_("Please stop it first."))
    ruled = list(Segment.objects.exclude(rule__isnull=True).values_list("name", "rule"))
    for key in run.scores.values_list("key", flat=True):
        asking = [name for name, rule in ruled if f'"score.{key}"' in json.dumps(rule)]
        if asking:
            text = _("The segment “%(name)s” asks for this prediction. Change its rule first.")
            raise Refusal(text % {"name": asking[0]})
    ScoringRun.objects.filter(pk=run.pk, kind=ScoringRun.Kind.PREDICT).delete()
