"""How long what is kept: rules that run every night, each with a look at what it would do before it is on.

retention.rule("customers")              # The stored rule, or one that is off, with what we propose.
retention.KEEPINGS["customers"].find(before)     # Whom or what it is about now.
retention.run(now)                       # The nightly run; killed half-way, the next hour goes on.
"""

from __future__ import annotations

from crm.privacy.retention.kinds import KEEPINGS, PERIODS, Keeping, period
from crm.privacy.retention.running import run, work
from crm.privacy.retention.switching import rule, switch_off, switch_on

__all__ = ["KEEPINGS", "PERIODS", "Keeping", "period", "rule", "run", "switch_off", "switch_on", "work"]
