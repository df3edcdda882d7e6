"""Segment rules read by plain Python, straight from CONTRACT.md: what the compiled rules are checked against.

Knows nothing of the program. People are dictionaries; a rule is its JSON.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

DATES = {"birth_date", "created_on", "first_bought_on", "last_bought_on"}
SINCE = {"recency_days": "last_bought_on", "mail.opened_days": "last_opened_on"}
SINCE["mail.clicked_days"] = "last_clicked_on"
FEATURES = {
    "average_order": "average_order",
    "gap_days": "gap_days",
    "first_bought_on": "first_bought_on",
    "last_bought_on": "last_bought_on",
    "rfm.group": "rfm_group",
    "rfm.recency": "rfm_recency",
    "cluster": "cluster",
    "nps.last": "nps_last",
    "csat.last": "csat_last",
}


@dataclass
class World:
    today: date
    zone: ZoneInfo
    as_of: bool
    people: list[dict]
    segments: dict[str, dict | None] = field(default_factory=dict)  # A rule, or None: a list kept by hand.

    def day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def happened(self, at: datetime) -> bool:
        return not self.as_of or self.day(at) <= self.today


def fits(world: World, rule: dict, person: dict) -> bool:
    if "all" in rule:
        return all(fits(world, part, person) for part in rule["all"])
    if "any" in rule:
        return any(fits(world, part, person) for part in rule["any"])
    if "not" in rule:
        return not fits(world, rule["not"], person)
    if "in_segment" in rule:
        inner = world.segments[rule["in_segment"]]
        if inner is not None:
            return fits(world, inner, person)
        stays = person["stays"].get(rule["in_segment"], [])
        if world.as_of:
            return any(
                world.happened(start) and (end is None or not world.happened(end)) for start, end in stays
            )
        return any(end is None for _start, end in stays)
    if "did" in rule:
        return did(world, rule, person)
    return compare(value_of(world, rule["field"], person), rule["op"], rule.get("value"), world.today)


def value_of(world: World, name: str, person: dict) -> object:
    features = person["features"] or {}
    if name == "age":
        return age(person["birth_date"], world.today)
    if name in SINCE:
        last = features.get(SINCE[name])
        return None if last is None else (world.today - last).days
    if name in {"orders", "revenue"}:
        return features.get(name, 0)
    if name in FEATURES:
        return features.get(FEATURES[name])
    if name == "consent.email":
        return person["email_consent"]
    area, _dot, rest = name.partition(".")
    if area == "custom":
        return person["custom"].get(rest)
    if area == "tag":
        return person["tags"].get(rest)
    if area == "answer":
        return answer(world, person, *rest.split("."))
    return person[name]


def answer(world: World, person: dict, survey: str, question: str) -> object:
    """The latest answer in which the question was answered; of equal moments the one written last."""
    found = None
    for entry in sorted(enumerate(person["entries"]), key=lambda pair: (pair[1]["at"], pair[0])):
        row = entry[1]
        if row["kind"] == "answer" and row["subject"] == survey and world.happened(row["at"]):
            value = row["number"] if question == "score" else row["properties"].get(question)
            if value not in (None, "", []):
                found = value
    return found


def age(born: date | None, today: date) -> int | None:
    if born is None:
        return None
    return today.year - born.year - (today < anniversary(born, today.year))


def anniversary(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def compare(actual: object, op: str, value: object, today: date) -> bool:
    opposite = {"is_not": "is", "not_in": "in", "not_in_last_days": "in_last_days", "unknown": "known"}
    if op in opposite:
        return not compare(actual, opposite[op], value, today)
    if isinstance(actual, list):
        return any(compare(one, op, value, today) for one in actual)
    if actual is None or actual == "":
        return False
    if op == "known":
        return True
    if isinstance(actual, date):
        return compare_day(actual, op, value, today)
    values = value if isinstance(value, list) else [value]
    if isinstance(actual, bool) or isinstance(values[0], bool):
        return isinstance(actual, bool) and actual is values[0]
    if isinstance(actual, str) != isinstance(values[0], str):
        return False  # A text is no number.
    if isinstance(actual, str):
        actual, values = actual.lower(), [one.lower() for one in values]
    else:
        actual, values = exact(actual), [exact(one) for one in values]
    return ordered(actual, op, values)


def compare_day(actual: date, op: str, value: object, today: date) -> bool:
    if op == "in_last_days":
        return today - timedelta(days=value - 1) <= actual <= today
    if op == "anniversary_in_days":
        window = [today + timedelta(days=step) for step in range(value)]
        return actual < today and any(anniversary(actual, day.year) == day for day in window)
    values = [date.fromisoformat(one) for one in (value if isinstance(value, list) else [value])]
    return ordered(actual, {"before": "<", "after": ">"}.get(op, op), values)


def ordered(actual, op: str, values: list) -> bool:
    first = values[0]
    match op:
        case "is":
            return actual == first
        case "in":
            return actual in values
        case "contains":
            return first in actual
        case "starts_with":
            return actual.startswith(first)
        case ">":
            return actual > first
        case ">=":
            return actual >= first
        case "<":
            return actual < first
        case "<=":
            return actual <= first
        case "between":
            return first <= actual <= values[1]
    raise AssertionError(op)


def did(world: World, rule: dict, person: dict) -> bool:
    op, value = rule.get("op", ">="), rule.get("value", 1)
    figure = measured(world, rule, occasions(world, rule, person))
    return compare(figure, op, value, world.today)


def occasions(world: World, rule: dict, person: dict) -> list[dict]:
    """What happened in the period, each with those of its lines that all conditions hold of."""
    if rule["did"] == "purchase":
        rows = [row for row in person["purchases"] if counts(world, row)]
    elif rule["did"] == "refund":
        rows = [{**row, "lines": [row]} for row in person["refunds"]]
    else:
        rows = [{**row, "lines": [row]} for row in person["entries"] if row["kind"] == rule["did"]]
    found = []
    for row in rows:
        if not world.happened(row["at"]) or not within(world, rule, world.day(row["at"])):
            continue
        lines = [line for line in row["lines"] if meets(world, rule, row, line)]
        of_lines = {"product", "category", "amount", "quantity"}
        asked = {one["field"] for one in rule.get("where", [])} & of_lines
        whole = not asked and rule["did"] == "purchase" and meets(world, rule, row, {})
        if lines or whole:
            found.append({**row, "lines": lines})
    return found


def counts(world: World, row: dict) -> bool:
    refunded = sum(
        (refund["amount"] for refund in row["refunds"] if world.happened(refund["at"])), Decimal(0)
    )
    return row["status"] == "completed" and (refunded == 0 or refunded < row["charged"])


def within(world: World, rule: dict, day: date) -> bool:
    if "within_days" in rule:
        return world.today - timedelta(days=rule["within_days"] - 1) <= day <= world.today
    start, end = rule.get("from"), rule.get("to")
    return (start is None or day >= date.fromisoformat(start)) and (
        end is None or day <= date.fromisoformat(end)
    )


def meets(world: World, rule: dict, row: dict, line: dict) -> bool:
    return all(
        positive_of_any(facts(one["field"], row, line), one, world.today) for one in rule.get("where", [])
    )


def positive_of_any(actual: list, one: dict, today: date) -> bool:
    """A product has a name and a number, a campaign a title and a short name: any of them may fit."""
    opposite = {"is_not": "is", "not_in": "in", "unknown": "known"}
    op, turned = opposite.get(one["op"], one["op"]), one["op"] in opposite
    return any(compare(value, op, one.get("value"), today) for value in actual) != turned


def facts(name: str, row: dict, line: dict) -> list:
    if name == "product":
        return [line["product"]["name"], line["product"]["sku"]] if line.get("product") else [None]
    if name == "category":
        return [line["product"]["category"] if line.get("product") else None]
    if name in {"campaign", "survey"}:
        return [row["subject"], row["title"]]
    if name.startswith("property."):
        return [row["properties"].get(name.removeprefix("property."))]
    if name == "score":
        return [row["number"]]
    return [line[name] if name in line else row.get(name)]


def measured(world: World, rule: dict, rows: list[dict]) -> object:
    measure = rule.get("measure", "times")
    if measure == "times":
        return (
            len({row.get("number") or row["key"] for row in rows}) if rule["did"] == "refund" else len(rows)
        )
    if measure == "days_between":
        days = sorted(world.day(row["at"]) for row in rows)
        return Decimal((days[-1] - days[0]).days) / (len(days) - 1) if len(days) > 1 else None
    of = rule.get("of", "score" if rule["did"] == "answer" else "amount")
    if of == "channel":
        values = [row["channel"] for row in rows]
    else:
        values = [facts(of, row, line)[-1] for row in rows for line in row["lines"]]
    known = [value for value in values if value not in (None, "") and not isinstance(value, bool | list)]
    if measure == "distinct":
        return len({value.lower() if isinstance(value, str) else value for value in known})
    if measure == "sum":
        return sum(map(exact, known), Decimal(0))
    return round(sum(map(exact, known), Decimal(0)) / len(known), 12) if known else None


def lines(world: World, rule: dict, people: list[dict]) -> list[int]:
    """The counts of a preview in reading order, for the people who are still there."""
    if "all" in rule:
        found, left = [], people
        for part in rule["all"]:
            found += lines(world, part, left)
            left = [person for person in left if fits(world, part, person)]
        return found
    if "any" in rule:
        found = [count for part in rule["any"] for count in lines(world, part, people)]
        return [*found, sum(fits(world, rule, person) for person in people)]
    left = sum(fits(world, rule, person) for person in people)
    if "not" in rule and {"all", "any", "not"} & set(rule["not"]):
        return [*lines(world, rule["not"], people), left]
    return [left]


def exact(value: object) -> Decimal:
    return Decimal(str(value))


def moment(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """Some minutes after the hour of the shop's clock."""
    return datetime(day.year, day.month, day.day, hour, 59, 59, tzinfo=zone).astimezone(UTC)
