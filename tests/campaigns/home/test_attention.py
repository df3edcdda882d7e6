from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from campaigns.home import attention
from campaigns.models import Campaign
from crm import analysis_day, ledger
from crm.models import Business, ImportBatch, Interaction, Mailing, Message, User, WorkerHeartbeat
from segments.models import ScoringRun, Segment
from tests.people import make_customer, make_purchase

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
OLGA = User(role="owner")

pytestmark = pytest.mark.django_db


def texts() -> str:
    return " | ".join(matter.text for matter in attention.matters(OLGA, Business.current(), NOW))


def answer(customer, score, *, metric="nps", days_ago=1):
    at = NOW - timedelta(days=days_ago)
    entry = Interaction(
        customer=customer,
        kind="answer",
        at=at,
        source="survey:1",
        key=f"{customer.pk}:{days_ago}",
        metric=metric,
    )
    entry.number = score
    ledger.record([entry])


def test_a_healthy_shop_has_nothing_to_say(shop):
    WorkerHeartbeat.objects.create(name="a", seen_at=NOW - timedelta(seconds=5))

    assert attention.matters(OLGA, shop, NOW) == []


def test_a_silent_worker_is_said_first(shop):
    WorkerHeartbeat.objects.create(name="a", seen_at=NOW - timedelta(minutes=5))

    assert "No worker is running" in attention.matters(OLGA, shop, NOW)[0].text


def test_stopped_imports_missed_campaigns_and_unsure_messages_are_named(shop):
    ImportBatch.objects.create(kind="purchases", file_name="june.csv", state="failed", created_at=NOW)
    Campaign.objects.create(slug="a", name="Spring", subject="x", mjml="x", state="missed")
    mailing = Mailing.objects.create(source="x", kind="campaign", name="x", purpose="marketing")
    Message.objects.create(mailing=mailing, key="1", state="unsure")

    found = texts()

    assert "june.csv" in found
    assert "“Spring” missed its time" in found
    assert "1 message may or may not have arrived" in found


def test_a_missing_postal_address_is_asked_for(shop):
    Business.objects.update(postal_address="")

    assert "postal address" in texts()


def test_a_failed_refresh_and_a_broken_segment_give_their_reason(shop):
    ScoringRun.objects.create(kind="refresh", state="failed", error="disk full", finished_at=NOW)
    Segment.objects.create(slug="s", name="Tea", error="no such field")

    found = texts()

    assert "disk full" in found
    assert "no such field" in found


def test_unhappy_customers_wait_until_somebody_writes_a_note(shop):
    waiting, cared_for, happy, long_ago = (make_customer() for _ in range(4))
    answer(waiting, 3)
    answer(cared_for, 2, metric="csat", days_ago=3)
    answer(happy, 9)
    answer(long_ago, 1, days_ago=20)
    note = Interaction(customer=cared_for, kind="note", at=NOW - timedelta(days=2), source="staff", key="n")
    ledger.record([note])

    assert list(attention.unhappy(NOW)) == [waiting]
    assert "1 unhappy customer" in texts()


def test_a_note_from_before_the_answer_does_not_count(shop):
    waiting = make_customer()
    answer(waiting, 3)
    note = Interaction(customer=waiting, kind="note", at=NOW - timedelta(days=9), source="staff", key="n")
    ledger.record([note])

    assert list(attention.unhappy(NOW)) == [waiting]


def test_an_old_last_sale_asks_for_newer_purchases(shop):
    customer = make_customer()
    make_purchase(customer, at=datetime(2026, 3, 1, 12, tzinfo=UTC))
    asked = texts()
    analysis_day.choose(Business.current(), "today", now=NOW)
    late = texts()

    make_purchase(customer, at=datetime(2026, 6, 1, 12, tzinfo=UTC))

    assert "last sale" not in asked
    assert "The last sale was on 1 Mar 2026." in late
    assert "last sale" not in texts()
