"""Choices by hand stand over the rule of a segment, and outlive every rebuild."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from campaigns import planning
from crm.errors import Refusal
from crm.merging import merge
from crm.models import Customer
from segments import audience
from segments.membership import hand
from segments.models import HandPick, Membership, Segment
from segments.rules.moment import Moment
from segments.rules.parsing import effective, parse
from segments.rules.preview import preview
from segments.rules.problems import InvalidRule
from tests.people import make_customer

MONDAY = datetime(2026, 6, 15, 12, tzinfo=UTC)
TUESDAY = datetime(2026, 6, 16, 12, tzinfo=UTC)
GERMANS = {"all": [{"field": "country", "op": "is", "value": "Germany"}]}

pytestmark = pytest.mark.django_db


def germans(**fields):
    made = Segment.objects.create(**{"slug": "germans", "name": "Germans", "rule": GERMANS, **fields})
    audience.rebuild(made, at=MONDAY)
    return made


def people():
    return make_customer(country="Germany"), make_customer(country="France")


def test_who_was_put_in_and_who_is_kept_out_stays_so_through_rebuilds():
    hans, anne = people()
    segment = germans()
    hand.put_in(segment, [anne.pk], by=None, at=MONDAY)
    hand.keep_out(segment, [hans.pk], by=None, at=MONDAY)
    at_once = set(audience.members(segment))

    audience.rebuild(segment, at=TUESDAY)
    audience.rebuild_all(TUESDAY)

    segment.refresh_from_db()
    assert at_once == set(audience.members(segment)) == {anne}
    assert segment.member_count == 1
    assert list(audience.live_of(segment)) == [anne]


def test_undoing_lets_the_rule_decide_again_and_keeps_the_history():
    hans, anne = people()
    segment = germans()
    hand.put_in(segment, [anne.pk], by=None, at=MONDAY)
    hand.keep_out(segment, [hans.pk], by=None, at=MONDAY)

    ended = [hand.undo(segment, one.pk, at=TUESDAY) for one in (hans, anne, anne)]

    assert ended == [1, 1, 0]
    assert set(audience.members(segment)) == {hans}
    assert hand.counts(segment) == (0, 0)
    stays = Membership.objects.filter(customer=anne).values_list("entered_at", "left_at")
    assert list(stays) == [(MONDAY, TUESDAY)]
    assert HandPick.objects.filter(ended_at=TUESDAY).count() == 2


def test_kept_out_wins_over_put_in():
    hans, anne = people()
    segment = germans()
    hand.keep_out(segment, [anne.pk], by=None, at=MONDAY)

    new, kept = hand.put_in(segment, [hans.pk, anne.pk, hans.pk], by=None, at=MONDAY)

    assert (new, kept) == (1, 1)
    assert set(audience.members(segment)) == {hans}
    hand.keep_out(segment, [hans.pk], by=None, at=TUESDAY)  # The newer no ends the yes.
    assert not audience.members(segment).exists()
    assert hand.counts(segment) == (0, 2)


def test_people_who_become_one_are_out_if_one_of_them_was():
    stays, goes = make_customer(country="France"), make_customer(country="France")
    segment = germans()
    hand.put_in(segment, [stays.pk], by=None, at=MONDAY)
    hand.keep_out(segment, [goes.pk], by=None, at=MONDAY)

    merge([stays.pk, goes.pk], by=None, at=TUESDAY)
    audience.rebuild(segment, at=TUESDAY)

    assert hand.counts(segment) == (1, 1)
    assert not audience.members(segment).exists()


def test_segments_that_ask_about_this_one_see_the_choices():
    hans, anne = people()
    segment = germans()
    hand.put_in(segment, [anne.pk], by=None, at=MONDAY)
    hand.keep_out(segment, [hans.pk], by=None, at=MONDAY)

    assert list(audience.live({"in_segment": "germans"})) == [anne]
    assert list(audience.live({"not": {"in_segment": "germans"}})) == [hans]


def test_a_past_day_sees_the_choices_of_that_day():
    _hans, anne = people()
    segment = germans()
    hand.put_in(segment, [anne.pk], by=None, at=MONDAY)
    hand.undo(segment, anne.pk, at=MONDAY + timedelta(days=3))

    def found_on(day):
        return set(preview(effective(segment), as_of=day, sample=9).sample)

    assert anne not in found_on(date(2026, 6, 14))
    assert anne in found_on(date(2026, 6, 15))
    assert anne in found_on(date(2026, 6, 17))
    assert anne not in found_on(date(2026, 6, 18))


def test_the_lines_of_a_preview_end_with_the_count_by_hand():
    hans, anne = people()
    make_customer(country="Germany")
    segment = germans()
    hand.put_in(segment, [anne.pk], by=None, at=MONDAY)
    hand.keep_out(segment, [hans.pk], by=None, at=MONDAY)

    found = preview(effective(segment))

    assert [line.count for line in found.lines] == [2, 1, 3, 2]
    assert found.count == found.lines[-1].count == 2


def test_a_list_has_no_rule_to_overrule():
    by_hand = Segment.objects.create(slug="list", name="List", kind="static")

    with pytest.raises(Refusal):
        hand.put_in(by_hand, [make_customer().pk], by=None, at=MONDAY)


def test_being_blocked_is_no_field_of_rules_and_no_choice_by_hand_lifts_it():
    blocked = make_customer(suppressed_at=timezone.now())
    segment = germans()
    hand.put_in(segment, [blocked.pk], by=None, at=MONDAY)

    for name in ("suppressed_at", "suppressed", "suppression"):
        with pytest.raises(InvalidRule):
            parse({"field": name, "op": "known"})
    forecast = planning.forecast(planning.people([segment], []))
    assert (forecast.people, forecast.receivers) == (1, 0)


def test_a_page_puts_in_keeps_out_and_undoes(staff_client):
    hans, anne = people()
    segment = germans()

    def do(what, person, **more):
        body = {"do": what, "customer": person.public_id, **more}
        return staff_client.post("/segments/s/germans/hand/", body, follow=True)

    put = do("put_in", anne)
    kept = do("keep_out", hans, back="why")
    refused = do("put_in", hans)

    assert f"{anne.name} is in “Germans”, whatever the rule says." in put.text
    assert "Kept out by hand on" in kept.text
    assert f"{hans.name} is kept out by hand. Undo that first." in refused.text
    assert set(audience.members(segment)) == {anne}
    do("undo", hans)
    do("undo", anne)
    assert set(audience.members(segment)) == {hans}
    assert HandPick.objects.filter(made_by__isnull=False).count() == 2


def test_a_pasted_column_is_put_in_or_kept_out(staff_client):
    hans, anne = people()
    segment = germans()

    staff_client.post("/segments/s/germans/hand/paste/", {"people": hans.email, "do": "keep_out"})
    page = staff_client.post(
        "/segments/s/germans/hand/paste/",
        {"people": f"{anne.email.upper()}\n{hans.email}, nobody@x.example", "do": "put_in"},
        follow=True,
    ).text

    assert "1 person was put in." in page
    assert "1 person stays out" in page
    assert "Not found: nobody@x.example (1)." in page
    assert set(audience.members(segment)) == {anne}


def test_an_erased_person_leaves_no_choice_behind():
    _hans, anne = people()
    segment = germans()
    hand.put_in(segment, [anne.pk], by=None, at=MONDAY)

    Customer.objects.filter(pk=anne.pk).delete()

    assert not HandPick.objects.exists()
    assert Moment.now().person is None
