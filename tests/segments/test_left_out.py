"""Whom a rule cannot find is said, and a rule that is too much is refused with nothing lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from segments import left_out
from segments.models import Segment
from segments.rules.moment import Moment
from segments.rules.parsing import parse
from tests.people import make_customer, make_purchase

pytestmark = pytest.mark.django_db


def words(rule):
    return [one.words for one in left_out.of_rule(parse(rule), Moment.now())]


def test_people_of_whom_nothing_is_known_are_counted_field_by_field(django_assert_num_queries):
    make_customer(city="Bonn", birth_date="1990-01-01")
    make_customer(city="Kiel")
    make_customer(city="")
    make_purchase(None, at=datetime(2026, 6, 1, tzinfo=UTC))
    rule = {
        "all": [
            {"field": "city", "op": "contains", "value": "o"},
            {"field": "age", "op": ">", "value": 20},
            {"field": "country", "op": "is_not", "value": "France"},
            {"not": {"field": "phone", "op": "contains", "value": "1"}},
        ]
    }

    assert words(rule) == [
        "1 customer of whom “city” is not known: comparing it does not find them",
        "2 customers of whom “age” is not known: comparing it does not find them",
    ]
    assert words({"any": [{"did": "purchase"}]})[0].startswith("1 purchase of somebody unknown")
    node, moment = parse(rule), Moment.now()
    with django_assert_num_queries(1):
        left_out.of_rule(node, moment)


def test_the_builder_and_the_segment_say_whom_they_leave_out(staff_client):
    make_customer(city="Bonn")
    make_customer(city="")
    rule = {
        "all": [
            {"field": "city", "op": "is", "value": "Bonn"},
            {"field": "created_on", "op": "in_last_days", "value": 9},
        ]
    }
    Segment.objects.create(slug="bonn", name="Bonn", rule=rule)

    form = {"group-0": "all", "what-0.0": "field:city", "op-0.0": "is", "value-0.0": "Bonn"}
    address = "/segments/s/bonn/rule/"
    opened = staff_client.post(address, {**form, "act": "left_out"}, headers={"HX-Request": "true"}).text
    known = {**form, "what-0.0": "field:created_on", "op-0.0": "known", "value-0.0": ""}
    nothing = staff_client.post(address, {**known, "act": "left_out"}, headers={"HX-Request": "true"}).text
    panel = staff_client.get("/segments/s/bonn/left-out/").text

    assert "1 customer of whom “city” is not known" in opened
    assert "<html" not in opened
    assert "Nobody: all that the rule asks about is known." in nothing
    assert "1 customer of whom “city” is not known" in panel
    assert "your shop's time zone" in panel.replace("&#x27;", "'")


def too_many(count):
    return {"all": [{"field": "orders", "op": ">=", "value": n} for n in range(count)]}


def too_deep(levels):
    rule = {"field": "orders", "op": ">=", "value": 1}
    for level in range(levels):
        rule = {"any" if level % 2 else "all": [rule, {"field": "orders", "op": ">=", "value": level}]}
    return rule


def test_a_rule_of_two_hundred_lines_is_refused_and_every_line_stays(staff_client):
    link = staff_client.get("/segments/new/", {"rule": json.dumps(too_many(200))}).text
    form = {"group-0": "all", "name": "Long", "act": "save"}
    for n in range(200):
        form |= {f"what-0.{n}": "field:orders", f"op-0.{n}": ">=", f"value-0.{n}": str(n)}

    saved = staff_client.post("/segments/new/", form)

    for page in (link, saved.text):
        assert "A rule may have at most 100 lines. Part it into two segments." in page
        assert 'name="what-0.199"' in page
    assert saved.status_code == 422
    assert not Segment.objects.exists()


def test_a_rule_thirty_levels_deep_is_refused_and_every_line_stays(staff_client):
    form = {"group-0": "all", "name": "Deep", "act": "save"}
    path = "0"
    for level in range(30):
        path += ".0"
        form |= {f"group-{path}": "any" if level % 2 else "all"}
    form |= {f"what-{path}.0": "field:orders", f"op-{path}.0": ">=", f"value-{path}.0": "1"}

    saved = staff_client.post("/segments/new/", form)

    assert saved.status_code == 422
    assert "Groups may be nested at most 8 deep. Part the rule into two segments." in saved.text
    assert f'name="what-{path}.0"' in saved.text


@pytest.mark.parametrize(
    ("rule", "reason"), [(too_many(200), "at most 100 lines"), (too_deep(30), "at most 8 deep")]
)
def test_the_command_refuses_them_with_the_reason(rule, reason):
    with pytest.raises(CommandError, match=reason) as refused:
        call_command("preview_segment", "--json", "--rule", json.dumps(rule))

    assert refused.value.returncode == 1
