"""After a refresh of a large shop: count what its pages show first, so that nobody waits for it."""

from __future__ import annotations

from crm.models import Business
from segments import left_out, scoring, since_refresh
from segments.lifecycle import stages
from segments.rfm import grid, names, notes


def count_all() -> None:
    if not since_refresh.is_large():
        return
    left_out.of_buyers()
    stages.shown()
    grid.build(names.in_use())
    notes.of_shop(scoring.live_cuts(), None, Business.current())
