"""A flat map of a sample of customers, near to those who are alike."""

from __future__ import annotations

from typing import Any

import numpy as np

from segments.numerics.assigning import Floats, Labels, Model

SHOWN = 600


def picture(values: Floats, labels: Labels, model: Model, seed: int) -> dict[str, Any]:
    """Two features as they are, or the two directions of greatest spread (PCA) of the prepared features.

    `values` (n × d) in raw units and the order of the ids. `share` of the spread that the map shows, 0 to 1.
    """
    chosen = np.arange(len(values))
    if len(values) > SHOWN:
        chosen = np.sort(np.random.default_rng(seed).choice(len(values), SHOWN, replace=False))
    if len(model.features) <= 2:
        points = values[chosen] if len(model.features) == 2 else np.c_[values[chosen], np.zeros(len(chosen))]
        share = 1.0
    else:
        ready = model.preparation.apply(values)
        ready -= ready.mean(axis=0)
        strengths, directions = np.linalg.eigh(ready.T @ ready)
        strengths, directions = np.clip(strengths[::-1], 0, None), directions[:, ::-1].T
        largest = np.abs(directions).argmax(axis=1)
        signs = np.sign(directions[np.arange(len(directions)), largest])
        share = float(strengths[:2].sum() / max(strengths.sum(), 1e-300))
        points = ready[chosen] @ (directions * signs[:, None])[:2].T
    return {
        "points": [[round(x, 4), round(y, 4)] for x, y in points.tolist()],
        "clusters": labels[chosen].tolist(),
        "share": share,
        "flat": len(model.features) <= 2,
        "of": len(values),
    }
