"""The kind "customers": one row describes one person; rows about the same are laid over each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.errors import Refusal
from crm.imports import fields, people, staging
from crm.imports.kinds import Outcome, Plan, Reject, Staged


class CustomersLoader:
    label = gettext_lazy("Customers")
    fields = fields.CUSTOMER_FIELDS

    def check(self, plan: Plan) -> None:
        if not plan.mapped & {"customer", "email", "phone"}:
            raise Refusal(_("Which column says who it is? Choose one for customer number, e-mail or phone."))

    def session(self, plan: Plan) -> CustomersSession:
        return CustomersSession(plan)


class CustomersSession:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.dated = str(
            (plan.batch.created_at).replace(tzinfo=None)
        )  # A list is true on the day it is brought.

    def judge(self, row: dict[str, Any]) -> Staged:
        key = people.key_of(row)
        if not key:
            raise Reject("nobody")
        values = people.values_of(row)
        if since := row.get("created_on"):
            values += (("-created_on", since.isoformat()),)
        return Staged(key, [key, values], phase=people.kind_of(key))

    def describe(self, kind: int, facts: dict[str, dict[str, tuple[str, Any]]]) -> dict[str, Any]:
        return {}

    def merge(self, rows: Sequence[tuple[int, Any]]) -> Outcome:
        facts: dict[str, dict[str, tuple[str, Any]]] = {}
        told: dict[str, list[bool]] = {}  # Per person: did this row say something that rows before did not?
        for number, (key, values) in rows:
            known = facts.setdefault(key, {})
            fresh = False
            for name, value in values:
                if name.startswith("-") and name in known:
                    value = min(value, known[name][1])
                fresh = fresh or name not in known or known[name][1] != value
                known[name] = (f"{self.dated}#{number:09d}", value)
            told.setdefault(key, []).append(fresh)
        verdicts = people.describe(facts, self.plan)
        counts = {"created": 0, "updated": 0, "unchanged": 0}
        for key, (verdict, _number) in verdicts.items():
            counts[verdict] += 1
            later = "unchanged" if verdict == "unchanged" else "updated"
            for fresh in told[key][1:]:
                counts[later if fresh else "unchanged"] += 1
        counts["customers"] = people.count_new_here(verdicts, self._in_file)
        return Outcome(counts)

    def _in_file(self, keys: list[str]) -> set[str]:
        buckets = self.plan.buckets(keys, people.kind_of)
        parcels = staging.unpacked(self.plan.batch, "rows", buckets)
        return {data[0] for parcel in parcels for _number, data in parcel} & set(keys)

    def finish(self) -> dict[str, Any]:
        return {}
