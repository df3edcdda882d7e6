"""Reasons in words: what two rows share and where they differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm.duplicates.comparing import Level
from crm.models import Customer, CustomField

PARTS: Final = (
    "first_name",
    "last_name",
    "email",
    "phone",
    "birth_date",
    "country",
    "city",
    "gender",
)
_SAY: Final[Mapping[int, str | Promise]] = {
    Level.EXACT: gettext_lazy("same %(what)s"),
    Level.CLOSE: gettext_lazy("nearly the same %(what)s"),
    Level.ALIKE: gettext_lazy("similar %(what)s"),
    Level.DIFFERENT: pgettext_lazy("duplicates", "different %(what)s"),
}


def labels(own_fields: Iterable[CustomField]) -> dict[str, str]:
    """{column: its name as people read it}."""
    found = {name: str(Customer._meta.get_field(name).verbose_name) for name in PARTS}  # type: ignore[union-attr]
    return found | {f"custom.{field.key}": field.label for field in own_fields}


def sentences(reasons: Sequence[Sequence[str | int]], labels: Mapping[str, str]) -> list[str]:
    """One short phrase per reason, the strongest first; first and last name are told together."""
    levels = {str(name): int(level) for name, level in reasons}
    said: list[str] = []
    for name, level in levels.items():
        if name == "last_name" and "first_name" in levels and levels["first_name"] == level:
            continue
        if name == "first_name" and levels.get("last_name") == level:
            said.append(_name(level))
        elif name in labels:
            said.append(str(_SAY.get(level, "")) % {"what": labels[name]})
    return [one for one in said if one]


def _name(level: int) -> str:
    if level == Level.SWAPPED:
        return _("same name in another order")
    return str(_SAY[level]) % {"what": _("name")}
