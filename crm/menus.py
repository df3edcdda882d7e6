"""The pages of a section as menus: groups of pages, of which the reader sees what may be opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise

from crm import access

type Words = str | Promise
type Groups = Sequence[tuple[Words, Sequence[tuple[str, Words]]]]


@dataclass(frozen=True, slots=True)
class Page:
    url: str
    label: Words
    is_open: bool


@dataclass(frozen=True, slots=True)
class Group:
    label: Words
    pages: list[Page]

    @property
    def is_open(self) -> bool:
        return any(page.is_open for page in self.pages)


def of(request: HttpRequest, groups: Groups, tab: str) -> list[Group]:
    """`groups` hold names of addresses; `tab` is the one that is open, without its section."""
    found = []
    for label, names in groups:
        pages = [Page(reverse(name), words, name.partition(":")[2] == tab) for name, words in names]
        found.append(Group(label, [one for one in pages if access.may_open(request.user, one.url)]))
    return found
