"""What is looked at before a campaign may be sent: its texts, its sender, and the people who would get it.

report = preflight.look(campaign, business)       # Findings, the worst first.
preflight.refuse_unfit(campaign, business)        # A Refusal while something blocks.
"""

from __future__ import annotations

from campaigns.preflight.findings import Finding, Report
from campaigns.preflight.looking import look, refuse_unfit

__all__ = ["Finding", "Report", "look", "refuse_unfit"]
