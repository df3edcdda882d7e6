"""Rules by chance: every operator, condition, measure and period of the language."""

from __future__ import annotations

import functools
from datetime import date

from tests.segments import chance as st
from tests.segments.random_people import GROUPS, NUMBERS, TEXTS, days_around


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
