from __future__ import annotations

from datetime import timedelta

import pytest

from crm.models import User
from segments.models import Membership, Segment
from tests.people import NOON, make_customer

pytestmark = pytest.mark.django_db
PAGE = "/segments/s/regulars/came-and-left/"


def stay(segment, person, *, came, left=None):
    ago = [None if days is None else NOON - timedelta(days=days) for days in (came, left)]
    return Membership.objects.create(segment=segment, customer=person, entered_at=ago[0], left_at=ago[1])


def test_who_came_and_who_left_is_listed_the_latest_first(staff_client):
    segment = Segment.objects.create(slug="regulars", name="Regulars", rule={"all": []})
    ada, bea, cleo = (make_customer(first_name=name, last_name="Lee") for name in ("Ada", "Bea", "Cleo"))
    stay(segment, ada, came=90, left=5)
    stay(segment, bea, came=80, left=40)
    stay(segment, cleo, came=70)
    stay(segment, bea, came=3)

    came, left = staff_client.get(PAGE), staff_client.get(PAGE + "?show=left")

    assert [one.customer for one in came.context["page"]] == [bea, cleo, bea, ada]
    assert [one.customer for one in left.context["page"]] == [ada, bea]
    assert "still in it" in came.text
    assert "10 Jun 2026" in left.text
    assert f'href="{PAGE}"' in staff_client.get("/segments/s/regulars/").text


def test_the_list_of_segments_leads_to_who_came_or_left(staff_client):
    Segment.objects.create(slug="regulars", name="Regulars", kind="static")

    assert f'href="{PAGE}"' in staff_client.get("/segments/").text
    assert "Nobody has entered this segment so far." in staff_client.get(PAGE).text
    assert "Nobody has left this segment so far." in staff_client.get(PAGE + "?show=left").text


def test_pages_follow_each_other_without_a_query_per_person(staff_client, django_assert_max_num_queries):
    segment = Segment.objects.create(slug="regulars", name="Regulars", rule={"all": []})
    for days in range(60):
        stay(segment, make_customer(), came=100, left=days)

    with django_assert_max_num_queries(12):
        first = staff_client.get(PAGE + "?show=left")
    second = staff_client.get(PAGE, {"show": "left", "after": first.context["page"].next})

    assert (len(first.context["page"]), len(second.context["page"])) == (50, 10)
    shown = [one.pk for answer in (first, second) for one in answer.context["page"]]
    assert len(set(shown)) == 60


def test_who_sees_only_their_own_customers_sees_only_their_stays(staff_client, clerk):
    segment = Segment.objects.create(slug="regulars", name="Regulars", rule={"all": []})
    own, foreign = make_customer(owner=clerk), make_customer()
    stay(segment, own, came=3)
    stay(segment, foreign, came=2)
    User.objects.filter(pk=clerk.pk).update(scope=User.Scope.OWN)

    assert [one.customer for one in staff_client.get(PAGE).context["page"]] == [own]
