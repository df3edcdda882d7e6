"""Whether a comment is content: learned from comments that came with a score, or by the starting model.

A model is a plain table {piece: (leaning, weight)}. The leaning is ln P(piece | good) − ln P(piece | bad);
the leanings of the pieces in a comment, brought to length one, meet the weights of a logistic regression
(Wang and Manning 2012), beside what the starting model says. Deterministic for a seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from feedback.numerics import starting, words
from segments.numerics.late import late
from segments.numerics.threads import one_thread

extraction = late("sklearn.feature_extraction.text")
linear_model = late("sklearn.linear_model")
metrics = late("sklearn.metrics")
preprocessing = late("sklearn.preprocessing")
if TYPE_CHECKING:
    from scipy import sparse
else:
    sparse = late("scipy.sparse")

LEAST: Final = 12  # Comments of each kind from which on a shop's own model is fitted.
MOST: Final = 20_000  # Comments that are learned from; more change nothing that can be seen.
PIECES: Final = 30_000
STARTING_SPREAD: Final = 2.0


@dataclass(frozen=True, slots=True)
class Model:
    """What was learned; `constant` and `of_start` belong to the intercept and to the starting score."""

    pieces: Mapping[str, tuple[float, float]]
    constant: float
    of_start: float
    trained_on: int

    def as_json(self) -> dict[str, Any]:
        return {
            "pieces": {
                name: [round(lean, 3), round(weight, 3)] for name, (lean, weight) in self.pieces.items()
            },
            "constant": self.constant,
            "of_start": self.of_start,
            "trained_on": self.trained_on,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Model:
        pieces = {name: (float(pair[0]), float(pair[1])) for name, pair in data["pieces"].items()}
        return cls(pieces, float(data["constant"]), float(data["of_start"]), int(data["trained_on"]))


@dataclass(frozen=True, slots=True)
class Judgement:
    """How good a model is on comments it has not seen; None where one kind is missing."""

    judged_on: int
    accuracy: float | None
    balanced_accuracy: float | None
    auc: float | None


def chances(texts: Sequence[str], model: Model | None) -> np.ndarray:
    """The chance (0–1) that each plain text is content; 0.5 is the border."""
    start = _start(texts)
    if model is None:
        return np.asarray(1 / (1 + np.exp(-start)))
    counter = extraction.CountVectorizer(
        analyzer=_pieces, vocabulary=list(model.pieces), binary=True, dtype=np.float64
    )
    pairs = np.asarray(list(model.pieces.values()), dtype=float).reshape(-1, 2)
    told = preprocessing.normalize(counter.transform(texts).multiply(pairs[:, 0]).tocsr())
    values = told @ pairs[:, 1] + model.of_start * start / STARTING_SPREAD + model.constant
    return np.asarray(1 / (1 + np.exp(-values)))


def fit(texts: Sequence[str], good: Sequence[bool], *, seed: int) -> Model | None:
    """Learn from plain texts and whether they are content; None with too few of one kind."""
    truth = np.asarray(good, dtype=bool)
    if min(int(truth.sum()), int((~truth).sum())) < LEAST:
        return None
    chosen = np.random.default_rng(seed).permutation(len(texts))[:MOST]
    chosen.sort()
    texts, truth = [texts[at] for at in chosen], truth[chosen]
    if min(int(truth.sum()), int((~truth).sum())) < LEAST:
        return None
    counter = extraction.CountVectorizer(
        analyzer=_pieces, min_df=2, max_features=PIECES, binary=True, dtype=np.float64
    )
    found = counter.fit_transform(texts)
    leaning = _leaning(found, truth)
    start = sparse.csr_matrix((_start(texts) / STARTING_SPREAD)[:, None])
    told = sparse.hstack([preprocessing.normalize(found.multiply(leaning).tocsr()), start]).tocsr()
    learned = linear_model.LogisticRegression(
        C=4.0, class_weight="balanced", solver="liblinear", random_state=seed
    )
    with one_thread():
        learned.fit(told, truth)
    weights = learned.coef_[0]
    names = [str(one) for one in counter.get_feature_names_out()]
    pieces = {one: (float(leaning[at]), float(weights[at])) for at, one in enumerate(names)}
    return Model(pieces, float(learned.intercept_[0]), float(weights[-1]), len(texts))


def judge(found: np.ndarray, good: Sequence[bool]) -> Judgement:
    """Compare chances with the truth."""
    truth = np.asarray(good, dtype=bool)
    if not len(truth):
        return Judgement(0, None, None, None)
    said = found > 0.5
    accuracy = float(metrics.accuracy_score(truth, said))
    if truth.all() or not truth.any():
        return Judgement(len(truth), accuracy, None, None)
    return Judgement(
        len(truth),
        accuracy,
        float(metrics.balanced_accuracy_score(truth, said)),
        float(metrics.roc_auc_score(truth, found)),
    )


def halves(good: Sequence[bool], *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Which rows train and which judge: half of the good and half of the bad ones each, by chance."""
    truth = np.asarray(good, dtype=bool)
    mixed = np.random.default_rng(seed).permutation(len(truth))
    order = np.concatenate([mixed[truth[mixed]], mixed[~truth[mixed]]])
    return np.sort(order[::2]), np.sort(order[1::2])


def certainty(chance: float) -> float:
    """Chance 0–1 as −1 (bad) to 1 (good)."""
    return 2 * chance - 1


def telling(model: Model, text: str, count: int = 5) -> list[tuple[str, float]]:
    """The pieces of a text that moved its judgement most, to show why."""
    found = {one for one in words.pieces(text) if one in model.pieces and not one.startswith("~")}
    moved = [(one, model.pieces[one][0] * model.pieces[one][1]) for one in found]
    return sorted(moved, key=lambda pair: -abs(pair[1]))[:count]


def _start(texts: Sequence[str]) -> np.ndarray:
    return np.asarray([starting.score(one) for one in texts], dtype=float)


def _pieces(text: str) -> list[str]:
    return list(words.pieces(text))


def _leaning(found: sparse.csr_matrix, truth: np.ndarray) -> np.ndarray:
    good = np.asarray(found[truth].sum(axis=0)).ravel() + 0.5
    bad = np.asarray(found[~truth].sum(axis=0)).ravel() + 0.5
    return np.asarray(np.log(good / good.sum()) - np.log(bad / bad.sum()))
