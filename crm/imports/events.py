"""The kind "events": one row is one thing that somebody did, as a website or another program kept it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import ledger
from crm.behaviour import reading
from crm.errors import Refusal
from crm.imports import describing, fields, people
from crm.imports.kinds import Fact, Outcome, Plan, Reject, Session, Staged
from crm.models import Interaction

SOURCE: Final = "import"  # One for all files: the same row again, in whichever file, is the same event.
BETWEEN: Final = re.compile(r"[\s.:/-]+")
AT_ONCE: Final = 500


class EventsLoader:
    label = gettext_lazy("Events")
    fields = fields.EVENT_FIELDS

    def check(self, plan: Plan) -> None:
        if not plan.mapped & {"customer", "email", "phone"}:
            raise Refusal(_("Which column says who it is? Choose one for customer number, e-mail or phone."))
        if "event" not in plan.mapped:
            raise Refusal(_("Which column says what happened? Choose one for the event."))
        if "at" not in plan.mapped:
            raise Refusal(_("Which column says when it happened? Choose one for the moment."))

    def session(self, plan: Plan) -> Session:
        return EventsSession(plan)


class EventsSession:
    """A row is known by its own words and how often it stood in the file before."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.key_order = people.key_order(plan.options)

    def judge(self, row: dict[str, Any]) -> Staged:
        person = people.key_of(row, self.key_order)
        if not person:
            raise Reject("nobody")
        at: datetime | None = row.get("at")
        if at is None:
            raise Reject("missing", "at")
        number = row.get("number")
        said = [
            person,
            _name(row.get("event", "")),
            at.isoformat(),
            row.get("subject", "")[:120],
            None if number is None else float(number),
            _properties(row.get("properties", "")),
        ]
        text = json.dumps(said, sort_keys=True, ensure_ascii=False)
        mark = blake2b(text.encode(), digest_size=20).hexdigest()
        since = at.astimezone(self.plan.zone).date().isoformat()
        told = (*people.values_of(row), ("-created_on", since))
        fact = Fact(people.kind_of(person), person, str(at.replace(tzinfo=None)), told)
        return Staged(mark, [mark, *said], (fact,))

    def describe(self, kind: int, facts: dict[str, dict[str, tuple[str, Any]]]) -> dict[str, Any]:
        return describing.describe(kind, facts, self.plan)

    def merge(self, rows: Sequence[tuple[int, Any]]) -> Outcome:
        known = people.find({said[1] for _number, said in rows})
        seen: Counter[str] = Counter()
        wanted: dict[str, Interaction] = {}
        for _number, said in rows:
            seen[said[0]] += 1
            key = f"{said[0]}:{seen[said[0]]}"
            wanted[key] = _interaction(said, known[said[1]], key)
        before = _stored(list(wanted))
        ledger.record(one for key, one in wanted.items() if key not in before)
        made = _stored([key for key in wanted if key not in before])
        self.plan.made(Interaction, made.values())
        return Outcome({"created": len(made), "unchanged": len(rows) - len(made)})

    def finish(self) -> dict[str, Any]:
        return {}


def _name(text: str) -> str:
    """The event as rules call it: “Page view” is page_view."""
    name = BETWEEN.sub("_", text.lower())
    if not name:
        raise Reject("missing", "event")
    if not reading.NAME.fullmatch(name):
        raise Reject("bad_event", "event")
    if name in reading.RESERVED:
        raise Reject("own_event", "event")
    return name


def _properties(text: str) -> dict[str, Any]:
    try:
        return reading.properties_of(json.loads(text)) if text else {}
    except (ValueError, RecursionError, reading.Bad) as error:
        raise Reject("bad_properties", "properties") from error


def _interaction(said: Sequence[Any], customer: int, key: str) -> Interaction:
    _mark, _person, kind, at, subject, number, properties = said
    return Interaction(
        customer_id=customer,
        kind=kind,
        at=datetime.fromisoformat(at),
        source=SOURCE,
        key=key,
        subject=subject,
        number=number,
        properties=properties,
    )


def _stored(keys: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(keys), AT_ONCE):
        rows = Interaction.objects.filter(source=SOURCE, key__in=keys[start : start + AT_ONCE])
        found |= dict(rows.values_list("key", "pk"))
    return found
