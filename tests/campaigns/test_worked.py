"""What worked, for whom: checked by figures worked out by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns import kept, worked
from campaigns.models import Campaign
from segments.lifecycle import stages
from segments.models import Membership, Segment
from tests.campaigns.mails import NOW
from tests.campaigns.test_effect import sent_with_hold_out
from tests.feedback.surveys import make_answer, make_survey
from tests.people import make_purchase

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LATER = NOW + 20 * DAY


def stand(slug, people, *, since=NOW - DAY, until=None):
    segment = Segment.objects.create(slug=slug, name=slug.title(), kind="static")
    Membership.objects.bulk_create(
        [Membership(segment=segment, customer=one, entered_at=since, left_at=until) for one in people]
    )


def test_groups_are_compared_as_they_stood_when_it_began(shop):
    campaign, treated, held = sent_with_hold_out()  # 150 and 50.
    stand("north", treated[:60] + held[:25])
    stand("gone", treated[:60] + held[:25], since=NOW - 9 * DAY, until=NOW - DAY)
    stand("later", treated[:60] + held[:25], since=NOW + DAY)
    stand("small", treated[:60] + held[:19])
    stand("all", treated + held)
    for one in treated[:30]:
        make_purchase(one, 40, at=NOW + DAY)
    for one in held[:5]:
        make_purchase(one, 20, at=NOW + DAY)
    for one in treated[:15]:
        make_purchase(one, 10, at=NOW - DAY)

    found = worked.of([campaign], now=LATER)

    conversion, revenue = (found.everybody.cells[name] for name in ("conversion", "revenue"))
    assert (conversion.treated, conversion.control) == (pytest.approx(20), pytest.approx(10))
    assert conversion.p_value == pytest.approx(0.10706, abs=2e-4)  # z = .1 / √(.175 · .825 · (1/150 + 1/50))
    assert conversion.before == (pytest.approx(10), 0)
    assert revenue.difference == pytest.approx(30 * 40 / 150 - 5 * 20 / 50)
    assert [row.key for row in found.rows] == ["north"]
    assert found.too_few == 1
    north = found.rows[0].cells["conversion"]
    assert (north.n, north.m, north.difference) == (60, 25, pytest.approx(30))
    assert north.p_value == pytest.approx(0.01045, abs=2e-5)  # z = .3 / √(.41176 · .58824 · (1/60 + 1/25))
    assert north.low < 30 < north.high


def test_scores_and_customers_kept_beside_those_of_the_held_out(shop):
    campaign, treated, held = sent_with_hold_out()
    survey = make_survey()
    lost = stages.thresholds().lost_days
    for one in treated[:100] + held[:40]:
        make_purchase(one, 5, at=NOW - (lost - 5) * DAY)  # Lost five days later, unless they buy again.
    for one in treated[:30] + held[:5]:
        make_purchase(one, 5, at=NOW + DAY)
    make_answer(survey, 0, customer=treated[0], at=NOW + DAY)
    for number, one in enumerate(treated[:40]):
        make_answer(survey, 10 if number < 24 else 0, customer=one, at=NOW + 2 * DAY)
    for number, one in enumerate(held[:20]):
        make_answer(survey, 10 if number < 5 else 0, customer=one, at=NOW + 2 * DAY)
    make_answer(survey, 0, customer=held[30], at=NOW - DAY)
    make_answer(survey, 0, customer=held[31], at=NOW + DAY, state="provisional")

    running = worked.of([campaign], now=NOW + 3 * DAY)
    kept.forget(campaign)
    found = worked.of([campaign], now=LATER).everybody.cells

    assert (found["nps"].treated, found["nps"].control, found["nps"].n, found["nps"].m) == (20, -50, 40, 20)
    assert found["nps"].difference == 70
    assert (found["retention"].n, found["retention"].m) == (100, 40)
    assert (found["retention"].treated, found["retention"].control) == (30, 12.5)
    assert "retention" not in running.everybody.cells  # Its days are not over.
    assert "csat" not in found


def test_many_comparisons_ask_for_more(shop):
    campaign, treated, held = sent_with_hold_out()
    for number in range(5):
        stand(f"part-{number}", treated[:60] + held[:25])
    for one in treated[:30] + held[:5]:
        make_purchase(one, 40, at=NOW + DAY)

    found = worked.of([campaign], now=LATER)

    cell = found.rows[0].cells["conversion"]
    assert found.comparisons == 10
    assert cell.p_value == pytest.approx(0.01045, abs=2e-5)
    assert cell.chance >= 5 * cell.p_value > 0.05
    assert not cell.is_sure


def test_several_campaigns_are_one_by_how_sure_they_are():
    def cell(difference, error):
        reach = 1.959964 * error
        return worked.Cell(100, 50, 20, 10, difference, difference - reach, difference + reach, 0.5)

    found = worked._pooled([cell(10, 2), cell(4, 4)])

    assert found.difference == pytest.approx((10 / 4 + 4 / 16) / (1 / 4 + 1 / 16))  # 8.8
    assert found.high - found.low == pytest.approx(2 * 1.959964 * (1 / (1 / 4 + 1 / 16)) ** 0.5)
    assert (found.n, found.m, found.treated) == (200, 100, 20)


def test_the_page_tells_it_in_plain_words(staff_client, shop, django_assert_max_num_queries):
    empty = staff_client.get("/campaigns/worked/").text
    campaign, treated, held = sent_with_hold_out()
    stand("north", treated[:60] + held[:25])
    for one in treated[:60]:
        make_purchase(one, 40, at=NOW + DAY)
    Campaign.objects.filter(pk=campaign.pk).update(name="Spring tea")

    with django_assert_max_num_queries(60):
        page = staff_client.get("/campaigns/worked/").text
    nps = staff_client.get(f"/campaigns/worked/?campaign={campaign.slug}&measure=nps").text

    assert "it takes 20 people in each group" in empty
    assert "Spring tea" in page
    assert "North" in page
    wide = [one for one in page.split("<td ") if one.startswith('class="ck-wide-only"')]
    # Bought and revenue of everybody, and bought in the segment; a phone shows the same below the figures.
    assert sum("worked</span>" in one for one in wide) == 3
    assert page.count("worked</span>") == 6
    assert "too few to say" in nps
    assert staff_client.get("/campaigns/worked/?measure=abc&campaign=x").status_code == 200
