from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from crm.errors import Refusal
from feedback import invitations
from feedback.models import Invitation
from tests.feedback.surveys import make_invitation, make_survey
from tests.people import NOON, make_customer

pytestmark = pytest.mark.django_db


def test_the_same_source_asks_a_person_once(django_assert_num_queries):
    survey, people = make_survey(), [make_customer() for _ in range(3)]

    invitations.invite_many(survey, "campaign:1", [one.pk for one in people], at=NOON)
    invitations.invite_many(survey, "campaign:1", [one.pk for one in people], at=NOON + timedelta(days=1))
    invitations.invite_many(survey, "campaign:2", [people[0].pk], at=NOON)

    assert Invitation.objects.count() == 4
    first = Invitation.objects.filter(source="campaign:1").first()
    assert first.asked_at == NOON
    assert first.expires_at == NOON + timedelta(days=60)


def test_a_token_needs_no_query_and_is_always_the_same(django_assert_num_queries):
    with django_assert_num_queries(0):
        one, two = invitations.token(1, "campaign:1", 7), invitations.token(1, "campaign:1", 7)

    assert one == two
    assert invitations.token(1, "campaign:1", 8) != one
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", one)


def test_a_token_leads_to_its_invitation():
    invitation = make_invitation(at=NOON)
    token = invitations.token(invitation.survey_id, invitation.source, invitation.customer_id)

    assert invitations.resolve(token) == invitation


@pytest.mark.parametrize(
    "spoil", [lambda t: t[:-1], lambda t: "x" + t, lambda t: t.replace(".", ""), lambda t: ""]
)
def test_a_spoilt_token_leads_nowhere(spoil):
    invitation = make_invitation(at=NOON)
    token = invitations.token(invitation.survey_id, invitation.source, invitation.customer_id)

    assert invitations.resolve(spoil(token)) is None


def test_a_good_signature_without_a_row_leads_nowhere():
    assert invitations.resolve(invitations.token(99, "campaign:1", 99)) is None


def test_a_link_by_hand_is_used_again_while_it_waits():
    survey, customer, now = make_survey(), make_customer(), timezone.now()

    first = invitations.invite_by_hand(survey, customer, at=now)
    again = invitations.invite_by_hand(survey, customer, at=now + timedelta(days=3))
    later = invitations.invite_by_hand(survey, customer, at=now + timedelta(days=61))

    assert first == again
    assert later != first


def test_nobody_is_asked_for_a_closed_survey():
    survey = make_survey(state="closed")

    with pytest.raises(Refusal):
        invitations.invite_by_hand(survey, make_customer(), at=NOON)


@pytest.mark.parametrize(
    ("kind", "scores"), [("nps", range(11)), ("csat", range(1, 6)), ("ces", range(1, 8))]
)
def test_the_row_has_one_link_per_score(kind, scores):
    survey = make_survey(kind=kind)

    row = invitations.rating_row(survey, "https://shop.example/s/abc", "en")

    assert re.findall(r'href="([^"]+)"', row) == [f"https://shop.example/s/abc?score={one}" for one in scores]
    assert "<style" not in row
    assert "<script" not in row


def test_the_row_escapes_its_link_and_keeps_its_query():
    row = invitations.rating_row(make_survey(), 'https://shop.example/s/abc?lang=en"><b>', "en")

    assert "<b>" not in row
    assert "?lang=en&quot;&gt;&lt;b&gt;&amp;score=9" in row


def test_rows_of_two_people_are_not_mixed_up():
    survey = make_survey()

    one = invitations.rating_row(survey, "https://shop.example/s/one", "en")
    two = invitations.rating_row(survey, "https://shop.example/s/two", "en")

    assert "/s/two" not in one
    assert "/s/one" not in two
