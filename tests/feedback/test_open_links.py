"""The open link: for everybody, within limits; and kind words wherever a link leads nowhere."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from crm import limits, privacy
from crm.models import Interaction
from feedback import invitations, telling
from feedback.models import Answer
from tests.feedback.surveys import make_invitation, make_question, make_survey, path_of
from tests.people import NOON, make_customer

pytestmark = pytest.mark.django_db


def open_path(survey):
    return f"/s/{invitations.open_token(survey.pk)}"


def sheet_of(page):
    return re.search(r'name="sheet" value="([^"]+)"', page.text)[1]


def test_a_thousand_automatic_posts_are_limited_and_marked_and_a_person_still_counts(client, shop):
    limits.forget()
    path = open_path(make_survey(doors="everybody"))

    codes = {client.post(path, {"score": "0"}, REMOTE_ADDR="10.0.0.1").status_code for _ in range(1000)}
    person = client.get(path, REMOTE_ADDR="10.0.0.2")
    sheet = sheet_of(person)
    for _ in range(2):  # A double press is one answer.
        sent = client.post(path, {"score": "9", "sheet": sheet}, REMOTE_ADDR="10.0.0.2")
    again = client.get(sent.headers["Location"])
    telling.tell_news()

    assert codes == {303, 429}
    assert Answer.objects.filter(state="doubtful").count() == 200
    assert Answer.objects.counted().get().score == 9
    assert Interaction.objects.count() == 1
    assert "Thanks a lot!" in again.text


def test_the_way_it_came_is_kept_and_a_frame_is_for_the_shops_own_site(client, shop):
    limits.forget()
    shop.website = "https://tea.example/shop"
    shop.save()
    survey = make_survey(doors="everybody", look={"origins": ["https://other.example"]})
    page = client.get(f"{open_path(survey)}?embed=1&place=till")
    client.post(
        f"{open_path(survey)}?embed=1",
        {"score": "7", "sheet": sheet_of(page), "place": "till", "via": "embed"},
    )

    answer = Answer.objects.get()
    policy = page.headers["Content-Security-Policy"]
    assert (answer.channel, answer.source, answer.customer) == ("embed", "place:till", None)
    assert "frame-ancestors 'self' https://tea.example https://other.example" in policy
    assert "X-Frame-Options" not in page.headers
    assert "X-Frame-Options" in client.get(open_path(survey)).headers
    assert len(client.get("/survey-embed.js").content) < 5000


def test_an_open_link_works_only_where_it_was_opened(client, shop):
    survey = make_survey()

    assert client.get(open_path(survey)).status_code == 410
    assert client.post(open_path(survey), {"score": "1"}).status_code == 410
    assert not Answer.objects.exists()


def test_the_link_of_an_erased_customer_says_good_bye(client, shop):
    customer = make_customer()
    path = path_of(make_invitation(customer=customer, at=timezone.now()))
    privacy.erase(customer, by=None, at=NOON)

    page, sent = client.get(path), client.post(path, {"score": "1"})

    assert (page.status_code, sent.status_code) == (404, 404)
    assert "good-bye" in page.text
    assert not Answer.objects.exists()


def test_what_breaks_a_rule_is_not_kept_and_what_must_be_answered_is_asked_for(client, shop):
    survey = make_survey()
    make_question(survey, "reason", "single", choices=["Tea", "Coffee"])
    rule = {"all": [{"of": "reason", "op": "is", "value": 2}]}
    make_question(survey, "why", show_if=rule, is_required=True)
    path = path_of(make_invitation(survey, at=timezone.now()))

    client.post(path, {"score": "9", "q-reason": "1", "q-why": "Sneaked in"})
    first = Answer.objects.get().values
    lacking = client.post(path, {"score": "9", "q-reason": "2", "q-why": " "})
    client.post(path, {"score": "9", "q-reason": "2", "q-why": "Cold"})

    assert first == {"reason": 1}
    assert lacking.status_code == 422
    assert Answer.objects.get().values == {"reason": 2, "why": "Cold"}


def test_a_megabyte_stays_in_the_field_and_is_not_stored(client, shop):
    path = path_of(make_invitation(at=timezone.now()))

    page = client.post(path, {"score": "9", "comment": "x" * 1_000_000})

    assert page.status_code == 422
    assert "1000000 characters" in page.text
    assert "x" * 1000 in page.text
    assert not Answer.objects.exists()


def test_what_a_script_saves_counts_nowhere_until_it_is_sent(client, shop):
    path = path_of(make_invitation(at=timezone.now()))

    client.post(path, {"score": "2", "save": "1"})
    provisional = Answer.objects.get().state, Answer.objects.counted().count(), Interaction.objects.count()
    client.post(path, {"score": "9"})
    client.post(path, {"score": "1", "save": "1"})

    assert provisional == ("provisional", 0, 0)
    assert Answer.objects.counted().get().score == 9
