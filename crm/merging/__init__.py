"""Several customers become one, with everything that belongs to them, and can be parted again.

The other rows are deleted; what they were known by stays as an alias of the survivor, so that lists and
counts need no filter and old keys keep working. What happened after a merge (a purchase, a mail) stays with
the survivor when the people are parted.
"""

from __future__ import annotations

from crm.merging.children import carry
from crm.merging.joining import merge
from crm.merging.parting import of_person, unmerge

__all__ = ["carry", "merge", "of_person", "unmerge"]
