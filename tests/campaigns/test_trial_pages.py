"""Where two versions of a campaign are offered, and why not elsewhere."""

from __future__ import annotations

import pytest

from campaigns.models import Experiment
from tests.campaigns.mails import make_campaign, make_list
from tests.people import make_customer

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"state": "scheduled"}, "Take the campaign back from the schedule first"),
        ({"state": "done"}, "This campaign was sent already"),
        ({"one_by_one": True}, "What goes out one by one has no versions"),
    ],
)
def test_two_versions_are_refused_with_the_reason_that_holds(staff_client, fields, says):
    make_campaign(make_list(make_customer()), slug="spring", **fields)

    page = staff_client.get("/campaigns/spring/experiment/", follow=True).content.decode()

    assert says in page
    assert not Experiment.objects.exists()


def test_two_versions_are_offered_where_they_can_be_tried(staff_client):
    segment = make_list(make_customer())
    make_campaign(segment, slug="spring")
    make_campaign(segment, slug="thanks", one_by_one=True)

    spring, thanks = (
        staff_client.get(f"/campaigns/{slug}/").content.decode() for slug in ("spring", "thanks")
    )

    assert "/campaigns/spring/experiment/" in spring
    assert "/campaigns/thanks/experiment/" not in thanks
    assert "everybody gets the same mail, and nobody is held out" in thanks
