"""What the columns of a clustering are called in the reader's language, without asking the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from crm import masking
from crm.models import Customer
from segments import frames
from segments.models import CustomerFeatures
from segments.rfm import names
from segments.rules.fields import FIELDS


def feature_label(name: str, kept: Mapping[str, str]) -> str:
    """Own fields and surveys keep the name they had; `kept` are those names."""
    if name in frames.SCORE_LABELS:
        return str(frames.SCORE_LABELS[name])
    if name in FIELDS:
        return str(FIELDS[name].label)
    if name in frames.NUMBERS:
        return str(getattr(CustomerFeatures._meta.get_field(frames.NUMBERS[name]), "verbose_name", name))
    label = kept.get(name, name)
    if name.startswith("answer.") and name.endswith(".score"):  # Was named in the language of the worker.
        label = label.rpartition(": ")[0] + ": " + _("score")
    return label


def column_label(column: str, kept: Mapping[str, str]) -> str:
    """A number by its name, a category with its value."""
    feature, equals, value = column.partition("=")
    label = feature_label(feature, kept)
    if not equals:
        return label
    if not value:
        return _("%(feature)s: not known") % {"feature": label}
    if value == "*":
        return _("%(feature)s: another") % {"feature": label}
    if feature == "rfm.group":
        value = names.name_of(value)
    elif feature in FIELDS and FIELDS[feature].values:
        value = FIELDS[feature].label_of(value)
    words = {"yes": _("yes"), "no": _("no")}
    return _("%(feature)s: %(value)s") % {"feature": label, "value": words.get(value, value)}


def is_hidden(column: str) -> bool:
    """Whether this reader may not see what one person's value is, as segments.rules.actual has it."""
    feature = column.partition("=")[0]
    is_personal = feature in FIELDS and FIELDS[feature].path in Customer.PERSONAL
    return masking.active() and (is_personal or feature.startswith("custom."))


def labeller(kept: Mapping[str, str]) -> Callable[[str], str]:
    return lambda column: column_label(column, kept)
