"""The figures of a look as the page shows them: each beside the list of rows behind it, and the trend."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.admin.utils import label_for_field
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.charts import Chart, Series
from crm.models import Customer, CustomField, QualityRun
from crm.quality.rules import RULES, About, Group, Rule

GROUPS: dict[Group, Promise] = {
    Group.INVALID: gettext_lazy("Invalid"),
    Group.OUTLYING: gettext_lazy("Unusual"),
    Group.CONTRADICTORY: gettext_lazy("Contradictory"),
    Group.UNREACHABLE: gettext_lazy("Out of reach"),
}
TREND = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One field of customers: how many have it, lack it, and what is wrong with those that have it."""

    label: str
    known: int
    missing: int
    percent: int
    missing_url: str
    wrong: list[tuple[Rule, int]]


def field_lines(figures: dict[str, Any]) -> list[FieldLine]:
    everybody, people = figures["customers"], reverse("crm:customers")
    own = {f"custom.{one.key}": one.label for one in CustomField.objects.all()}
    found = []
    for one in figures["fields"]:
        key = one["key"]
        label = own.get(key) or ("" if "." in key else str(label_for_field(key, Customer)))
        if not label:
            continue  # An own field that is gone since.
        known = everybody - one["missing"]
        wrong = [(rule, n) for rule, n in counted(figures) if rule.field == key and n]
        url = f"{people}?{key}=-"
        percent = int(100 * known / everybody) if everybody else 0
        found.append(FieldLine(label, known, one["missing"], percent, url, wrong))
    return found


def counted(figures: dict[str, Any]) -> list[tuple[Rule, int]]:
    rules = figures.get("rules", {})
    return [(rule, rules[key]) for key, rule in RULES.items() if key in rules]


def by_group(figures: dict[str, Any]) -> list[tuple[Promise, list[tuple[Rule, int]]]]:
    return [
        (label, [(rule, n) for rule, n in counted(figures) if rule.group == group])
        for group, label in GROUPS.items()
    ]


def list_url(rule: Rule) -> str:
    """The list of customers, narrowed to the rule: there many are changed at once."""
    return f"{reverse('crm:customers')}?quality={rule.key}" if rule.about == About.CUSTOMER else ""


def trend(runs: QuerySet[QualityRun]) -> Chart | None:
    """How many rows the rules named, day by day; None for a single look."""
    found = list(runs.filter(state=QualityRun.State.DONE).order_by("pk"))
    days = {one.created_at.date(): one for one in found if one.figures.get("rules")}
    if len(days) < 2:
        return None
    groups = {group: [] for group in (Group.INVALID, Group.OUTLYING, Group.CONTRADICTORY)}  # type: dict[Group, list[int]]
    for one in days.values():
        for group, values in groups.items():
            values.append(sum(n for rule, n in counted(one.figures) if rule.group == group))
    sums = [sum(values) for values in zip(*groups.values(), strict=True)]
    title = _("Findings went from %(first)s to %(last)s") % {"first": sums[0], "last": sums[-1]}
    return Chart(
        kind="line",
        title=title,
        labels=[date_format(day, "j M") for day in days],
        series=[Series(str(GROUPS[group]), values) for group, values in groups.items()],
        unit=_("rows"),
        first_column=_("Day"),
    )
