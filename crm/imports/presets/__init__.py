"""Exports of known programs, recognised from the header alone. One module per platform, a closed list.

A preset says which headers are telling, which header means which field (the first filled one counts where
several may hold it) and what is particular about that program.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from django.utils.translation import gettext as _

from crm.errors import Refusal
from crm.imports.headers import plain


@dataclass(frozen=True, slots=True)
class Preset:
    """`marks` are telling headers, of which `least` must stand there, `never` headers that rule it out.

    `fields` are headers by field, the usual one first; headers are written without case, blanks and signs.
    """

    name: str
    label: str
    kind: str
    marks: frozenset[str]
    least: int
    fields: Mapping[str, tuple[str, ...]]
    never: frozenset[str] = frozenset()
    guesses_rest: bool = False  # Other columns may be the shop's own.
    options: Mapping[str, Any] = field(default_factory=dict)
    zone: str = ""  # Of moments without one.

    def fits(self, headers: frozenset[str]) -> int:
        """How many telling headers are there; 0 when it is another kind of file."""
        found = len(self.marks & headers)
        return found if found >= self.least and not self.never & headers else 0

    def mapping(self, columns: Sequence[str]) -> dict[str, str]:
        """Column → field, in the order in which columns of the same field count."""
        by_header: dict[str, str] = {}
        for column in columns:
            by_header.setdefault(plain(column), column)
        found: dict[str, str] = {}
        for name, headers in self.fields.items():
            places = [by_header[header] for header in headers if header in by_header]
            for column in places if name in SEVERAL else places[:1]:
                found.setdefault(column, name)
        return found


def order(preset: Preset | None, columns: Sequence[str]) -> list[str]:
    """The columns in the order in which those of the same field count."""
    first = list(preset.mapping(columns)) if preset else []
    return [*first, *(column for column in columns if column not in first)]


# Fields that several columns may hold: the first one that is filled in counts, of items all of them.
SEVERAL: Final = frozenset(
    [
        "email",
        "phone",
        "name",
        "first_name",
        "last_name",
        "country",
        "city",
        "opted_in_at",
        "stopped_at",
        "items",
    ]
)


def preset(
    name: str, label: str, kind: str, marks: str, least: int, fields: Mapping[str, str], **more: Any
) -> Preset:
    """A preset written briefly: headers in one text, apart by blanks."""
    return Preset(
        name,
        label,
        kind,
        frozenset(marks.split()),
        least,
        {field: tuple(headers.split()) for field, headers in fields.items()},
        never=frozenset(str(more.pop("never", "")).split()),
        **more,
    )


@cache
def known() -> dict[str, Preset]:
    """All presets by name, the more particular before the more general."""
    from crm.imports.presets import (
        contacts,
        courses,
        etsy,
        general,
        mailchimp,
        paypal,
        shopify,
        square,
        stripe,
        subscriptions,
        woocommerce,
    )

    modules = (
        subscriptions, shopify, woocommerce, stripe, square, mailchimp, paypal, etsy, courses, contacts,
        general,
    )  # fmt: skip
    return {one.name: one for module in modules for one in module.PRESETS}


def named(name: str, kind: str) -> Preset:
    """The preset of this name; a platform's name alone means its export of that kind. Refuses others."""
    wanted = name.strip().casefold().replace("_", "-")
    if one := known().get(wanted):
        return one
    if close := [one for one in known().values() if one.name.split("-")[0] == wanted and one.kind == kind]:
        return close[0]
    raise Refusal(
        _("There is no preset “%(name)s”. The presets are: %(known)s.")
        % {"name": name, "known": ", ".join(known())}
    )


def of(options: Mapping[str, Any]) -> Preset | None:
    """The preset that an import goes by."""
    return known().get(str(options.get("preset") or ""))


def recognise(columns: Sequence[str], kind: str) -> Preset | None:
    """The preset whose telling headers stand in the file; one of this kind outranks others."""
    headers = frozenset(plain(column) for column in columns)
    scored = [(one.fits(headers), one.kind == kind, one) for one in known().values()]
    fitting = [(share, same, one) for share, same, one in scored if share]
    if not fitting:
        return None
    return max(fitting, key=lambda found: (found[1] or found[2].kind != "customers", found[0]))[2]
