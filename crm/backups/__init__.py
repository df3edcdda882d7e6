"""Everything in one file that either database can read back, and what an erasure must say about such files.

    backups.write(Path("closeknit.zip"), at=now)      # Written(tables, rows, files, sha256)
    backups.restore(Path("closeknit.zip"), at=now)    # The same, with who had to be erased again.

The file is a zip: `manifest.json`, one line of JSON for each row in `tables/`, uploads in `media/`. Values
that are encrypted stay so; the keys are not in it. Restoring does not bring back whoever was erased since.
"""

from __future__ import annotations

from crm.backups.ages import Aged, holding, known, settle
from crm.backups.reading import Restored, restore
from crm.backups.writing import Written, write

__all__ = ["Aged", "Restored", "Written", "holding", "known", "restore", "settle", "write"]
