"""Was it a person? The hits of one message judged together, each with the signal that decided.

Version 1 of the rules, in order: HEAD; the hidden link; programs and networks known as machines; Apple's
relay (for openings only: people click through it); the hidden link touched within 10 s; 3 links within 2 s,
or 2 within 1 s; within 5 s of the hand-over; the same visitor as one of these within a minute. Up to 30 s
after the hand-over it is unsure. Everything else is taken for a person.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from campaigns.tracking import known

HUMAN, MACHINE, UNSURE = "human", "machine", "unsure"
TRAP = "trap"
TRAP_REACH = 10.0
BURSTS = ((2, 1.0), (3, 2.0))  # So many different links within so many seconds.
QUICK, EARLY = 5.0, 30.0
BEFORE = 5.0  # Clocks differ.
COMPANY = 60.0
TELLING = frozenset({"head", "trap", "burst", "quick"})  # Whoever did so is a machine all that minute.

type Verdict = tuple[str, str]


class Seen(NamedTuple):
    """One hit; `at` in seconds, `place` the link's number or None."""

    kind: str
    at: float
    place: int | None
    method: str
    agent: str
    network: str


def rules() -> int:
    """The version of the rules and of the list of machines in one number."""
    return 100 + known.version()


def judge(hits: Sequence[Seen], handed_over: float | None) -> list[Verdict]:
    """(verdict, signal) of each hit of one message."""
    traps = [hit.at for hit in hits if hit.kind == TRAP]
    clicks = sorted((hit.at, -1 if hit.place is None else hit.place) for hit in hits if hit.kind == "click")
    found = [
        _by_itself(hit) or _with_others(hit, traps, clicks) or _by_time(hit, handed_over) for hit in hits
    ]
    machines = [hit for hit, (_verdict, signal) in zip(hits, found, strict=True) if signal in TELLING]
    if machines:
        found = [
            verdict if verdict[0] == MACHINE else _by_company(hit, machines) or verdict
            for hit, verdict in zip(hits, found, strict=True)
        ]
    return found


def _by_itself(hit: Seen) -> Verdict | None:
    if hit.method == "HEAD":
        return MACHINE, "head"
    if hit.kind == TRAP:
        return MACHINE, "trap"
    if known.is_machine_agent(hit.agent):
        return MACHINE, "agent"
    if known.is_machine_network(hit.network):
        return MACHINE, "network"
    if hit.kind == "open" and known.is_apple(hit.agent, hit.network):
        return MACHINE, "apple"
    return None


def _with_others(hit: Seen, traps: Sequence[float], clicks: Sequence[tuple[float, int]]) -> Verdict | None:
    if any(abs(hit.at - at) <= TRAP_REACH for at in traps):
        return MACHINE, "trap"
    if len(clicks) > 1 and any(_is_burst(hit.at, clicks, many, span) for many, span in BURSTS):
        return MACHINE, "burst"
    return None


def _is_burst(at: float, clicks: Sequence[tuple[float, int]], many: int, span: float) -> bool:
    """Whether so many different links were followed in some span that holds this moment."""
    first = bisect_left(clicks, (at - span, -1))
    for start, _place in clicks[first : bisect_right(clicks, at, key=_moment)]:
        until = bisect_right(clicks, start + span, key=_moment)
        if len({place for _at, place in clicks[bisect_left(clicks, start, key=_moment) : until]}) >= many:
            return True
    return False


def _moment(click: tuple[float, int]) -> float:
    return click[0]


def _by_time(hit: Seen, handed_over: float | None) -> Verdict:
    after = None if handed_over is None else hit.at - handed_over
    if after is not None and -BEFORE <= after < QUICK:
        return MACHINE, "quick"
    if after is not None and QUICK <= after < EARLY:
        return UNSURE, "early"
    return HUMAN, ""


def _by_company(hit: Seen, machines: Sequence[Seen]) -> Verdict | None:
    for one in machines:
        same = one.agent == hit.agent and one.network == hit.network
        if same and abs(one.at - hit.at) <= COMPANY:
            return MACHINE, "company"
    return None
