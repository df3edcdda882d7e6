from __future__ import annotations

import pytest

from crm.models import CustomField
from segments.models import Segment
from segments.rules.fields import Catalogue
from segments.rules.parsing import parse
from segments.rules.problems import InvalidRule
from segments.rules.tree import to_json

GOOD = {"field": "country", "op": "is", "value": "Germany"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ({}, ""),
        ([], ""),
        (None, ""),
        ({"all": []}, "all"),
        ({"any": []}, "any"),
        ({"all": [GOOD, {"any": []}]}, "all[1].any"),
        ({"all": [GOOD], "any": [GOOD]}, ""),
        ({"not": {}}, "not"),
        ({"field": "shoe_size", "op": "is", "value": 3}, "field"),
        ({"field": "custom.shoe_size", "op": "is", "value": 3}, "field"),
        ({"field": "tag.vip", "op": "known"}, "field"),
        ({"field": "answer.spring.score", "op": "known"}, "field"),
        ({"field": "country", "op": ">", "value": "A"}, "op"),
        ({"field": "country", "op": ["is"], "value": "A"}, "op"),
        ({"field": "country", "op": "is"}, "value"),
        ({"field": "country", "op": "is", "value": 5}, "value"),
        ({"field": "country", "op": "is", "value": " "}, "value"),
        ({"field": "country", "op": "in", "value": []}, "value"),
        ({"field": "country", "op": "known", "value": "x"}, "value"),
        ({"field": "country", "op": "is", "vlaue": "A"}, "vlaue"),
        ({"field": "orders", "op": ">=", "value": "3"}, "value"),
        ({"field": "orders", "op": ">=", "value": True}, "value"),
        ({"field": "orders", "op": ">=", "value": float("nan")}, "value"),
        ({"field": "orders", "op": "between", "value": [3, 1]}, "value"),
        ({"field": "orders", "op": "between", "value": [3]}, "value"),
        ({"field": "created_on", "op": "in_last_days", "value": 0}, "value"),
        ({"field": "created_on", "op": "before", "value": "2026-02-30"}, "value"),
        ({"field": "rfm.group", "op": "is", "value": "kings"}, "value"),
        ({"did": "purchse"}, "did"),
        ({"did": "purchase", "where": {}}, "where"),
        ({"did": "purchase", "where": [{"field": "colour", "op": "is", "value": "x"}]}, "where[0].field"),
        ({"did": "purchase", "where": [{"field": "amount", "op": "is", "value": "x"}]}, "where[0].value"),
        ({"did": "purchase", "measure": "total"}, "measure"),
        ({"did": "purchase", "measure": "sum", "of": "product"}, "of"),
        ({"did": "purchase", "measure": "distinct"}, "of"),
        ({"did": "purchase", "within_days": -1}, "within_days"),
        ({"did": "purchase", "within_days": 3, "from": "2026-01-01"}, "within_days"),
        ({"did": "purchase", "from": "2026-02-01", "to": "2026-01-01"}, "to"),
        ({"did": "purchase", "op": "contains", "value": 1}, "op"),
        ({"in_segment": "nowhere"}, "in_segment"),
        ({"all": [GOOD, {"any": [{"field": "country", "op": "like", "value": "G"}]}]}, "all[1].any[0].op"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(rule, place):
    with pytest.raises(InvalidRule) as caught:
        parse(rule)

    assert place in [where for where, _reason in caught.value.problems]


@pytest.mark.django_db
def test_all_problems_are_named_at_once():
    rule = {"all": [{"field": "x", "op": "is", "value": 1}, {"did": "y"}]}

    with pytest.raises(InvalidRule) as caught:
        parse(rule)

    assert [place for place, _reason in caught.value.problems] == ["all[0].field", "all[1].did"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "rule",
    [
        GOOD,
        {"not": {"any": [GOOD, {"field": "orders", "op": "between", "value": [1, 2.5]}]}},
        {"field": "rfm.group", "op": "in", "value": ["champions", "cant_lose"]},
        {
            "did": "purchase",
            "where": [{"field": "category", "op": "is", "value": "Tea"}],
            "measure": "sum",
            "of": "amount",
            "op": ">",
            "value": 100,
            "within_days": 90,
        },
        {"did": "purchase", "from": "2026-01-01", "to": "2026-02-01"},
    ],
)
def test_a_rule_survives_reading_and_writing(rule):
    assert to_json(parse(rule)) == rule


@pytest.mark.django_db
def test_groups_of_rfm_may_be_called_by_their_english_names():
    node = parse({"field": "rfm.group", "op": "is", "value": "Can't lose them"})

    assert to_json(node)["value"] == "cant_lose"


@pytest.mark.django_db
def test_own_fields_are_known_by_their_type():
    CustomField.objects.create(key="vip", label="VIP", kind="yes_no")

    assert to_json(parse({"field": "custom.vip", "op": "is", "value": True}))["value"] is True
    with pytest.raises(InvalidRule):
        parse({"field": "custom.vip", "op": "is", "value": "yes"})


@pytest.mark.django_db
def test_a_segment_cannot_contain_itself_even_through_another():
    a = Segment.objects.create(slug="a", name="A", rule=GOOD)
    Segment.objects.create(slug="b", name="B", rule={"all": [{"in_segment": "a"}]})

    with pytest.raises(InvalidRule, match="cannot contain itself"):
        parse({"in_segment": "a"}, Catalogue(a))
    with pytest.raises(InvalidRule, match="cannot contain itself"):
        parse({"any": [GOOD, {"in_segment": "b"}]}, Catalogue(a))


@pytest.mark.django_db
def test_a_circle_that_is_already_there_is_refused_as_well():
    Segment.objects.create(slug="a", name="A", rule={"in_segment": "b"})
    Segment.objects.create(slug="b", name="B", rule={"in_segment": "a"})

    with pytest.raises(InvalidRule, match="cannot contain itself"):
        parse({"in_segment": "a"})


@pytest.mark.django_db
def test_endless_nesting_is_refused():
    rule = GOOD
    for _ in range(500):
        rule = {"not": rule}

    with pytest.raises(InvalidRule, match="8 deep"):
        parse(rule)


def test_segments_inside_segments_cannot_multiply_without_end(db):
    rule = {"all": [{"field": "orders", "op": ">", "value": 0}]}
    for level in range(5):
        Segment.objects.create(slug=f"level-{level}", name=f"Level {level}", rule=rule)
        rule = {"all": [{"in_segment": f"level-{level}"}] * 20}

    with pytest.raises(InvalidRule, match="at most"):
        parse(rule)
