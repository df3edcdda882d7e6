"""The rule of a segment through time."""

from __future__ import annotations

import pytest

from segments import audience
from segments.models import RuleVersion, Segment
from tests.people import make_customer

pytestmark = pytest.mark.django_db
GERMANS = {"all": [{"field": "country", "op": "is", "value": "Germany"}]}


def line(country, **more):
    return {"group-0": "all", "what-0.0": "field:country", "op-0.0": "is", "value-0.0": country,
            "name": "Ours", "act": "save", **more}  # fmt: skip


def test_every_change_of_the_rule_is_kept_and_can_be_brought_back(staff_client, clerk):
    make_customer(country="Germany")
    Segment.objects.create(slug="ours", name="Ours", rule=GERMANS)  # Made before versions were kept.
    staff_client.post("/segments/s/ours/rule/", line("France"))
    staff_client.post("/segments/s/ours/rule/", line("France", description="Only the name changed"))

    page = staff_client.get("/segments/s/ours/history/").text
    back = staff_client.post("/segments/s/ours/history/1/restore/", follow=True).text

    assert page.count("<li") == page.partition("<ol")[0].count("<li") + 2
    assert "Country is “France”." in page
    assert "<s>Country is “Germany”.</s>" in page
    assert str(clerk) in page
    assert "The rule is back as it was: 1 customer now." in back
    segment = Segment.objects.get()
    assert segment.rule == GERMANS
    assert segment.member_count == 1
    kept = RuleVersion.objects.order_by("number").values_list("number", "made_by", "count", "restored")
    assert list(kept) == [(1, None, None, None), (2, clerk.pk, 0, None), (3, clerk.pk, 1, 1)]


def test_a_rule_that_works_no_more_is_not_brought_back(staff_client):
    made = Segment.objects.create(slug="ours", name="Ours", rule=GERMANS)
    RuleVersion.objects.create(
        segment=made, number=1, rule={"in_segment": "gone"}, made_at="2026-01-01T00:00Z"
    )

    page = staff_client.get("/segments/s/ours/history/").text
    refused = staff_client.post("/segments/s/ours/history/1/restore/", follow=True).text

    made.refresh_from_db()
    assert "This rule does not work any more: " in page
    assert "Nothing was changed." in refused
    assert made.rule == GERMANS


def test_a_segment_deleted_while_all_are_rebuilt_does_not_stop_the_others():
    make_customer(country="Germany")
    gone = Segment.objects.create(slug="a", name="A", rule=GERMANS)
    kept = Segment.objects.create(slug="b", name="B", rule=GERMANS)

    def delete_first(done, _total):
        if done == 0:
            Segment.objects.filter(pk=gone.pk).delete()

    audience.rebuild_all(kept.created_at, delete_first)

    kept.refresh_from_db()
    assert kept.member_count == 1
    assert list(Segment.objects.all()) == [kept]
