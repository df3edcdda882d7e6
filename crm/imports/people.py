"""Who a row is about: customers found by number, else e-mail, else phone; created, or described anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Model, Q

from crm import bulk, matching
from crm.imports import consents, permission, sealing, tags
from crm.imports.full_names import split_name
from crm.imports.kinds import Plan, Reject
from crm.imports.parsing import dialled
from crm.models import Customer
from crm.models.customer import new_public_id, searchable

NUMBER, MAIL, PHONE = "1:", "2:", "3:"
KNOWN_AS: Final = {NUMBER: "number", MAIL: "email", PHONE: "phone"}
KINDS: Final = {
    NUMBER: 0,
    MAIL: 1,
    PHONE: 2,
}  # Described in this order, so that a number outranks an address.
ATTRIBUTES: Final = [
    "email",
    "phone",
    "first_name",
    "last_name",
    "country",
    "city",
    "birth_date",
    "gender",
    "language",
    "source",
    "consent_email",
    "tags",
]
PLAIN: Final = (
    "email",
    "phone",
    "first_name",
    "last_name",
    "country",
    "city",
    "gender",
    "language",
    "source",
)
DIRECT: Final = frozenset([*PLAIN, "birth_date"])
FOUND_BY: Final = frozenset(["first_name", "last_name", "email", "phone", "external_id"])
IDENTIFIERS: Final = ("customer", "email", "phone")
OWN: Final = (sealing.OWN, sealing.SEALED)
EMPTY: Final[tuple[tuple[str, Any], ...]] = ()

type Facts = Mapping[str, Mapping[str, tuple[str, Any]]]


def _longest(model: type[Model], name: str) -> int:
    return int(getattr(model._meta.get_field(name), "max_length", 0) or 0)


LONGEST: Final = {name: _longest(Customer, name) for name in (*PLAIN, "external_id")}


def key_of(row: Mapping[str, Any], order: Sequence[str] = IDENTIFIERS) -> str:
    """The key of the person a row names by the first identifier that is filled in, "" when by none."""
    for name in order:
        if found := row.get(name):
            if name == "email":
                return f"{MAIL}{found}"
            if name == "phone":
                return f"{PHONE}{dialled(found, row.get('country', ''))}"
            if len(found) > LONGEST["external_id"]:
                raise Reject("too_long", "customer")
            return f"{NUMBER}{found}"
    return ""


def key_order(options: Mapping[str, Any]) -> tuple[str, ...]:
    """By what people are found: number, e-mail, phone, or as the import says, that one first."""
    first = str(options.get("key") or "")
    return (first, *(one for one in IDENTIFIERS if one != first)) if first in IDENTIFIERS else IDENTIFIERS


def kind_of(key: str) -> int:
    return KINDS[key[:2]]


def values_of(row: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """What the row says about the person, ready to be staged."""
    found: dict[str, Any] = {}
    if full := row.get("name"):
        found["first_name"], found["last_name"] = split_name(full)
    for name in ATTRIBUTES:
        if name in row:
            value = row[name]
            if name == "phone":
                value = dialled(value, row.get("country", ""))
            found[name] = value[: LONGEST[name]] if name in LONGEST else value
    if day := found.get("birth_date"):
        found["birth_date"] = day.isoformat()
    for name, value in row.items():
        if name.startswith(OWN):
            found[name] = value.isoformat() if isinstance(value, date) else value
    return tuple((name, value) for name, value in found.items() if value != "")


def find(keys: Iterable[str]) -> dict[str, int]:
    """The customers of these keys; who shares an address or phone with others is the first of them."""
    return {key: person.pk for key, person in _found(keys, only=("pk",)).items()}


def _found(keys: Iterable[str], *, only: Collection[str] = ()) -> dict[str, Customer]:
    wanted: dict[str, dict[str, str]] = {NUMBER: {}, MAIL: {}, PHONE: {}}
    for key in keys:
        wanted[key[:2]][key[2:]] = key
    found: dict[str, Customer] = {}
    columns = {NUMBER: "external_id", MAIL: "email", PHONE: "phone"}
    for prefix, column in columns.items():
        if texts := wanted[prefix]:
            people = Customer.objects.filter(**{f"{column}__in": bulk.texts(texts)}).order_by("-pk")
            # Whom we describe is locked, so that an edit at the same moment is not written over.
            people = people.only(*only, column) if only else people.select_for_update()
            for person in people:
                found[texts[getattr(person, column)]] = person
            found |= _merged(matching.Kind(KNOWN_AS[prefix]), texts, found)
    return found


def _merged(
    kind: matching.Kind, texts: Mapping[str, str], found: Mapping[str, Customer]
) -> dict[str, Customer]:
    """Who took over the people that these texts once stood for."""
    former = matching.former(kind, [text for text, key in texts.items() if key not in found])
    people = Customer.objects.in_bulk(set(former.values())) if former else {}
    return {texts[text]: people[number] for text, number in former.items()}


def left_out(facts: Facts, mode: str) -> dict[str, str]:
    """The keys that an import which only adds, or only changes, leaves out, with the reason."""
    if mode not in {"create", "update"}:
        return {}
    known = _found(facts, only=("pk",))
    if mode == "create":
        return dict.fromkeys(known, "known_already")
    return {key: "not_known" for key in facts if key not in known}


def describe(facts: Facts, plan: Plan) -> dict[str, tuple[str, int]]:
    """Create or update the people of these keys; {key: ("created" | "updated" | "unchanged", id)}."""
    known = _found(facts)
    _adopt(facts, known)
    known_at = {key: _known_at(person) for key, person in known.items()}
    fresh = [key for key in sorted(facts) if key not in known]
    free = _free_numbers(facts)
    verdicts: dict[str, tuple[str, int]] = {}
    suppressed = consents.suppressed(address for address in map(_address, facts.values()) if address)
    changed: list[Customer] = []
    columns: set[str] = set()
    for key, person in known.items():
        if updated := _update(person, key, facts[key], suppressed, free):
            changed.append(person)
            columns |= updated
        verdicts[key] = ("updated" if updated else "unchanged", person.pk)
    plan.keep(Customer, [one.pk for one in changed])
    bulk.rewrite(changed, sorted(columns))
    numbers, agreed = _create(fresh, facts, plan, suppressed, free)
    verdicts |= {key: ("created", number) for number, key in zip(numbers, fresh, strict=True)}
    people = {key: number for key, (_verdict, number) in verdicts.items()}
    touched = consents.take(facts, people, plan, agreed, numbers) | tags.take(facts, people, plan)
    touched |= permission.take(facts, people, plan) | sealing.take(facts, people, plan, known_at)
    for key in touched:
        if verdicts[key][0] == "unchanged":
            verdicts[key] = ("updated", verdicts[key][1])
    return verdicts


def _create(
    fresh: Sequence[str], facts: Facts, plan: Plan, suppressed: Mapping[str, datetime], free: Collection[str]
) -> tuple[list[int], list[int]]:
    """The new people's numbers, and of those who agreed to mails."""
    if not fresh:
        return [], []
    numbers = bulk.reserve(Customer, len(fresh))
    rows = [
        _new(number, key, facts[key], plan, suppressed, free)
        for number, key in zip(numbers, fresh, strict=True)
    ]
    bulk.write_full(Customer, rows)
    plan.made(Customer, numbers)
    return numbers, [row["id"] for row in rows if row["email_consent"] == consents.GRANTED]


def _address(facts: Mapping[str, tuple[str, Any]]) -> str:
    return str(facts["email"][1]) if "email" in facts else ""


def _adopt(facts: Facts, known: dict[str, Customer]) -> None:
    """Somebody known by address only gets the number that a file gives to this address."""
    lost = {
        address: key
        for key in sorted(facts, reverse=True)
        if key.startswith(NUMBER) and key not in known and (address := _address(facts[key]))
    }
    if lost:
        for person in Customer.objects.filter(email__in=bulk.texts(lost), external_id=None).order_by("-pk"):
            known[lost[person.email]] = person


def _free_numbers(facts: Facts) -> set[str]:
    """The customer numbers in rows found by address that nobody has yet; each is given once."""
    told = [str(one["number"][1]) for one in facts.values() if "number" in one]
    free = {number for number, times in Counter(told).items() if times == 1}
    return free - set(
        Customer.objects.filter(external_id__in=list(free)).values_list("external_id", flat=True)
        if free
        else ()
    )


def _update(
    person: Customer,
    key: str,
    facts: Mapping[str, tuple[str, Any]],
    suppressed: Mapping[str, datetime],
    free: Collection[str],
) -> set[str]:
    """Take over what is newer than what we know, and what we did not know; the fields that changed."""
    changed: set[str] = set()
    latest = _latest(facts)
    if key.startswith(NUMBER) and person.external_id is None:
        person.external_id = key[2:]
        changed.add("external_id")
    elif person.external_id is None and facts.get("number", ("", ""))[1] in free:
        person.external_id = str(facts["number"][1])
        changed.add("external_id")
    known_at = _known_at(person)
    changed |= _take_over(person, facts, known_at)
    if changed:
        if latest > known_at:
            person.described_at = datetime.fromisoformat(f"{latest}+00:00")
            changed.add("described_at")
        if person.suppressed_at is None and (stopped := suppressed.get(person.email)):
            person.suppressed_at = stopped
            changed.add("suppressed_at")
        if changed & FOUND_BY:
            person.prepare()
            changed |= {"email", "search_text"}
    return changed


def _known_at(person: Customer) -> str:
    return str(person.described_at.replace(tzinfo=None)) if person.described_at else ""


def _take_over(person: Customer, facts: Mapping[str, tuple[str, Any]], known_at: str) -> set[str]:
    changed = set()
    for name, (dated, value) in facts.items():
        newer = dated >= known_at
        if name in DIRECT:
            now = getattr(person, name)
            now = now.isoformat() if isinstance(now, date) else now
            if (now or None) != value and (newer or not now):
                if name == "birth_date":
                    person.birth_date = date.fromisoformat(value) if value else None
                else:
                    setattr(person, name, value or "")
                changed.add(name)
        elif name.startswith("custom."):
            own = name.removeprefix("custom.")
            if person.custom.get(own) != value and (newer or own not in person.custom):
                rest = {key: kept for key, kept in person.custom.items() if key != own}
                person.custom = rest if value is None else {**rest, own: value}
                changed.add("custom")
    return changed


def _new(
    number: int,
    key: str,
    facts: Mapping[str, tuple[str, Any]],
    plan: Plan,
    suppressed: Mapping[str, datetime],
    free: Collection[str],
) -> dict[str, Any]:
    texts = {name: facts[name][1] or "" if name in facts else "" for name in PLAIN}
    said = str(facts["number"][1]) if "number" in facts else ""
    external = key[2:] if key.startswith(NUMBER) else said if said in free else None
    custom = {
        name[7:]: value
        for name, (_at, value) in facts.items()
        if name.startswith("custom.") and value is not None
    }
    latest = _latest(facts)
    stopped = suppressed.get(texts["email"])
    return {
        "id": number,
        "public_id": new_public_id(),
        "external_id": external,
        **texts,
        "birth_date": facts["birth_date"][1] if "birth_date" in facts else None,
        "created_on": facts["-created_on"][1]
        if "-created_on" in facts
        else plan.at.astimezone(plan.zone).date().isoformat(),
        "custom": bulk.json_text(custom),
        "search_text": searchable(
            texts["first_name"], texts["last_name"], texts["email"], texts["phone"], external or ""
        ),
        "described_at": latest or None,
        "email_consent": str(consents.at_first(facts, stopped)),
        "suppressed_at": str(stopped.replace(tzinfo=None)) if stopped else None,
    }


def _latest(facts: Mapping[str, tuple[str, Any]]) -> str:
    """When the youngest of them was true."""
    return max({dated for dated, _value in facts.values()}, default="").partition("#")[0]


def count_new_here(verdicts: Mapping[str, tuple[str, int]], in_file: Callable[[list[str]], set[str]]) -> int:
    """How many of these people were not counted under another of their keys in the same file."""
    ids = {number for key, (_verdict, number) in verdicts.items()}
    doubtful = [
        number
        for key, (verdict, number) in verdicts.items()
        if verdict != "created" and not key.startswith(NUMBER)
    ]
    if not doubtful:
        return len(ids)
    others: dict[str, int] = {}
    for person in Customer.objects.filter(pk__in=doubtful).filter(
        Q(external_id__isnull=False) | ~Q(email="")
    ):
        if person.external_id:
            others[f"{NUMBER}{person.external_id}"] = person.pk
        if person.email and f"{MAIL}{person.email}" not in verdicts:
            others[f"{MAIL}{person.email}"] = person.pk
    return len(ids - {others[key] for key in in_file(list(others))})
