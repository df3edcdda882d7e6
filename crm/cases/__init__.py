"""Cases: what customers need from us. These are its public doors; each is one verb.

    case = cases.open_case("Broken cup", customer=ada, text="It arrived in pieces.", channel="form", at=now)
    cases.reply(case, "A new one is on its way.", by=user, at=now)
    case, message = cases.hear(case, "Thank you!", at=now)  # The clock runs; a solved case reopens.
    cases.solve(case, by=user, outcome="replaced", at=now)

The states are drawn in `crm.models.case`. `seeing` says whose cases somebody sees.
"""

from __future__ import annotations

from crm.cases.merging import merge, unmerge
from crm.cases.moving import assign, close, prioritise, reopen, solve, unwatch, wait, watch, work
from crm.cases.opening import open_case, worth_of
from crm.cases.seeing import find_case, visible
from crm.cases.talking import hear, note, reply

__all__ = [
    "assign",
    "close",
    "find_case",
    "hear",
    "merge",
    "note",
    "open_case",
    "prioritise",
    "reopen",
    "reply",
    "solve",
    "unmerge",
    "unwatch",
    "visible",
    "wait",
    "watch",
    "work",
    "worth_of",
]
