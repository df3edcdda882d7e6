"""From likeness to confidence, after Fellegi and Sunter (A Theory for Record Linkage, 1969).

Each attribute adds evidence in bits: how much more often two rows of one person agree in it (general
experience, below) than two rows of different people do (counted in this very base: a rare surname says more
than a common one, so nothing is trained). The sum starts from how rare duplicates are at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crm.duplicates import comparing
from crm.duplicates.comparing import Level, Levels, Rows
from crm.duplicates.records import Column, Records

# How often two rows about one person are: exact, close, alike, different.
ONE_PERSON: Final = {
    "first": (0.76, 0.12, 0.06, 0.06),
    "last": (0.80, 0.12, 0.03, 0.05),
    "email": (0.52, 0.08, 0.05, 0.35),
    "phone": (0.60, 0.06, 0.01, 0.33),
    "date": (0.84, 0.08, 0.04, 0.04),
    "choice": (0.85, 0.0, 0.0, 0.15),
    "number": (0.70, 0.12, 0.0, 0.18),
    "text": (0.65, 0.13, 0.07, 0.15),
}
# Before anything is counted: how often two different people agree by chance.
STRANGERS: Final = {
    "first": (0.005, 0.01, 0.02, 0.965),
    "last": (0.002, 0.005, 0.01, 0.983),
    "email": (0.00002, 0.0005, 0.0005, 0.999),
    "phone": (0.00002, 0.0002, 0.0002, 0.9996),
    "date": (0.00005, 0.002, 0.03, 0.968),
    "choice": (0.5, 0.0, 0.0, 0.5),
    "number": (0.01, 0.01, 0.0, 0.98),
    "text": (0.01, 0.01, 0.02, 0.96),
}
TRUST: Final = 200  # The experience above counts as much as this many rows of the base.
SAMPLE: Final = 40_000  # Random pairs that show how often strangers are close.
TWICE: Final = 0.1  # Expected duplicates per customer, before looking.
DAMPED: Final = 0.85  # Street, district and postcode repeat each other: each next one counts this much less.
SWAP_COST: Final = 1.0
FAMILY: Final = 0.40  # Two clearly different first names at one address are a family.
TWINS: Final = 0.85  # Unless they were born on one day or carry one number; even then a person has to look.
CERTAIN: Final = 0.99  # Nobody can be surer without asking the person.
NAMESAKES: Final = 0.60  # A name alone never proves it.
IDENTIFYING: Final = 6  # Digits of a number that stands for a person.
_NAMES: Final = ("first_name", "last_name")


@dataclass(slots=True)
class Weights:
    """Bits of evidence: by value for exact agreement, by level for the rest."""

    exact: dict[str, NDArray[np.float64]]
    level: dict[str, NDArray[np.float64]]
    start: float


def learn(records: Records, *, seed: int = 1, population: int = 0) -> Weights:
    """Count how often values occur and how often strangers are close; no known pairs are needed."""
    count = max(population, len(records))
    exact, level = {}, {}
    sampled = _strangers(records, seed)
    for name, column in records.columns.items():
        if column.kind == "whole":
            continue
        mine, theirs = ONE_PERSON[column.kind], STRANGERS[column.kind]
        chance = (np.maximum(column.counts - 1, 0) + theirs[0] * TRUST) / (column.known + TRUST)
        exact[name] = np.log2(mine[0] / np.minimum(chance, 1.0))
        level[name] = _by_level(sampled.get(name), mine, theirs)
    return Weights(exact, level, float(np.log2(TWICE / max(count, 2))))


def by_experience(records: Records, *, population: int) -> Weights:
    """Weights where only a few rows are at hand: nothing is counted."""
    exact, level = {}, {}
    for name, column in records.columns.items():
        if column.kind != "whole":
            mine, theirs = ONE_PERSON[column.kind], STRANGERS[column.kind]
            exact[name] = np.full(len(column.values), np.log2(mine[0] / theirs[0]))
            level[name] = _by_level(None, mine, theirs)
    return Weights(exact, level, float(np.log2(TWICE / max(population, 2))))


def _strangers(records: Records, seed: int) -> dict[str, Levels]:
    if len(records) < 2:
        return {}
    rng = np.random.default_rng(seed)
    one, two = rng.integers(0, len(records), (2, min(SAMPLE, len(records) ** 2)))
    apart = one != two
    return comparing.compare(records, one[apart], two[apart])


def _by_level(
    sampled: Levels | None, mine: tuple[float, ...], theirs: tuple[float, ...]
) -> NDArray[np.float64]:
    found = np.zeros(len(Level), dtype=np.float64)
    seen = np.bincount(sampled, minlength=len(Level)) if sampled is not None else np.zeros(len(Level))
    total = seen.sum() - seen[Level.MISSING]
    for place, step in enumerate((Level.EXACT, Level.CLOSE, Level.ALIKE, Level.DIFFERENT)):
        if mine[place] and theirs[place]:
            chance = (seen[step] + theirs[place] * TRUST) / (total + TRUST)
            found[step] = np.log2(mine[place] / chance)
    return found


def weigh(
    records: Records, weights: Weights, one: Rows, two: Rows, levels: dict[str, Levels]
) -> NDArray[np.float64]:
    """The confidence of each pair, 0 to 1."""
    bits = np.full(len(one), weights.start)
    around: list[NDArray[np.float64]] = []
    for name, found in levels.items():
        part = evidence(records.columns[name], weights, one, found)
        if name in ("city", "country") or name.startswith("custom."):
            around.append(part)
        else:
            bits += part
    if around:
        together = -np.sort(-np.stack(around), axis=0)
        scale = DAMPED ** np.arange(len(around))[:, None]
        bits += np.where(together > 0, together * scale, together).sum(axis=0)
    confidence = 1 / (1 + np.exp2(-np.clip(bits, -60, 60)))
    return _held_back(confidence, levels, _one_number(records, one, levels))


def evidence(column: Column, weights: Weights, one: Rows, found: Levels) -> NDArray[np.float64]:
    """Bits that this attribute adds to each pair."""
    part = weights.level[column.name][found]
    agree = (found == Level.EXACT) | (found == Level.SWAPPED)
    known = agree & (column.codes[one] >= 0)
    part[known] = weights.exact[column.name][column.codes[one[known]]]
    part[found == Level.SWAPPED] -= SWAP_COST
    return part


def _one_number(records: Records, one: Rows, levels: dict[str, Levels]) -> NDArray[np.bool_]:
    """Do both carry the same long number that hardly anybody else has: of a card, a passport, an account?"""
    shared = np.zeros(len(one), dtype=bool)
    for name, found in levels.items():
        column = records.columns[name]
        if not name.startswith("custom."):
            continue
        long = np.fromiter(
            (len(value) >= IDENTIFYING and value.isdigit() for value in column.values), dtype=bool
        )
        codes = column.codes[one]
        shared |= (found == Level.EXACT) & (long & (column.counts <= 3))[codes] & (codes >= 0)
    return shared


def _held_back(
    confidence: NDArray[np.float64], levels: dict[str, Levels], one_number: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """What experience forbids to be sure of: families, and people who share no more than a name."""
    first, last = (levels[name] for name in _NAMES)
    relatives = first == Level.DIFFERENT
    born = levels["birth_date"] if "birth_date" in levels else np.zeros_like(first)
    limit = np.where((born == Level.EXACT) | one_number, TWINS, FAMILY)
    confidence[relatives] = np.minimum(confidence[relatives], limit[relatives])
    more = np.zeros(len(confidence), dtype=bool)
    for name, found in levels.items():
        if name not in (*_NAMES, "country", "gender"):
            more |= (found >= Level.EXACT) & (found <= Level.ALIKE)
    alone = ~more & (first != Level.MISSING) & (last != Level.MISSING)
    confidence[alone] = np.minimum(confidence[alone], NAMESAKES)
    return np.minimum(confidence, CERTAIN)
