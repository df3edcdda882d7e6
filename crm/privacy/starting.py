"""What privacy registers at start-up."""

from __future__ import annotations

from crm import housekeeping
from crm.privacy import archive, keeping, merged, traces


def start() -> None:
    housekeeping.register(archive.forget_old)
    housekeeping.register(traces.compact_after_erasures)
    keeping.also(merged.forget_images, "crm_journalentry")
