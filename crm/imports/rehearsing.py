"""What an import would find, without writing anything: the page before the run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from crm.imports import items, people, sealing, staging
from crm.imports.kinds import Plan, Reject, Skip
from crm.imports.reasons import words

MOST_ROWS: Final = 100_000
SHOWN: Final = 20
EXAMPLES, LONGEST = 5, 300


@dataclass(slots=True)
class Rehearsal:
    """Counts over the first rows (`complete` when these are all) and the first problems."""

    rows: int = 0
    understood: int = 0
    skipped: int = 0
    rejected: int = 0
    customers: int = 0
    groups: int = 0
    complete: bool = True
    reasons: list[tuple[str, int]] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    items: list[tuple[str, list[str]]] = field(default_factory=list)  # A cell, and what was read in it.


def rehearse(plan: Plan) -> Rehearsal:
    """Judge the rows as the import would."""
    place = next((at for at, name, _memo in staging.readers(plan) if name == "items"), None)
    found = Rehearsal(complete=plan.findings["rows"] <= MOST_ROWS)
    headers = {name: column for column, name in plan.batch.mapping.items()}
    reasons: Counter[str] = Counter()
    groups: set[str] = set()
    persons: set[str] = set()
    for number, cells, verdict in islice(staging.judged(plan, staging.session_of(plan)), MOST_ROWS):
        found.rows += 1
        if isinstance(verdict, Skip):
            rejected = isinstance(verdict, Reject)
            found.rejected += rejected
            found.skipped += not rejected
            reasons[verdict.code] += 1
            if len(found.problems) < SHOWN:
                column = headers.get(verdict.field, "")
                found.problems.append(
                    problem(plan, number, column, verdict.code, cells) | {"rejected": rejected}
                )
            continue
        found.understood += 1
        if place is not None and cells[place].strip() and len(found.items) < EXAMPLES:
            found.items.append((cells[place][:LONGEST], items.shown(cells[place])))
        groups.add(verdict.group)
        persons.update(fact.key for fact in verdict.facts if fact.kind <= people.KINDS[people.PHONE])
    found.groups, found.customers = len(groups), len(persons)
    found.reasons = [(words(code), n) for code, n in reasons.most_common()]
    return found


def problem(plan: Plan, number: int, column: str, code: str, cells: list[str]) -> dict[str, Any]:
    columns = plan.findings["columns"]
    cell = cells[columns.index(column)] if column in columns and len(cells) > columns.index(column) else ""
    if column in sealing.fields_of(plan.batch):
        cell = sealing.HIDDEN
    return {"row": number, "column": column, "reason": words(code), "cell": cell[:80]}
