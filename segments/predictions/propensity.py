"""A yes or a number of each customer, foretold from the others: what is asked, read, compared and learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.errors import Refusal
from crm.templatetags.crm_format import number
from segments.clusters import columns as cluster_columns
from segments.clusters.columns import Column, Table
from segments.numerics.prediction import calibrating, comparing, learners, measures
from segments.numerics.prediction.calibrating import Calibration
from segments.numerics.prediction.models import Model
from segments.predictions import mail_targets
from segments.rules.fields import BUYING, MAIL, SCORES, Catalogue, Field
from segments.rules.operators import Kind

MOST_ROWS = 20_000  # Customers that are learned from.
FEWEST, FEWEST_OF_EACH = 200, 30
PERCENTILES = 50
YES_NO, NUMBER = "class", "number"
type Floats = npt.NDArray[np.float64]
NAMES = {
    (YES_NO, learners.LINEAR): "logistic regression",
    (NUMBER, learners.LINEAR): "linear regression",
    (YES_NO, learners.POLYNOMIAL): "polynomial logistic regression",
    (NUMBER, learners.POLYNOMIAL): "polynomial regression",
}
NAMES |= {
    (kind, learner): name
    for kind in (YES_NO, NUMBER)
    for learner, name in (
        (learners.TREE, "decision tree"),
        (learners.FOREST, "random forest"),
        (learners.BOOSTING, "gradient boosting"),
    )
}
MEASURES = ("auc", "average_precision", "precision", "recall", "f1", "brier", "ece", "r2", "mae")


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be foretold (a name as in rules, or of `mail_targets`) from which features."""

    target: str
    label: str
    kind: str
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Data:
    """`table` of everybody, their `target` (NaN unknown), and the features left out with the reason."""

    table: Table
    target: Floats
    dropped: dict[str, str]


@dataclass(frozen=True, slots=True)
class Learned:
    """`people` were learned from; `outside` is what the best said of them unseen, `actual` how they were."""

    candidates: list[comparing.Candidate]
    best: comparing.Candidate
    model: Model
    calibration: Calibration
    typical: Floats
    people: int
    outside: Floats
    actual: npt.NDArray[Any]


def targets() -> dict[str, str]:
    """What may be foretold now: name → label."""
    known = cluster_columns.features()
    own = {name: str(one.label) for name, one in known.items() if _kind_of(one.field)}
    return {**{name: str(label) for name, label in mail_targets.TARGETS.items()}, **own}


def first_target() -> str | None:
    """The shop's first own yes or no until a mail went out; then who opens one."""
    if mail_targets.anything_sent():
        return None
    known = cluster_columns.features()
    return next((name for name, one in known.items() if _kind_of(one.field) == YES_NO), None)


def ask(target: str, features: Sequence[str] = ()) -> Question:
    """Check the names; without features all that do not simply tell the target in other words."""
    known, catalogue = cluster_columns.features(), Catalogue()
    if target in mail_targets.TARGETS:
        label, kind = str(mail_targets.TARGETS[target]), YES_NO
        group: str | Promise = MAIL
    else:
        field = catalogue.field(target)
        found = _kind_of(field) if field and field.name in known else ""
        if field is None or not found:
            raise Refusal(
                _("%(name)s is neither a number nor a yes or no of the customer.") % {"name": target}
            )
        target, label, kind, group = field.name, str(field.label), found, field.group
    named = [field.name if (field := catalogue.field(name)) else name for name in features]
    chosen = cluster_columns.chosen(named) if named else known
    telling = {MAIL} if group == MAIL else {BUYING, SCORES} if group in (BUYING, SCORES) else set()
    wanted = tuple(
        name for name, one in chosen.items() if name != target and (named or one.field.group not in telling)
    )
    if not wanted:
        raise Refusal(_("Please choose at least one feature to learn from, other than what is foretold."))
    return Question(target, label, kind, wanted)


def _kind_of(field: Field) -> str:
    if field.kind is Kind.YES_NO and field.how == "custom":
        return YES_NO
    return NUMBER if field.kind is Kind.NUMBER else ""


def read(question: Question, day: date) -> Data:
    """Features and target of everybody, by the features in sight."""
    table = cluster_columns.read(question.features, day)
    if question.target in mail_targets.TARGETS:
        return Data(table, mail_targets.happened(question.target, table.ids, day), dict(table.dropped))
    own = cluster_columns.read([question.target], day)
    if question.kind == NUMBER:
        target = own.values[:, 0] if own.columns else np.full(len(table.ids), np.nan)
    else:
        target = np.full(len(table.ids), np.nan)
        for place, column in enumerate(own.columns):
            if column.kind == cluster_columns.VALUE:
                target[own.values[:, place] == 1] = 1.0 if column.value == "yes" else 0.0
    return Data(table, target, dict(table.dropped))


def without_copies(data: Data) -> Data:
    """The same without features that equal the target: from them nothing is foretold."""
    known = ~np.isnan(data.target)
    target: Any = data.target[known]
    if set(np.unique(target)) <= {0.0, 1.0}:
        target = target == 1
    values = data.table.values[known]
    columns = data.table.columns
    copies = {one.feature for place, one in enumerate(columns) if comparing.same_as(values[:, place], target)}
    kept = [place for place, one in enumerate(columns) if one.feature not in copies]
    table = Table(
        tuple(columns[place] for place in kept),
        data.table.ids,
        data.table.values[:, kept],
        data.table.missing,
        data.table.dropped,
    )
    if not kept:
        raise Refusal(
            _("All that could be learned from is unknown, the same for everybody, or equals the target.")
        )
    return Data(table, data.target, {**data.dropped, **dict.fromkeys(copies, "copy")})


def learn(question: Question, data: Data, tell: comparing.Tell, seed: int = 1) -> Learned:
    """Compare all learners and fit the best one to all who were learned from."""
    rows = np.flatnonzero(~np.isnan(data.target))
    if len(rows) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(rows, MOST_ROWS, replace=False))
    values, target = data.table.values[rows], data.target[rows]
    _enough(question, target)
    actual: npt.NDArray[Any] = target == 1 if question.kind == YES_NO else target
    found = comparing.compare(values, actual, seed, tell)
    best = comparing.best(found)
    calibration = calibrating.NOTHING
    if question.kind == YES_NO:
        calibration = calibrating.calibrate(best.outside, actual)
    return Learned(
        found,
        best,
        learners.fit(best.name, values, actual, seed),
        calibration,
        typical(data.table.columns, values),
        len(rows),
        best.outside,
        actual,
    )


def typical(columns: Sequence[Column], values: Floats) -> Floats:
    """The middle customer: the median of each number, the most frequent value of each category."""
    middle = np.array([np.nanmedian(one) if not np.isnan(one).all() else np.nan for one in values.T])
    shares = np.nansum(values, axis=0)  # Of one feature all are known or none, so sums compare as shares do.
    for name in {one.feature for one in columns if one.kind != cluster_columns.NUMBER}:
        places = [place for place, one in enumerate(columns) if one.feature == name]
        middle[places] = 0.0
        middle[max(places, key=lambda place: shares[place])] = 1.0
    return middle


def _enough(question: Question, target: Floats) -> None:
    if len(target) < FEWEST:
        raise Refusal(
            ngettext(
                "“%(name)s” is known of %(count)s customer only; a model needs at least %(least)d.",
                "“%(name)s” is known of %(count)s customers only; a model needs at least %(least)d.",
                len(target),
            )
            % {"name": question.label, "count": number(len(target)), "least": FEWEST}
        )
    if question.kind == NUMBER:
        if np.ptp(target) == 0:
            raise Refusal(_("“%(name)s” is the same for everybody.") % {"name": question.label})
        return
    yes = int(target.sum())
    if min(yes, len(target) - yes) < FEWEST_OF_EACH:
        raise Refusal(
            ngettext(
                "“%(name)s” is yes for %(yes)s customer and no for %(no)s; to learn the difference, at least"
                " %(least)d of each are needed.",
                "“%(name)s” is yes for %(yes)s customers and no for %(no)s; to learn the difference, at least"
                " %(least)d of each are needed.",
                yes,
            )
            % {
                "name": question.label,
                "yes": number(yes),
                "no": number(len(target) - yes),
                "least": FEWEST_OF_EACH,
            }
        )


def as_json(question: Question, found: Learned) -> dict[str, Any]:
    """The answer as scripts rely on it; measures of the other kind are null."""
    name = {one.name: NAMES[question.kind, one.name] for one in found.candidates}
    return {
        "kind": question.kind,
        "n": found.people,
        "models": [
            {"name": name[one.name], **{key: one.measured.get(key) for key in MEASURES}}
            for one in found.candidates
        ],
        "best": name[found.best.name],
        "top_decile_lift": measures.lift(found.outside, found.actual),
    }
