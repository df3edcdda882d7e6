"""Which operators exist, and which fit which type of field."""

from __future__ import annotations

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Kind(StrEnum):
    """The type of a field. LOOSE is a value of an answer or event: what it is compared with decides."""

    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    DATE = "date"
    YES_NO = "yes_no"
    LOOSE = "any"


LABELS: dict[str, str | Promise] = {
    "is": pgettext_lazy("operator", "is"),
    "is_not": pgettext_lazy("operator", "is not"),
    "in": _("is one of"),
    "not_in": _("is none of"),
    "contains": _("contains"),
    "starts_with": _("starts with"),
    ">": _("is more than"),
    ">=": _("is at least"),
    "<": _("is less than"),
    "<=": _("is at most"),
    "between": _("is between"),
    "before": _("is before"),
    "after": _("is after"),
    "in_last_days": _("is in the last … days"),
    "not_in_last_days": _("is not in the last … days"),
    "anniversary_in_days": _("has its anniversary in the next … days"),
    "known": _("is known"),
    "unknown": _("is not known"),
}
EQUAL = ("is", "is_not", "in", "not_in")
ORDER = (">", ">=", "<", "<=", "between")
KNOWN = ("known", "unknown")
OF_KIND: dict[Kind, tuple[str, ...]] = {
    Kind.TEXT: (*EQUAL, "contains", "starts_with", *KNOWN),
    Kind.CHOICE: (*EQUAL, *KNOWN),
    Kind.NUMBER: (">=", ">", "<=", "<", "between", *EQUAL, *KNOWN),
    Kind.DATE: (
        "in_last_days",
        "not_in_last_days",
        "before",
        "after",
        *ORDER,
        *EQUAL,
        "anniversary_in_days",
        *KNOWN,
    ),
    Kind.YES_NO: ("is", "is_not", *KNOWN),
    Kind.LOOSE: (*EQUAL, "contains", "starts_with", *ORDER, *KNOWN),
}
NEGATIVE = {"is_not": "is", "not_in": "in", "not_in_last_days": "in_last_days", "unknown": "known"}
OF_DAYS = frozenset({"in_last_days", "not_in_last_days", "anniversary_in_days"})
OF_LIST = frozenset({"in", "not_in"})
OF_TEXT = frozenset({"contains", "starts_with"})
WITHOUT_VALUE = frozenset(KNOWN)
COUNTING = (">=", ">", "<=", "<", "is", "is_not", "between")
