"""The kind "subscriptions": one row is what somebody pays again and again, as another program counts it.

The program that wrote the file goes on collecting the money, so what comes in here does not renew by itself:
its sales come with the orders, and the next file moves its day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import bulk
from crm import subscriptions as engine
from crm.errors import Refusal
from crm.imports import describing, fields, people, products, rhythms
from crm.imports.exchange import Exchange
from crm.imports.kinds import Fact, Outcome, Plan, Reject, Session, Skip, Staged
from crm.imports.parsing import EXACT
from crm.imports.subscription_state import STATED, write_states
from crm.models import Subscription

LARGEST: Final = Decimal(10) ** 10
State = Subscription.State
# What a row says, in the order in which it is staged; blanks are taken from the first row of its number.
SAID: Final = ("person", "product_id", "amount", "interval", "state", "started_on", "renews_on", "ends_on",
               "state_at", "reason")  # fmt: skip
WRITTEN: Final = ("amount", "interval", "started_on", "renews_on", "anchor_day", "ends_on", *STATED)


class SubscriptionsLoader:
    label = gettext_lazy("Subscriptions")
    fields = fields.SUBSCRIPTION_FIELDS

    def check(self, plan: Plan) -> None:
        if not plan.mapped & {"customer", "email", "phone"}:
            raise Refusal(_("Which column says who it is? Choose one for customer number, e-mail or phone."))
        if not plan.mapped & {"product", "sku"}:
            raise Refusal(_("Which column says what is paid for? Choose one for the product."))
        if not plan.mapped & {"amount", "price"}:
            raise Refusal(_("Which column says how much is paid each time? Choose one for the amount."))
        if not plan.mapped & {"renews_on", "started_on"}:
            raise Refusal(
                _("Which column says when it renews? Choose one for the next renewal or the start.")
            )
        if "interval" not in plan.mapped:
            raise Refusal(
                _("Which column says how often it renews? Or fill in one word for all, like month.")
            )

    def session(self, plan: Plan) -> Session:
        return SubscriptionsSession(plan)


class SubscriptionsSession:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.exchange = Exchange(plan)
        self.dated = str(plan.batch.created_at.replace(tzinfo=None))
        self.today = plan.at.astimezone(plan.zone).date()
        self.key_order = people.key_order(plan.options)

    def judge(self, row: dict[str, Any]) -> Staged:
        number, person = row.get("subscription", ""), people.key_of(row, self.key_order)
        code = (row.get("sku") or row.get("product", ""))[: products.LONGEST_SKU]
        if len(number) > 100:
            raise Reject("too_long", "subscription")
        word = str(row.get("state", ""))
        if rhythms.plain(word) in rhythms.NEVER_BEGAN:
            raise Skip("never_began", "state")
        state, stopped = self._state(row, word), row.get("stopped_on")
        said = {
            "person": person,
            "product_id": code,
            "amount": self._amount(row),
            "interval": self._interval(row),
            "state": state,
            "state_at": str(stopped.replace(tzinfo=None)) if stopped and state != State.ACTIVE else "",
            "reason": row.get("reason", "")[:200],
            **{name: _day(row.get(name)) for name in ("started_on", "renews_on", "ends_on")},
        }
        if not number:
            if missing := _missing(said):
                raise missing
            number = "#" + blake2b(f"{person}\x1f{code}".encode(), digest_size=12).hexdigest()
        facts = self._facts(row, person, code, said["started_on"])
        return Staged(number, [number, [said[name] for name in SAID]], facts)

    def _amount(self, row: dict[str, Any]) -> str:
        """What is paid each time, in the shop's currency."""
        amount = row.get("amount")
        if amount is None and (price := row.get("price")) is not None:
            amount = price * row.get("quantity", 1)
        if amount is None:
            return ""
        currency = row.get("currency", "")[:3].upper()
        if not self.exchange.knows(currency):
            raise Reject("no_rate", "currency")
        amount *= self.exchange.rate(currency, self.today.isoformat())
        if not 0 <= amount < LARGEST:
            raise Reject("too_large" if amount > 0 else "bad_number", "amount")
        return str(amount.quantize(EXACT))

    def _interval(self, row: dict[str, Any]) -> str:
        if not (text := row.get("interval", "")):
            return ""
        if found := rhythms.interval(text, row.get("interval_count")):
            return found
        raise Reject("bad_interval", "interval")

    def _state(self, row: dict[str, Any], word: str) -> str:
        if word:
            if found := rhythms.state(word):
                return found
            raise Reject("bad_state", "state")
        if row.get("stopped_on"):
            return State.CANCELLED
        ends = row.get("ends_on")
        return State.ENDED if ends and ends < self.today else ""

    def _facts(self, row: dict[str, Any], person: str, code: str, since: str) -> tuple[Fact, ...]:
        facts = []
        if person:
            began = (("-created_on", since),) if since else ()
            facts.append(Fact(people.kind_of(person), person, self.dated, (*people.values_of(row), *began)))
        if code:
            name = (("name", row["product"][: products.LONGEST_NAME]),) if row.get("product") else ()
            facts.append(Fact(products.KIND, code, self.dated, name))
        return tuple(facts)

    def describe(self, kind: int, facts: dict[str, dict[str, tuple[str, Any]]]) -> dict[str, Any]:
        return describing.describe(kind, facts, self.plan)

    def merge(self, rows: Sequence[tuple[int, Any]]) -> Outcome:
        wanted, counts, problems = _wanted(rows, self.today)
        buyers = people.find({said["person"] for said in wanted.values()})
        goods = products.find({said["product_id"] for said in wanted.values()})
        for said in wanted.values():
            said["customer_id"], said["product_id"] = buyers[said.pop("person")], goods[said["product_id"]]
        stored = Subscription.objects.select_for_update().filter(key__in=list(wanted))
        known = {str(one.key): one for one in stored}
        changed = [one for key, one in known.items() if _differs(one, wanted[key], self.plan.at)]
        self.plan.keep(Subscription, [one.pk for one in changed])
        before = {one.pk: one.state for one in changed}
        for one in changed:
            for name, value in wanted[str(one.key)].items():
                setattr(one, name, value)
        bulk.rewrite(changed, ["customer", "product", *WRITTEN])
        made = _create({key: said for key, said in wanted.items() if key not in known}, self.plan)
        write_states(made, changed, before, self.plan)
        counts += Counter(created=len(made), updated=len(changed), unchanged=len(known) - len(changed))
        return Outcome(dict(counts), problems)

    def finish(self) -> dict[str, Any]:
        return {}


def _day(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else ""


def _missing(said: Mapping[str, Any]) -> Reject | None:
    """What a subscription cannot be without."""
    if not said["person"]:
        return Reject("nobody")
    for name, field in (("product_id", "product"), ("amount", "amount"), ("interval", "interval")):
        if not said[name]:
            return Reject("missing", field)
    over = said["state"] in (State.CANCELLED, State.ENDED)
    return None if said["renews_on"] or said["started_on"] or over else Reject("missing", "renews_on")


def _wanted(
    rows: Sequence[tuple[int, Any]], today: date
) -> tuple[dict[str, dict[str, Any]], Counter[str], list[tuple[int, str, str]]]:
    """{key: columns} of what the rows mean; several products under one number are one subscription each."""
    first: dict[str, dict[str, Any]] = {}
    keys: dict[str, list[str]] = {}
    wanted: dict[str, dict[str, Any]] = {}
    counts: Counter[str] = Counter(created=0, updated=0, unchanged=0, skipped=0, rejected=0)
    problems: list[tuple[int, str, str]] = []
    for row, (number, values) in rows:
        said = dict(zip(SAID, values, strict=True))
        begun = first.setdefault(number, said)
        said = {name: said[name] or begun[name] for name in SAID}
        if missing := _missing(said):
            problems.append((row, "rejected", missing.code))
            counts["rejected"] += 1
            continue
        goods = keys.setdefault(number, [])
        if said["product_id"] not in goods:
            goods.append(said["product_id"])
        place = goods.index(said["product_id"])
        key = number if not place else f"{number}#{place + 1}"
        counts["unchanged"] += key in wanted  # The same once more; the last row counts.
        wanted[key] = _columns(said, today)
    return wanted, counts, problems


def _columns(said: Mapping[str, str], today: date) -> dict[str, Any]:
    interval, state = said["interval"], said["state"] or State.ACTIVE
    started = date.fromisoformat(said["started_on"]) if said["started_on"] else None
    renews = date.fromisoformat(said["renews_on"]) if said["renews_on"] else None
    ends = date.fromisoformat(said["ends_on"]) if said["ends_on"] else None
    anchor = (renews or started or ends or today).day
    if renews is None:
        renews = ends or started or today
        while state == State.ACTIVE and renews < today:
            renews = engine.following(renews, interval, anchor)
    return {
        "person": said["person"],
        "product_id": said["product_id"],
        "amount": Decimal(said["amount"]),
        "interval": interval,
        "started_on": started or min(renews, today),
        "renews_on": renews,
        "anchor_day": anchor,
        "ends_on": ends,
        "state": state,
        "state_at": datetime.fromisoformat(f"{said['state_at']}+00:00") if said["state_at"] else None,
        "reason": said["reason"],
    }


def _differs(one: Subscription, said: dict[str, Any], at: datetime) -> bool:
    """Whether the file says something new; `said` keeps what the file does not know better."""
    if said["state_at"] is None:
        said["state_at"] = one.state_at if one.state == said["state"] else at
    if one.renews_itself:  # A person took it over: its day is moved here.
        said["renews_on"] = max(said["renews_on"], one.renews_on)
    if not said["reason"]:
        said["reason"] = one.reason
    return any(getattr(one, name) != value for name, value in said.items())


def _create(wanted: Mapping[str, dict[str, Any]], plan: Plan) -> list[Subscription]:
    if not wanted:
        return []
    numbers = bulk.reserve(Subscription, len(wanted))
    made = [
        Subscription(
            id=number, key=key, renews_itself=False, **{**said, "state_at": said["state_at"] or plan.at}
        )
        for number, (key, said) in zip(numbers, wanted.items(), strict=True)
    ]
    Subscription.objects.bulk_create(made, batch_size=1000)
    plan.made(Subscription, numbers)
    return made
