"""The list, the report, the people behind a number, and the panel of a customer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns import tracking
from campaigns.models import CampaignFigures
from crm.outbox import sending
from tests.campaigns.mails import (
    BROWSER,
    NOW,
    make_campaign,
    make_list,
    plan,
    react,
)
from tests.people import make_customer

pytestmark = pytest.mark.django_db


def test_the_list_needs_few_queries_however_long_it_is(staff_client, django_assert_num_queries):
    segment = make_list(*(make_customer() for _ in range(3)))
    for n in range(4):
        campaign = plan(make_campaign(segment, slug=f"c-{n}"))
        react(campaign, campaign.mailing.messages.first().customer)
    staff_client.get("/campaigns/")

    with django_assert_num_queries(8):
        page = staff_client.get("/campaigns/").content.decode()

    assert page.count("?state=opened") == 0  # Nothing is sent yet, so nothing is linked.
    assert page.count("/recipients/?state=sent") == 2 * 4  # In the table, and below the name on a phone.


def test_the_report_needs_few_queries_however_many_people(staff_client, django_assert_max_num_queries):
    campaign = plan(make_campaign(make_list(*(make_customer() for _ in range(30))), slug="spring"))
    sending.drain()
    link = campaign.links.first().pk
    hits = [
        tracking.Hit(one.pk, NOW, link, kind=tracking.CLICK, agent=BROWSER)
        for one in campaign.mailing.messages.all()
    ]
    tracking.hear(hits)
    tracking.settle(now=NOW, after=timedelta(0))

    with django_assert_max_num_queries(36):
        page = staff_client.get("/campaigns/spring/").content.decode()
    CampaignFigures.objects.update(seconds=9)
    with django_assert_max_num_queries(18):  # Kept figures; so it opens at once with a million hits, too.
        staff_client.get("/campaigns/spring/")

    assert '?state=clicked">30</a>' in page


def test_the_people_behind_a_number_are_paged(staff_client, django_assert_max_num_queries):
    plan(make_campaign(make_list(*(make_customer() for _ in range(60))), slug="spring"))

    with django_assert_max_num_queries(8):
        first = staff_client.get("/campaigns/spring/recipients/?state=queued").content.decode()

    assert first.count("/customers/") >= 50
    assert 'rel="next"' in first


@pytest.mark.parametrize("query", ["state=nonsense", "link=999", "link=x", "after=x", "reason=nonsense"])
def test_strange_questions_get_an_empty_page(staff_client, query):
    plan(make_campaign(make_list(make_customer()), slug="spring"))

    assert staff_client.get(f"/campaigns/spring/recipients/?{query}").status_code == 200


def test_the_panel_of_a_customer_shows_what_was_written_and_why_not(staff_client):
    ada = make_customer(email_consent="unknown")
    plan(make_campaign(make_list(ada, make_customer()), name="Spring tea"))

    page = staff_client.get(f"/campaigns/customer/{ada.public_id}/").content.decode()

    assert "Spring tea" in page
    assert "Never agreed to marketing mail" in page
    assert "<html" not in page
