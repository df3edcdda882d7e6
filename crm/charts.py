"""The plain numbers of a chart: drawn by static/charts.js, shown as a table beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    values: Sequence[Any]  # One per label; for a scatter [x, y] pairs.


@dataclass(frozen=True, slots=True)
class Chart:
    """`title` says the finding. `kind`: line, forecast, area, bar, stacked, ranking, profile, interval,
    scatter, radar or sankey. An interval has three series: the best guess, its lower and its upper end."""

    kind: str
    title: str
    labels: Sequence[str]
    series: Sequence[Series]
    unit: str = ""
    note: str = ""
    first_column: str = ""
    options: dict[str, Any] = field(
        default_factory=dict
    )  # scale, min, max; nodes, colors, links; band: [lower, upper]; zero.

    @property
    def spec(self) -> dict[str, Any]:
        series = [{"name": str(one.name), "values": list(one.values)} for one in self.series]
        return {"labels": [str(label) for label in self.labels], "series": series, **self.options}

    @property
    def header(self) -> list[str]:
        if self.kind == "scatter":
            return ["", *self.labels]
        return [self.first_column, *(str(one.name) for one in self.series)]

    @property
    def rows(self) -> list[list[Any]]:
        if self.kind == "scatter":
            return [[one.name, *point] for one in self.series for point in one.values]
        return [
            [label, *(one.values[index] for one in self.series)] for index, label in enumerate(self.labels)
        ]
