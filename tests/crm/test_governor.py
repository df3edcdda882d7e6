"""The house rules of writing: caps, wishes and quiet hours, at planning and just before a mail leaves."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from crm import outbox
from crm.models import ContactRules, ContactWish, Customer, Mailing, Message
from crm.outbox import claiming, governor, reasons, zones
from tests.mails import draft, make_mailing
from tests.people import NOON, make_customer

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def got(customer, *moments, purpose="marketing", state="sent"):
    """Marketing mail that reached the customer at these moments."""
    for number, at in enumerate(moments):
        mailing = make_mailing(f"old:{purpose}:{at:%d%H}:{number}:{customer.pk}", purpose=purpose)
        outbox.plan(mailing, [draft(customer, state=state, sent_at=at, claimed_at=at)])


def planned(*customers, hours=72, **more) -> Mailing:
    mailing = outbox.open_mailing(
        "test:now", kind="plain", name="Now", purpose="marketing", expires_at=NOON + hours * HOUR, **more
    )
    outbox.plan(mailing, [draft(one, not_before=NOON) for one in customers])
    return mailing


def rules(**values):
    ContactRules.objects.update_or_create(pk=1, defaults=values)


def one_of(mailing) -> Message:
    return mailing.messages.select_related("mailing", "customer").get()


@pytest.mark.parametrize(
    ("ages", "state", "reason", "at"),
    [
        ([], "queued", "", NOON),
        ([8 * DAY, 1 * DAY], "queued", "", NOON),
        ([5 * DAY, 1 * DAY], "queued", "cap", NOON + 2 * DAY),  # The older one leaves the week then.
        ([3 * DAY, 1 * DAY], "skipped", "cap", NOON),  # Four days on: after the campaign's time.
    ],
)
def test_who_got_enough_gets_it_later_or_not_at_all(ages, state, reason, at):
    customer = make_customer()
    got(customer, *(NOON - age for age in ages))
    mailing = planned(customer)

    governor.at_planning(mailing, NOON)

    message = one_of(mailing)
    assert (message.state, message.reason, message.not_before) == (state, reason, at)


@pytest.mark.parametrize(
    ("ages", "verdict"),
    [
        ([8 * DAY, 1 * DAY], None),
        ([5 * DAY, 1 * DAY], governor.Verdict(NOON + 2 * DAY, "cap")),
        ([3 * DAY, 1 * DAY], governor.Verdict(None, "cap")),
    ],
)
def test_just_before_it_leaves_the_same_is_asked_again(ages, verdict):
    customer = make_customer()
    mailing = planned(customer)
    got(customer, *(NOON - age for age in ages))

    assert governor.judge([one_of(mailing)], NOON).get(one_of(mailing).pk) == verdict


def test_mails_of_surveys_count_and_answers_to_cases_do_not():
    customer = make_customer()
    got(customer, NOON - DAY, NOON - 2 * DAY, purpose="transactional")
    assert governor.judge([one_of(planned(customer))], NOON) == {}

    got(customer, NOON - DAY, state="unsure")
    got(customer, NOON - 2 * DAY)
    assert governor.counted(customer, NOON) == 2
    assert set(governor.over_cap(Customer.objects.all(), NOON)) == {customer}


def test_transactional_mail_is_never_held_back():
    customer = make_customer()
    got(customer, NOON - DAY, NOON - 2 * DAY)
    mailing = make_mailing("case:1", purpose="transactional")
    outbox.plan(mailing, [draft(customer)])

    assert governor.judge([one_of(mailing)], NOON) == {}


def test_the_claim_itself_keeps_the_cap_when_another_campaign_was_faster():
    customer = make_customer()
    mailing = planned(customer)
    message = one_of(mailing)
    governor.judge([message], NOON)
    got(customer, NOON - DAY, NOON - 2 * DAY)

    assert not claiming.claim([message], "me", NOON)
    assert claiming.claim([message], "me", NOON + 7 * DAY)


@pytest.mark.parametrize(
    ("country", "now", "until"),
    [
        ("Germany", datetime(2026, 6, 15, 20, 30, tzinfo=UTC), datetime(2026, 6, 16, 6, tzinfo=UTC)),
        ("Germany", datetime(2026, 6, 15, 18, 30, tzinfo=UTC), None),
        ("China", datetime(2026, 6, 15, 18, 30, tzinfo=UTC), datetime(2026, 6, 16, 0, tzinfo=UTC)),
    ],
)
def test_quiet_hours_are_those_where_the_person_lives(country, now, until):
    rules(quiet_from=time(21), quiet_until=time(8))
    customer = make_customer(country=country)
    mailing = planned(customer)
    Mailing.objects.update(expires_at=None)

    found = governor.judge([one_of(mailing)], now).get(one_of(mailing).pk)

    assert (found and found.at) == until
    assert not found or found.reason == reasons.QUIET


@pytest.mark.parametrize(
    ("wish", "state", "reason"),
    [
        ({"channel": "sms"}, "skipped", "other_channel"),
        ({"channel": "email"}, "queued", ""),
        ({"at_most": 0}, "skipped", "wish"),
        ({"pause_until": (NOON + 30 * DAY).date()}, "skipped", "wish"),
    ],
)
def test_what_a_person_wishes_holds_at_planning_and_later(wish, state, reason):
    customer = make_customer()
    ContactWish.objects.create(customer=customer, **wish)
    mailing = planned(customer)

    found = governor.judge([one_of(mailing)], NOON).get(one_of(mailing).pk)
    governor.at_planning(mailing, NOON)

    assert (one_of(mailing).state, one_of(mailing).reason) == (state, reason)
    assert (found.reason if found else "") == reason


def test_a_wish_for_fewer_mails_counts_thirty_days():
    customer = make_customer()
    ContactWish.objects.create(customer=customer, at_most=1)
    got(customer, NOON - 20 * DAY)

    found = governor.judge([one_of(planned(customer, hours=24 * 20))], NOON)

    assert list(found.values()) == [governor.Verdict(NOON + 10 * DAY, "wish")]


def test_countries_are_gathered_by_the_instant_at_which_their_clocks_agree():
    """Ten o'clock on 15 June: 8:00 UTC in Berlin and Paris, 2:00 in Shanghai, 14:00 in New York."""
    home = ZoneInfo("Europe/Berlin")
    countries = ["Germany", "FR", "中国", "United States", "", "Nowhere"]

    found = zones.by_instant(countries, NOON.date(), time(10), home, not_before=NOON - 12 * HOUR)

    hours = {at.astimezone(UTC).hour: some for at, some in found.items()}
    assert hours == {8: ["Germany", "FR", "", "Nowhere"], 2: ["中国"], 14: ["United States"]}
