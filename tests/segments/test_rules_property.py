"""Every operator and condition of the rule language against a plain reading of what was promised."""

from __future__ import annotations

import functools
import os
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings, strategies

from crm.models import (
    Customer,
    CustomerTag,
    CustomField,
    Interaction,
    Product,
    Purchase,
    PurchaseLine,
    Refund,
    Tag,
)
from segments.models import CustomerFeatures, Membership, Segment
from segments.rules import lines as preview_lines
from segments.rules.compile import to_q
from segments.rules.moment import Moment
from segments.rules.parsing import parse
from tests.segments import chance as st
from tests.segments import plain_reading as plain

EXAMPLES = int(os.environ.get("RULE_EXAMPLES", "60"))
RULES_PER_SHOP = 12
TEXTS = ["Tea", "TEA", "tea bag", "Grün", "GRÜN", "ЧАЙ", "чай", "茶", "a%b", "aXb", "o'k", "χάος", "ΧΆΟΣ"]
PRODUCTS = [("Green tea", "G1", "Tea"), ("grün", "X-2", "TEE"), ("Cup", "cup", "")]
GROUPS = ["champions", "loyal", "at_risk"]
SURVEYS, EVENTS = ["spring", "shop"], ["open", "click", "answer", "view", "workshop"]
NUMBERS = st.sampled_from([0, 1, 2, 3, 5, 9, 10, 19.9, 20, 0.1, 0.3, -1, 30, 45])
text_or_blank = st.sampled_from(["", *TEXTS])
money = st.sampled_from([Decimal(one) for one in ("0", "0.1", "0.2", "0.7", "5", "9.9999", "20", "30")])


def maybe(strategy):
    return st.none() | strategy


@functools.cache
def days_around(today):
    """Days at which something changes: the edges of periods, leap days, birthdays."""
    steps = [0, 0, -1, -2, -6, -7, -29, -30, -365, 1, 6, 7]
    near = [today + timedelta(days=step) for step in steps]
    birthdays = [plain.anniversary(day, 1996) for day in near if day.year > 2000]
    leap = [date(2000, 2, 29), date(2000, 2, 29), date(1999, 2, 28), date(2020, 2, 29), date(1996, 3, 1)]
    return st.sampled_from([*near, *near, *leap, *birthdays])


@st.composite
def cases(draw):
    zone = ZoneInfo(draw(st.sampled_from(["UTC", "Asia/Shanghai", "America/New_York"])))
    today = draw(st.sampled_from([date(2026, 6, 15), date(2024, 2, 29), date(2023, 2, 28), date(2026, 3, 8)]))
    people = draw(st.lists(persons(today, moments_around(today, zone)), min_size=3, max_size=6))
    world = plain.World(today, zone, draw(st.booleans()), people)
    world.segments = {"by-hand": None, "by-rule": draw(st.one_of([field_rules(today), did_rules(today)]))}
    asked = draw(st.lists(rules(today), min_size=RULES_PER_SHOP, max_size=RULES_PER_SHOP))
    return world, asked


@functools.cache
def moments_around(today, zone):
    return st.builds(plain.moment, days_around(today), st.sampled_from([0, 3, 12, 23]), st.just(zone))


@functools.cache
def features_around(today):
    days = days_around(today)
    return st.fixed_dictionaries(
        {
            "orders": st.integers(0, 5),
            "revenue": money,
            "average_order": maybe(money),
            "first_bought_on": maybe(days),
            "last_bought_on": maybe(days),
            "last_opened_on": maybe(days),
            "last_clicked_on": maybe(days),
            "gap_days": maybe(st.sampled_from([1.5, 9.0, 30.0])),
            "nps_last": maybe(st.integers(0, 10).map(float)),
            "csat_last": maybe(st.integers(1, 5).map(float)),
            "rfm_group": st.sampled_from(["", *GROUPS]),
            "rfm_recency": maybe(st.integers(1, 5)),
            "cluster": text_or_blank,
        }
    )


@functools.cache
def own_around(today):
    return st.fixed_dictionaries(
        {},
        optional={
            "hobby": text_or_blank,
            "size": NUMBERS | st.none(),
            "met": days_around(today),
            "vip": st.booleans(),
            "colour": st.sampled_from(["Red", "Green"]),
        },
    )


@functools.cache
@st.composite
def persons(draw, today, moments):
    days = days_around(today)
    stays = st.lists(st.tuples(moments, maybe(moments)), max_size=2)
    return {
        **{name: draw(text_or_blank) for name in ("country", "city", "source")},
        "email_consent": draw(st.sampled_from(["unknown", "granted", "withdrawn"])),
        "birth_date": draw(maybe(days)),
        "created_on": draw(days),
        "features": draw(maybe(features_around(today))),
        "custom": draw(own_around(today)),
        "tags": draw(st.dictionaries(st.sampled_from(["vip", "Grün"]), st.integers(0, 100))),
        "purchases": draw(st.lists(purchases(moments), max_size=4)),
        "refunds": draw(st.lists(refunds(moments), max_size=2)),
        "entries": draw(st.lists(entries(moments), max_size=4)),
        "stays": {"by-hand": only_one_open(draw(stays))},
    }


def only_one_open(stays):
    """A person is in a list at most once at a time; an end comes after its beginning."""
    ordered = [(start, end if end is None or end > start else None) for start, end in stays]
    ended = [(start, end) for start, end in ordered if end]
    return ended + [one for one in ordered if one[1] is None][:1]


@functools.cache
@st.composite
def purchases(draw, moments):
    charged = draw(money)
    back = draw(st.sampled_from([[], [], [charged], [charged / 2]]))
    line = st.fixed_dictionaries(
        {
            "product": maybe(st.sampled_from(range(len(PRODUCTS)))),
            "amount": money,
            "quantity": st.sampled_from([Decimal(1), Decimal("2.5"), Decimal(-1)]),
        }
    )
    return {
        "at": draw(moments),
        "status": draw(st.sampled_from(["completed", "completed", "completed", "cancelled"])),
        "charged": charged,
        "refunds": [{"at": draw(moments), "amount": round(amount, 4)} for amount in back],
        "channel": draw(st.sampled_from(["", "web", "WEB", "Shöp"])),
        "coupon": draw(st.sampled_from(["", "SPRING"])),
        "lines": [product_of(one) for one in draw(st.lists(line, max_size=3))],
    }


@functools.cache
def refunds(moments):
    found = st.fixed_dictionaries(
        {
            "at": moments,
            "number": st.sampled_from(["", "R1", "R2"]),
            "product": maybe(st.sampled_from(range(len(PRODUCTS)))),
            "amount": money,
            "quantity": st.just(Decimal(1)),
        }
    )
    return found.map(product_of)


def product_of(line):
    index = line["product"]
    known = None if index is None else dict(zip(("name", "sku", "category"), PRODUCTS[index], strict=True))
    return {**line, "product": known, "index": index}


@functools.cache
def entries(moments):
    loose = st.sampled_from(["Tea", "чай", 3, 9.5, True, None, "", ["Tea", "x"], [1, 3], []])
    return st.fixed_dictionaries(
        {
            "kind": st.sampled_from(EVENTS),
            "at": moments,
            "subject": st.sampled_from(SURVEYS),
            "title": st.sampled_from(["Spring sale", "ЧАЙ"]),
            "number": maybe(st.sampled_from([0.0, 3.0, 9.0, 10.0])),
            "properties": st.dictionaries(st.sampled_from(["why", "page"]), loose),
        }
    )


def text_tests(texts=TEXTS):
    word = st.sampled_from(texts)
    return (
        st.tuples(st.sampled_from(["is", "is_not", "contains", "starts_with"]), word)
        | st.tuples(st.sampled_from(["contains", "starts_with"]), word.map(lambda one: one[:2].strip()))
        | st.tuples(st.sampled_from(["in", "not_in"]), st.lists(word, min_size=1, max_size=3))
        | known_tests()
    )


def known_tests():
    return st.tuples(st.sampled_from(["known", "unknown"]), st.none())


def number_tests():
    pairs = st.lists(NUMBERS, min_size=2, max_size=2).map(sorted)
    return (
        st.tuples(st.sampled_from(["is", "is_not", ">", ">=", "<", "<="]), NUMBERS)
        | st.tuples(st.sampled_from(["in", "not_in"]), st.lists(NUMBERS, min_size=1, max_size=3))
        | st.tuples(st.just("between"), pairs)
        | known_tests()
    )


def choice_tests(codes):
    one = st.sampled_from(codes)
    several = st.tuples(st.sampled_from(["in", "not_in"]), st.lists(one, min_size=1))
    return st.tuples(st.sampled_from(["is", "is_not"]), one) | several | known_tests()


def day_tests(today):
    day = days_around(today).map(date.isoformat)
    return (
        st.tuples(st.sampled_from(["is", "is_not", "before", "after", ">", ">=", "<", "<="]), day)
        | st.tuples(st.sampled_from(["in", "not_in"]), st.lists(day, min_size=1, max_size=3))
        | st.tuples(st.just("between"), st.lists(day, min_size=2, max_size=2).map(sorted))
        | st.tuples(
            st.sampled_from(["in_last_days", "not_in_last_days", "anniversary_in_days"]),
            st.sampled_from([1, 2, 7, 30, 366, 4000]),
        )
        | known_tests()
    )


def loose_tests():
    return text_tests(["Tea", "чай", "x"]) | number_tests()


@functools.cache
def field_rules(today):
    kinds = {
        text_tests(): ["country", "city", "source", "cluster", "custom.hobby"],
        number_tests(): [
            *("age", "orders", "revenue", "average_order", "recency_days", "gap_days", "rfm.recency"),
            *("nps.last", "csat.last", "mail.opened_days", "mail.clicked_days", "custom.size"),
            *("tag.vip", "tag.Grün", "answer.spring.score"),
        ],
        day_tests(today): ["birth_date", "created_on", "first_bought_on", "last_bought_on", "custom.met"],
        choice_tests(["unknown", "granted", "withdrawn"]): ["consent.email"],
        choice_tests(GROUPS): ["rfm.group"],
        choice_tests(["Red", "Green"]): ["custom.colour"],
        st.tuples(st.sampled_from(["is", "is_not"]), st.booleans()) | known_tests(): ["custom.vip"],
        loose_tests(): ["answer.spring.why", "answer.shop.why"],
    }
    return st.one_of([st.builds(condition, st.sampled_from(names), tests) for tests, names in kinds.items()])


def condition(name, test):
    op, value = test
    return {"field": name, "op": op} | ({} if value is None else {"value": value})


WHERE = {
    "purchase": {
        "product": text_tests(["Green tea", "G1", "GRÜN", "cup"]),
        "category": text_tests(["tea", "tee"]),
        "channel": text_tests(["web", "SHÖP"]),
        "coupon": text_tests(["spring"]),
        "amount": number_tests(),
        "quantity": number_tests(),
    },
    "refund": {"product": text_tests(["Green tea", "CUP"]), "amount": number_tests()},
    "answer": {
        "survey": text_tests(["spring", "чай"]),
        "score": number_tests(),
        "property.why": loose_tests(),
    },
}
MAIL = {"campaign": text_tests(["SPRING", "чай", "spring sale"]), "property.page": loose_tests()}
OF = {
    "purchase": {"sum": ["amount", "quantity"], "average": ["amount"]},
    "refund": {"sum": ["amount"], "average": ["amount"], "distinct": ["product", "category"]},
    "answer": {"sum": ["score"], "average": ["score"], "distinct": ["property.why"]},
}
OF["purchase"]["distinct"] = ["product", "category", "channel", "amount"]


@functools.cache
@st.composite
def did_rules(draw, today):
    name = draw(st.sampled_from(["purchase", "purchase", "purchase", "refund", "answer", "open", "workshop"]))
    rule = {"did": name}
    asked = WHERE.get(name, MAIL if name == "open" else {"page": loose_tests()})
    if name == "workshop":
        asked = {"property.page": asked["page"]}
    wanted = draw(st.lists(st.sampled_from(sorted(asked)), max_size=2, unique=True))
    if wanted:
        rule["where"] = [condition(one, draw(asked[one])) for one in wanted]
    measure = draw(st.sampled_from(["times", "times", "days_between", *OF.get(name, {})]))
    if measure != "times":
        rule["measure"] = measure
    if measure in OF.get(name, {}):
        rule["of"] = draw(st.sampled_from(OF[name][measure]))
    if draw(st.booleans()):
        counting = number_tests().filter(lambda test: test[0] not in {"in", "not_in", "known", "unknown"})
        rule["op"], rule["value"] = draw(counting)
    day = days_around(today)
    match draw(st.sampled_from(["ever", "days", "dates", "since"])):
        case "days":
            rule["within_days"] = draw(st.sampled_from([1, 2, 7, 30, 3000]))
        case "dates":
            rule["from"], rule["to"] = sorted(draw(st.tuples(day, day)))
        case "since":
            rule["from"] = draw(day)
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in rule.items()}


@functools.cache
def rules(today):
    segments = st.sampled_from([{"in_segment": "by-hand"}, {"in_segment": "by-rule"}])
    leaves = st.one_of([*[field_rules(today), did_rules(today)] * 4, segments])
    grown = st.recursive(
        leaves,
        lambda inner: (
            st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3))
            | st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3))
            | st.builds(lambda part: {"not": part}, inner)
        ),
    )
    return st.one_of([leaves, grown])


@pytest.fixture
def names(db):
    """What rules may name, whatever a shop holds."""
    CustomField.objects.bulk_create(
        CustomField(key=key, label=key, kind=kind, choices=choices)
        for key, kind, choices in (
            ("hobby", "text", []),
            ("size", "number", []),
            ("met", "date", []),
            ("vip", "yes_no", []),
            ("colour", "choice", ["Red", "Green"]),
        )
    )
    somebody = Interaction(kind="workshop", at="2020-01-01T00:00Z", source="t", key="0")
    answered = [
        Interaction(
            kind="answer",
            subject=survey,
            at="2020-01-01T00:00Z",
            source="t",
            key=survey,
            properties={"why": "x"},
        )
        for survey in SURVEYS
    ]
    Interaction.objects.bulk_create([somebody, *answered])  # Anonymous: they belong to nobody.
    return {
        "tags": {name: Tag.objects.create(name=name) for name in ("vip", "Grün")},
        "products": [
            Product.objects.create(name=name, sku=sku, category=category) for name, sku, category in PRODUCTS
        ],
    }


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(seed=strategies.integers(0, 2**63))
def test_compiled_rules_find_whom_a_plain_reading_finds(names, seed):
    world, asked = cases().make(Random(seed))
    moment = Moment(world.today, world.zone, world.today if world.as_of else None)

    with transaction.atomic():
        people = store(world, names)
        for rule in asked:
            node = parse(rule)
            everybody, count, found = preview_lines.counts(node, moment)
            ids = set(Customer.objects.filter(to_q(node, moment)).values_list("pk", flat=True))

            expected = {pk for pk, person in people if plain.fits(world, rule, person)}
            assert ids == expected, rule
            assert (everybody, count) == (len(people), len(expected)), rule
            assert [line.count for line in found] == plain.lines(world, rule, world.people), rule
        transaction.set_rollback(True)  # The next example begins with an empty shop.


def store(world, names):
    """Write the people of a world; returns their primary keys beside them."""
    by_hand = Segment.objects.create(slug="by-hand", name="By hand", kind="static")
    Segment.objects.create(slug="by-rule", name="By rule", rule=world.segments["by-rule"])
    plain_fields = ("country", "city", "source", "email_consent", "birth_date", "created_on")
    rows = [
        Customer(
            custom={
                key: value.isoformat() if isinstance(value, date) else value
                for key, value in person["custom"].items()
            },
            **{name: person[name] for name in plain_fields},
        )
        for person in world.people
    ]
    Customer.objects.bulk_create(rows)
    for number, (row, person) in enumerate(zip(rows, world.people, strict=True)):
        if person["features"]:
            CustomerFeatures.objects.create(customer=row, as_of=world.today, **person["features"])
        CustomerTag.objects.bulk_create(
            CustomerTag(customer=row, tag=names["tags"][name], weight=weight)
            for name, weight in person["tags"].items()
        )
        Membership.objects.bulk_create(
            Membership(segment=by_hand, customer=row, entered_at=start, left_at=end)
            for start, end in person["stays"]["by-hand"]
        )
        store_events(row, person, names["products"], number)
    return [(row.pk, person) for row, person in zip(rows, world.people, strict=True)]


def store_events(row, person, products, number):
    bought, lines, given_back = [], [], []
    for index, purchase in enumerate(person["purchases"]):
        fields = {key: value for key, value in purchase.items() if key not in {"at", "refunds", "lines"}}
        back = sum((one["amount"] for one in purchase["refunds"]), Decimal(0))
        bought.append(
            Purchase(customer=row, key=f"{number}:{index}", bought_at=purchase["at"], refunded=back, **fields)
        )
    Purchase.objects.bulk_create(bought)
    for order, purchase in zip(bought, person["purchases"], strict=True):
        for index, line in enumerate(purchase["lines"]):
            product = None if line["index"] is None else products[line["index"]]
            amounts = {"amount": line["amount"], "quantity": line["quantity"], "price": 0}
            lines.append(PurchaseLine(purchase=order, product=product, fingerprint=f"{index}", **amounts))
        for index, one in enumerate(purchase["refunds"]):
            # Belongs to the order only, so that the event "refund" has its own rows to look at.
            key = f"{order.key}:{index}"
            given_back.append(Refund(key=key, purchase=order, amount=one["amount"], refunded_at=one["at"]))
    for index, refund in enumerate(person["refunds"]):
        refund["key"] = f"{number}:own:{index}"
        product = None if refund["index"] is None else products[refund["index"]]
        given_back.append(
            Refund(
                customer=row,
                key=refund["key"],
                number=refund["number"],
                product=product,
                quantity=refund["quantity"],
                amount=refund["amount"],
                refunded_at=refund["at"],
            )
        )
    PurchaseLine.objects.bulk_create(lines)
    Refund.objects.bulk_create(given_back)
    Interaction.objects.bulk_create(
        Interaction(customer=row, source="test", key=f"{number}:{index}", **entry)
        for index, entry in enumerate(person["entries"])
    )
