from __future__ import annotations

import re

import pytest

from campaigns import links
from campaigns.models import MessageEvent
from crm.models import Interaction
from crm.outbox import sending
from tests.campaigns.mails import caught, html_of, make_campaign, make_list, plan
from tests.people import make_customer

pytestmark = pytest.mark.django_db


def sent_mail():
    """The one message of a campaign, and its mail as it arrived."""
    campaign = plan(make_campaign(make_list(make_customer())))
    sending.drain()
    return campaign.mailing.messages.get(), html_of(caught()[0])


def path(kind, html):
    return re.findall(f'"http://testserver(/{kind}/[^"]+)"', html)[0]


def test_a_click_leads_to_the_shop_and_is_remembered_once(shop, client):
    message, html = sent_mail()

    answers = [client.get(path("c", html)) for _ in range(3)]

    assert {answer.headers["Location"] for answer in answers} == {"https://tea.example/spring?a=1&b=2"}
    assert all(answer.status_code == 302 for answer in answers)
    entry = Interaction.objects.get(kind="click")
    campaign = message.mailing.source
    assert (entry.customer, entry.source, entry.key) == (message.customer, campaign, f"click:{message.pk}:0")


def test_an_opening_is_remembered_once_and_answered_with_an_empty_picture(shop, client):
    message, html = sent_mail()

    first, _again = client.get(path("o", html)), client.get(path("o", html))

    assert first.content.startswith(b"GIF89a")
    assert first.headers["Content-Type"] == "image/gif"
    assert "no-store" in first.headers["Cache-Control"]
    assert Interaction.objects.get(kind="open").key == f"open:{message.pk}"


def test_two_links_of_one_mail_are_two_clicks_of_one_person(shop, client):
    _message, html = sent_mail()

    for found in re.findall(r'"http://testserver(/c/[^"]+)"', html):
        client.get(found)

    assert Interaction.objects.filter(kind="click").count() == 2
    assert set(MessageEvent.objects.values_list("link__position", flat=True)) == {0, 1}


def test_a_head_request_changes_nothing(shop, client):
    _message, html = sent_mail()

    assert client.head(path("c", html)).status_code == 302
    assert client.head(path("o", html)).status_code == 200

    assert not Interaction.objects.exists()
    assert not MessageEvent.objects.exists()


@pytest.mark.parametrize("token", ["1-2-0.forged", "nonsense", "a:b:c", "https:evil.example"])
def test_a_forged_link_gets_a_friendly_page_and_leads_nowhere(shop, client, token):
    answer = client.get(f"/c/{token}")

    assert answer.status_code == 404
    assert "This link does not work" in answer.content.decode()
    assert "Location" not in answer.headers


def test_a_forged_pixel_gets_its_picture_and_counts_nothing(shop, client):
    assert client.get("/o/1.forged").headers["Content-Type"] == "image/gif"
    assert not MessageEvent.objects.exists()


def test_a_signed_address_that_is_not_of_the_web_is_not_followed(shop, client):
    message, _html = sent_mail()
    url = links.click_url(1, message.pk, 0, "javascript:alert(1)")

    assert client.get(url.removeprefix("http://testserver")).status_code == 404


def test_a_link_outlives_the_message(shop, client):
    message, html = sent_mail()
    message.delete()

    assert client.get(path("c", html)).status_code == 302
    assert not Interaction.objects.exists()


def test_nobody_needs_to_sign_in_to_follow_a_link(shop, client):
    _message, html = sent_mail()

    assert not client.get(path("c", html)).headers["Location"].startswith("/sign-in")
