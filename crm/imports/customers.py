"""The kind "customers": one row describes one person; rows about the same are laid over each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.errors import Refusal
from crm.imports import fields, people, permission, staging
from crm.imports.kinds import Outcome, Plan, Reject, Session, Staged
from crm.imports.suppressing import SuppressingSession


class CustomersLoader:
    label = gettext_lazy("Customers")
    fields = fields.CUSTOMER_FIELDS

    def check(self, plan: Plan) -> None:
        key = str(plan.options.get("key") or "")
        if plan.options.get("suppress"):
            if "email" not in plan.mapped:
                raise Refusal(
                    _("Which column holds the addresses that must get no mail? Choose it as e-mail.")
                )
        elif key and key not in plan.mapped:
            raise Refusal(
                _("People are to be found by %(key)s, but no column holds it. Please choose one.")
                % {"key": next(str(one.label) for one in self.fields if one.name == key)}
            )
        elif not plan.mapped & {"customer", "email", "phone"}:
            raise Refusal(_("Which column says who it is? Choose one for customer number, e-mail or phone."))

    def session(self, plan: Plan) -> Session:
        return SuppressingSession(plan) if plan.options.get("suppress") else CustomersSession(plan)


class CustomersSession:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.dated = str(
            (plan.batch.created_at).replace(tzinfo=None)
        )  # A list is true on the day it is brought.
        self.mode = str(plan.options.get("mode") or "both")
        self.key_order = people.key_order(plan.options)
        self.clears = _cleared(plan) if plan.options.get("blank") == "clear" else []

    def judge(self, row: dict[str, Any]) -> Staged:
        key = people.key_of(row, self.key_order)
        if not key:
            raise Reject("nobody")
        values = people.values_of(row)
        if (number := row.get("customer")) and not key.startswith(people.NUMBER):
            values += (("number", number[: people.LONGEST["external_id"]]),)
        values += permission.said(row, self.plan.options)
        told = {name for name, _value in values}
        values += tuple((name, None) for name in self.clears if name not in told)
        if since := row.get("created_on"):
            values += (("-created_on", since.isoformat()),)
        elif agreed := row.get("opted_in_at"):
            values += (("-created_on", agreed.astimezone(self.plan.zone).date().isoformat()),)
        return Staged(key, [key, values], phase=people.kind_of(key))

    def describe(self, kind: int, facts: dict[str, dict[str, tuple[str, Any]]]) -> dict[str, Any]:
        return {}

    def merge(self, rows: Sequence[tuple[int, Any]]) -> Outcome:
        facts: dict[str, dict[str, tuple[str, Any]]] = {}
        told: dict[str, list[bool]] = {}  # Per person: did this row say something that rows before did not?
        for number, (key, values) in rows:
            dated = f"{self.dated}#{number:09d}"
            if key not in facts:
                facts[key] = {name: (dated, value) for name, value in values}
                told[key] = [bool(values)]
                continue
            known = facts[key]
            fresh = False
            for name, value in values:
                if name.startswith("-") and name in known:
                    value = min(value, known[name][1])
                fresh = fresh or name not in known or known[name][1] != value
                known[name] = (dated, value)
            told[key].append(fresh)
        left_out = people.left_out(facts, self.mode)
        verdicts = people.describe({key: facts[key] for key in facts if key not in left_out}, self.plan)
        problems = [(number, "skipped", left_out[key]) for number, (key, _v) in rows if key in left_out]
        counts = {"created": 0, "updated": 0, "unchanged": 0, "skipped": len(problems)}
        for key, (verdict, _number) in verdicts.items():
            counts[verdict] += 1
            later = "unchanged" if verdict == "unchanged" else "updated"
            for fresh in told[key][1:]:
                counts[later if fresh else "unchanged"] += 1
        counts["customers"] = people.count_new_here(verdicts, self._in_file)
        return Outcome(counts, problems)

    def _in_file(self, keys: list[str]) -> set[str]:
        buckets = self.plan.buckets(keys, people.kind_of)
        parcels = staging.unpacked(self.plan.batch, "rows", buckets)
        return {data[0] for parcel in parcels for _number, data in parcel} & set(keys)

    def finish(self) -> dict[str, Any]:
        return {}


def _cleared(plan: Plan) -> list[str]:
    """What a blank cell takes away: everything but what says who it is, and permission."""
    plain = {*people.PLAIN, "birth_date"} - {"email", "phone"}
    names = plan.mapped & plain | {name for name in plan.mapped if name.startswith(people.OWN)}
    if "name" in plan.mapped:
        names |= {"first_name", "last_name"} - plan.mapped
    return sorted(names)
