from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from scipy import stats

from crm.models import Business
from segments import scoring
from segments.drift import watching
from segments.models import CustomerFeatures, DriftAlarm, DriftReference, Membership, ScoringRun, Segment
from segments.numerics import drift
from tests.people import make_customer

NOW = datetime(2026, 6, 20, 3, tzinfo=UTC)


def test_psi_and_its_bands_as_computed_by_hand():
    # (0.2 − 0.1) ln 2 + (0.3 − 0.4) ln 0.75 + 0 = 0.0693 + 0.0288.
    assert drift.psi([10, 40, 50], [40, 60, 100]) == pytest.approx(0.0693147 + 0.0287682, abs=1e-6)
    assert drift.psi([1, 1], [7, 7]) == 0
    assert drift.psi([1, 0], [1, 1]) == pytest.approx(0.5 * np.log(2) + 0.4999 * np.log(5000), abs=1e-3)
    assert [drift.band(one) for one in (0.09, 0.1, 0.24, 0.25)] == ["steady", "moved", "moved", "changed"]


def test_chance_is_the_chi_square_test_and_holm_steps_down():
    assert drift.chance([30, 70], [50, 50]) == pytest.approx(stats.chi2.sf(8.3333, 1), abs=1e-5)
    assert drift.chance([5, 0], [9, 0]) == 1
    assert drift.holm([0.01, 0.04, 0.03, 0.005], 0.05) == [True, False, False, True]
    assert drift.holm([], 0.05) == []


def test_bins_hold_equal_parts_and_the_unknown_apart():
    values = [*range(1, 101), float("nan")]

    inner = drift.edges(values)

    assert inner == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    assert drift.counts(values, inner) == [10] * 10 + [1]
    assert drift.counts([1000.0], inner)[-2] == 1
    assert drift.edges([3.0] * 50) == [3.0]


def test_robust_z_is_not_led_by_one_odd_week():
    # Median 2, MAD 1: a spread of 1.4826.
    assert drift.robust_z(8, [1, 2, 3, 1, 3, 2, 500], 0.1) == pytest.approx(6 / 1.4826)
    assert drift.robust_z(8, [2, 2, 2], 3) == 2
    assert drift.limit(1) == 4
    assert drift.limit(1000) == pytest.approx(4.4172, abs=1e-3)


def buyers(count: int, recency) -> None:
    rng = np.random.default_rng(7)
    people = [make_customer() for _ in range(count - CustomerFeatures.objects.count())]
    rows = [CustomerFeatures(customer=one, as_of=NOW.date(), orders=1) for one in people]
    CustomerFeatures.objects.bulk_create(rows)
    for row in CustomerFeatures.objects.all():
        row.recency_days = int(recency(rng))
        row.revenue = int(rng.gamma(2, 50))
        row.save()


@pytest.mark.django_db
def test_a_real_change_rings_once_is_seen_and_does_not_ring_again(staff_client, shop):
    buyers(220, lambda rng: rng.integers(0, 60))
    watching.watch(shop, NOW)
    buyers(220, lambda rng: rng.integers(0, 60))  # Others by chance only.
    assert watching.watch(shop, NOW + timedelta(days=1)) == 0

    buyers(220, lambda rng: rng.integers(40, 120))
    for day in (2, 3):
        assert watching.watch(shop, NOW + timedelta(days=day)) == 1
    alarm = DriftAlarm.objects.get()
    page = staff_client.get("/segments/measures/changes/").text
    staff_client.post(f"/segments/measures/changes/{alarm.pk}/seen/")

    assert (alarm.kind, alarm.name) == ("feature", "recency_days")
    assert "“days since the last purchase” looks different" in page
    assert "Half of your buyers had at most" in page
    for day in (4, 5):
        assert watching.watch(shop, NOW + timedelta(days=day)) == 0
    alarm.refresh_from_db()
    assert (alarm.state, alarm.seen_by.name) == ("seen", "Sam")


@pytest.mark.django_db
def test_what_comes_back_by_itself_is_over_and_few_people_never_ring(shop):
    buyers(210, lambda rng: rng.integers(0, 60))
    watching.watch(shop, NOW)
    buyers(210, lambda rng: rng.integers(60, 90))
    watching.watch(shop, NOW)
    buyers(210, lambda rng: rng.integers(0, 60))
    watching.watch(shop, NOW)
    assert DriftAlarm.objects.get().state == "over"

    DriftReference.objects.all().delete()
    CustomerFeatures.objects.filter(pk__gt=CustomerFeatures.objects.order_by("pk")[150].pk).delete()
    watching.watch(shop, NOW)
    assert not DriftReference.objects.filter(name__startswith="feature:").exists()


@pytest.mark.django_db
def test_an_import_or_another_day_of_analysis_is_no_drift(shop):
    buyers(210, lambda rng: rng.integers(0, 60))
    watching.watch(shop, NOW)
    buyers(330, lambda rng: rng.integers(80, 120))
    assert watching.watch(shop, NOW) == 0
    buyers(330, lambda rng: rng.integers(300, 400))
    Business.objects.update(analyse_as_of="fixed", analyse_on="2026-06-01")
    assert watching.watch(Business.current(), NOW) == 0


def stay(segment: Segment, day: int, count: int) -> None:
    """So many people enter, so many days before now."""
    at = NOW - timedelta(days=day)
    Membership.objects.bulk_create(
        Membership(segment=segment, customer=make_customer(), entered_at=at) for _ in range(count)
    )


@pytest.mark.django_db
def test_a_segment_rings_when_its_week_is_unlike_all_others(staff_client, shop):
    start = NOW - timedelta(days=80)
    calm, odd, young, filled = (
        Segment.objects.create(slug=name, name=name.title(), kind="rule", created_at=start, rule={})
        for name in ("calm", "odd", "young", "filled")
    )
    Segment.objects.filter(pk=young.pk).update(created_at=NOW - timedelta(days=10))
    for day in range(59, -1, -1):
        for segment in (calm, odd):
            stay(segment, day, 1)
    stay(odd, 3, 60)
    stay(young, 3, 60)
    stay(filled, 0, 60)
    for segment in (calm, odd, young, filled):
        Segment.objects.filter(pk=segment.pk).update(
            member_count=Membership.objects.filter(segment=segment, left_at=None).count()
        )

    assert watching.watch(shop, NOW) == 1
    alarm = DriftAlarm.objects.get()
    assert (alarm.name, alarm.details["change"], alarm.details["usual"]) == ("odd", 67, 7.0)
    assert "“Odd” grew by 67 people in a week" in staff_client.get("/segments/measures/changes/").text
    watching.take_as_normal(alarm, None, NOW)
    assert watching.watch(shop, NOW + timedelta(days=1)) == 0


@pytest.mark.django_db
def test_a_model_rings_when_its_forecast_leaves_what_it_was(shop):
    run = ScoringRun.objects.create(kind="value", state="done", is_live=True)

    def checked(expected: float, actual: int) -> int:
        ScoringRun.objects.filter(pk=run.pk).update(
            result={"check": {"expected": expected, "actual": actual}}
        )
        return watching.watch(shop, NOW)

    assert scoring.live_run(ScoringRun.Kind.VALUE) == run
    assert checked(1000, 900) == 0  # The first look is the reference, right or not.
    assert checked(1000, 800) == 0
    assert checked(1000, 600) == 1
    assert checked(40, 20) == 0  # Too few to tell.


@pytest.mark.django_db
def test_the_page_and_home_tell_it(staff_client, shop):
    assert "All as usual" in staff_client.get("/segments/measures/changes/").text
    DriftAlarm.objects.create(kind="model", name="value", details={"ratio": 1.5, "before": 1.0})

    home = staff_client.get("/campaigns/home/attention/").text

    assert "1 figure left its usual range." in home
    assert "/segments/measures/changes/" in home
    assert "fits differently than before" in staff_client.get("/segments/measures/changes/").text
