"""Names that the program itself gave to tags, said in the reader's language; others are the shop's own words.

What is stored, filtered by and sent to other programs stays the name as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from django.conf import settings
from django.utils.functional import Promise, lazy
from django.utils.translation import override

_given: list[str | Promise] = []


def register(names: Iterable[str | Promise]) -> None:
    """Called when the program starts, by whoever makes tags of its own."""
    _given.extend(names)
    _known.cache_clear()


@cache
def _known() -> Mapping[str, str | Promise]:
    """{the name in any of our languages: the name in the reader's}."""
    found: dict[str, str | Promise] = {}
    for code, _language in settings.LANGUAGES:
        with override(code):
            found |= {str(name): name for name in _given}
    return found


def shown(name: str) -> str:
    """A tag that was renamed by hand is called what it was renamed to."""
    return str(_known().get(name, name))


def same(name: str) -> set[str]:
    """The name in each of our languages where the program gave it, else just this one."""
    given = _known().get(name)
    return {name} if given is None else {one for one, meant in _known().items() if meant is given}


later = lazy(shown, str)
