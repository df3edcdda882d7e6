"""Public pages as they were drawn last: what many people see alike is drawn once, not for each of them.

A page is known by everything that it depends on, so a change of any of it draws anew. What differs from
person to person stands in the kept page as `SLOT`, and is put in when it is given out.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

MOST = 300  # Pages of some 10 kB each.
SLOT = "\x00here\x00"  # Forms and addresses come in without zero bytes: nobody can write this.
_pages: OrderedDict[Hashable, str] = OrderedDict()
_lock = threading.Lock()


def drawn(depends_on: Hashable | None, draw: Callable[[], str]) -> str:
    """The page, drawn now unless one is kept that depends on the same; None keeps nothing."""
    if depends_on is None:
        return draw()
    with _lock:
        if depends_on in _pages:
            _pages.move_to_end(depends_on)
            return _pages[depends_on]
    page = draw()
    with _lock:
        _pages[depends_on] = page
        if len(_pages) > MOST:
            _pages.popitem(last=False)
    return page
