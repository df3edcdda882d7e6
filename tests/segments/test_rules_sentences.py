"""A sentence tells its rule whole: no two rules that ask different things read alike, in either language."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from random import Random

import pytest
from django.utils import translation

from segments.models import Segment
from segments.rules.describe import sentence
from segments.rules.parsing import parse
from tests.segments.random_rules import did_rules, field_rules, rules
from tests.segments.test_rules_property import names  # noqa: F401  A fixture.

TODAY = date(2026, 6, 15)
RULES, TRIPLES = 1500, 150
ONE_OF = {"in": "is", "not_in": "is_not"}


@pytest.fixture(params=["en", "zh-hans"])
def named(request, names):  # noqa: F811
    """Whatever rules may name is there, and somebody reads them in this language."""
    rule = {"all": [{"field": "orders", "op": ">", "value": 1}]}
    Segment.objects.create(slug="by-hand", name="Chosen", kind=Segment.Kind.STATIC)
    Segment.objects.create(slug="by-rule", name="Found", rule=rule)
    with translation.override(request.param):
        yield


def asked(rule):
    """The rule without what changes nothing: brackets around one line, a word twice, at least once."""
    for way in ("all", "any"):
        if way in rule:
            lines = [asked(one) for one in rule[way]]
            return lines[0] if len(lines) == 1 else {way: lines}
    if "not" in rule:
        return {"not": asked(rule["not"])}
    if "did" in rule and "measure" not in rule:
        rule = {"op": ">=", "value": 1, **rule}
    if "where" in rule:
        rule = {**rule, "where": [asked(one) for one in rule["where"]]}
    if rule.get("op") in ONE_OF:
        values = list(dict.fromkeys(rule["value"]))
        is_one = len(values) == 1
        rule = {**rule, "value": values[0] if is_one else values}
        rule["op"] = ONE_OF[rule["op"]] if is_one else rule["op"]
    return dict(sorted(rule.items()))


def shapes(a, b, c):
    """Three lines in every bracket that makes a difference."""
    for one, other in (("all", "any"), ("any", "all")):
        yield {one: [a, b, c]}
        yield {one: [a, {other: [b, c]}]}
        yield {one: [{other: [a, b]}, c]}
        yield {one: [a, {"not": {other: [b, c]}}]}
        yield {one: [a, {other: [b, {"not": c}]}]}
        yield {"not": {one: [a, {other: [b, c]}]}}
        yield {"not": {one: [{other: [a, b]}, c]}}
        yield {one: [{"not": a}, {other: [b, c]}]}


def alike(found):
    """Sentences that stand for several rules, with these."""
    read = defaultdict(dict)
    for rule in found:
        read[sentence(parse(rule))].setdefault(repr(asked(rule)), rule)
    return {text: list(meant.values()) for text, meant in read.items() if len(meant) > 1}


def test_rules_that_ask_different_things_read_differently(named):
    random = Random(7)
    assert not alike(rules(TODAY).make(random) for _ in range(RULES))


def test_brackets_and_negations_are_heard(named):
    random, line = Random(11), field_rules(TODAY) | did_rules(TODAY)
    for _ in range(TRIPLES):
        a, b, c = (line.make(random) for _ in range(3))
        if len({repr(asked(one)) for one in (a, b, c)}) == 3:
            assert not alike(shapes(a, b, c))
