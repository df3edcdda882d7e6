"""A plain list of addresses that must get no mail: kept from it, whether they are customers or not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from crm.imports import permission
from crm.imports.kinds import Outcome, Plan, Reject, Staged
from crm.models import Customer, Suppression


class SuppressingSession:
    """No customer is made of such a list. A row is new when its address was not kept from mail before."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        told = str(plan.options.get("suppress"))
        self.reason = permission.reason(told) or Suppression.Reason.UNSUBSCRIBED

    def judge(self, row: dict[str, Any]) -> Staged:
        if not (address := row.get("email")):
            raise Reject("missing", "email")
        why = permission.reason(str(row.get("mail_status", ""))) or self.reason
        at = row.get("stopped_at")
        return Staged(address, [address, str(why), at.isoformat() if at else ""])

    def describe(self, kind: int, facts: dict[str, dict[str, tuple[str, Any]]]) -> dict[str, Any]:
        return {}

    def merge(self, rows: Sequence[tuple[int, Any]]) -> Outcome:
        told: dict[str, tuple[str, datetime]] = {}
        for _number, (address, why, at) in rows:
            told.setdefault(address, (why, datetime.fromisoformat(at) if at else self.plan.at))
        fresh = permission.suppress(told, self.plan)
        people = dict(Customer.objects.filter(email__in=list(told)).values_list("pk", "email"))
        objected = {
            n: told[address][1] for n, address in people.items() if told[address][0] == "unsubscribed"
        }
        permission.withdraw(list(objected), objected, self.plan)
        permission.stop({address: at for address, (_why, at) in told.items()}, self.plan)
        return Outcome(
            {"created": fresh, "unchanged": len(rows) - fresh, "customers": len(set(people.values()))}
        )

    def finish(self) -> dict[str, Any]:
        return {}
