"""Shops by chance: people with purchases, refunds, answers, tags and days at which something changes."""

from __future__ import annotations

import functools
from datetime import date, timedelta
from decimal import Decimal

from tests.segments import chance as st
from tests.segments import plain_reading as plain

TEXTS = ["Tea", "TEA", "tea bag", "Grün", "GRÜN", "ЧАЙ", "чай", "茶", "a%b", "aXb", "o'k", "χάος", "ΧΆΟΣ"]
PRODUCTS = [("Green tea", "G1", "Tea"), ("grün", "X-2", "TEE"), ("Cup", "cup", "")]
GROUPS = ["champions", "loyal", "at_risk"]
SURVEYS, EVENTS = ["spring", "shop"], ["open", "click", "answer", "view", "workshop"]
text_or_blank = st.sampled_from(["", *TEXTS])
money = st.sampled_from([Decimal(one) for one in ("0", "0.1", "0.2", "0.7", "5", "9.9999", "20", "30")])
NUMBERS = st.sampled_from([0, 1, 2, 3, 5, 9, 10, 19.9, 20, 0.1, 0.3, -1, 30, 45])


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
