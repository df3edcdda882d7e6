"""Lines that nobody can pass are told while somebody builds."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from segments.models import Segment
from segments.rules.doubts import doubts
from segments.rules.moment import Moment
from segments.rules.parsing import parse
from tests.people import make_customer

pytestmark = pytest.mark.django_db
MOMENT = Moment(date(2026, 6, 15), ZoneInfo("UTC"))


def orders(op, value):
    return {"field": "orders", "op": op, "value": value}


def average(op, value):
    return {"field": "average_order", "op": op, "value": value}


def country(op, value):
    return {"field": "country", "op": op, "value": value}


def day(op, value):
    return {"field": "created_on", "op": op, "value": value}


def bought(op, value, **more):
    return {"did": "purchase", "op": op, "value": value, **more}


@pytest.mark.parametrize(
    "lines",
    [
        [orders(">", 5), orders("<", 3)],
        [orders(">", 2), orders("<", 3)],
        [orders("is", 2), orders("between", [3, 9])],
        [orders(">=", 5), {"not": orders(">=", 3)}],
        [orders(">=", 2), {"not": orders(">=", 2)}],
        [country("is", "Germany"), country("is", "France")],
        [country("in", ["Germany", "France"]), country("in", ["Italy"])],
        [country("is", "Germany"), {"not": country("is", "Germany")}],
        [day("before", "2020-01-01"), day("after", "2021-01-01")],
        [day("in_last_days", 30), day("before", "2026-05-17")],
        [bought(">=", 3), bought("<", 2)],
        [{"not": {"did": "purchase"}}, bought(">=", 2)],
    ],
)
def test_lines_that_exclude_each_other_are_named(lines):
    found = doubts(parse({"all": lines}), MOMENT)

    assert [place for place, _reason in found] == ["all[1]"]


@pytest.mark.parametrize(
    "rule",
    [
        orders("<", 0),
        bought("<", 0),
        {"field": "rfm.recency", "op": ">", "value": 5},
        {"field": "nps.last", "op": "between", "value": [11, 12]},
        {"field": "alive_chance", "op": ">", "value": 1},
    ],
)
def test_figures_out_of_range_are_named(rule):
    assert [place for place, _reason in doubts(parse(rule), MOMENT)] == [""]


@pytest.mark.parametrize(
    "rule",
    [
        {"all": [orders(">", 2), orders("<", 4)]},
        {"any": [orders(">", 5), orders("<", 3)]},
        {"all": [{"not": average(">", 5)}, average(">", 9)]},
        {"all": [bought(">=", 1, within_days=30), bought("<", 1, within_days=90)]},
        {"all": [country("is", "Germany"), country("is", "GERMANY")]},
        {"all": [country("contains", "a"), country("contains", "b")]},
        {"all": [day("in_last_days", 30), day("before", "2026-05-18")]},
        {"all": [orders("is_not", 3), orders("is", 4)]},
        {"field": "nps.last", "op": "<=", "value": 6},
    ],
)  # fmt: skip
def test_what_somebody_may_fit_is_not_doubted(rule):
    assert doubts(parse(rule), MOMENT) == []


def test_the_builder_shows_doubts_beside_their_line_and_saves_all_the_same(staff_client):
    make_customer(country="Germany")
    lines = {
        "group-0": "all",
        "what-0.0": "field:orders", "op-0.0": "<", "value-0.0": "3",
        "what-0.1": "field:orders", "op-0.1": ">", "value-0.1": "5",
        "name": "Nobody",
    }  # fmt: skip

    typing = {**lines, "act": "preview", "revision": "1"}
    page = staff_client.post("/segments/new/", typing, headers={"HX-Request": "true"}).text
    typo = {"group-0": "all", "what-0.0": "field:country", "op-0.0": "is", "value-0.0": "Germny"}
    alone = staff_client.post("/segments/new/", {**typo, "act": "refresh"}).text
    staff_client.post("/segments/new/", {**lines, "act": "save"})

    assert "This and a line above exclude each other" in page.partition('id="errors-1-0.1"')[2]
    assert "exclude each other" not in page.partition('id="errors-1-0.1"')[0]
    assert "No customer fits this line, whatever the other lines say." in alone
    assert Segment.objects.get().member_count == 0


def test_a_segment_that_contains_itself_is_told_on_which_way(staff_client):
    Segment.objects.create(slug="a", name="Ants", rule=orders(">", 1))
    Segment.objects.create(slug="b", name="Bees", rule={"not": {"in_segment": "a"}})
    line = {"group-0": "all", "what-0.0": "segment:", "value-0.0": "b", "name": "Ants", "act": "save"}

    response = staff_client.post("/segments/s/a/rule/", line)

    assert response.status_code == 422
    assert "cannot contain itself: Ants → Bees → Ants." in response.text
