from __future__ import annotations

import re

import pytest

from campaigns import links
from campaigns.links import Click, Tracker
from campaigns.placeholders import Values
from campaigns.rendering import Sources, prepare
from crm.models import Business, Customer
from tests.campaigns.mails import MJML, design

pytestmark = pytest.mark.django_db


def rendered(mjml, customer=None, message_id=7):
    values = Values(Business.current()).of(customer or Customer(pk=1), "https://shop.example/u/t")
    mail = prepare(Sources("Hello", mjml))
    return mail, mail.render(values, Tracker(mail.urls, 3, message_id))


def tokens_in(html):
    """Of the links that people see."""
    return re.findall(r'href="http://testserver/c/([^"]+)"(?! aria-hidden)', html)


def test_each_link_of_the_design_gets_a_signed_address(shop):
    mail, result = rendered(MJML)

    clicks = [links.read_click(token) for token in tokens_in(result.html)]

    assert mail.urls == ["https://tea.example/spring?a=1&b=2", "https://tea.example/about"]
    assert clicks == [Click(3, 7, 0), Click(3, 7, 1)]
    assert "https://tea.example" not in result.html


def test_the_plain_part_has_the_same_signed_links(shop):
    _mail, result = rendered(MJML)

    assert all(f"http://testserver/c/{token}" in result.text for token in tokens_in(result.html))


def test_an_address_with_a_placeholder_travels_inside_its_token(shop):
    mjml = design('<a href="https://tea.example/{{ customer.city | url_encode }}?x=1&amp;y=2">tea</a>')

    _mail, result = rendered(mjml, Customer(pk=1, city="Köln"))

    (token,) = tokens_in(result.html)
    assert links.read_click(token) == Click(3, 7, 0, "https://tea.example/K%C3%B6ln?x=1&y=2")


def test_data_cannot_smuggle_in_another_kind_of_address(shop):
    mjml = design('<a href="{{ customer.city }}">tea</a>')

    _mail, result = rendered(mjml, Customer(pk=1, city="javascript:alert(1)"))

    assert "javascript:" not in result.html
    assert 'href="#"' in result.html


def test_unsubscribe_and_survey_links_stay_direct(shop):
    mjml = design('<a href="{{ unsubscribe_url }}">out</a> <a href="mailto:a@b.example">write</a>')

    mail, result = rendered(mjml)

    assert mail.urls == []
    assert 'href="https://shop.example/u/t"' in result.html
    assert 'href="mailto:a@b.example"' in result.html


def test_a_preview_counts_nothing(shop):
    _mail, result = rendered(MJML, message_id=0)

    assert "/c/" not in result.html
    assert "/o/" not in result.html
    assert 'href="https://tea.example/spring?a=1&amp;b=2"' in result.html


def test_a_mail_has_one_signed_pixel(shop):
    _mail, result = rendered(MJML)

    (token,) = re.findall(r'src="http://testserver/o/([^"]+)"', result.html)
    assert links.read_open(token) == 7


def test_one_link_is_seen_by_machines_alone(shop):
    _mail, result = rendered(MJML)

    (token,) = re.findall(r'href="http://testserver/c/([^"]+)" aria-hidden="true" tabindex="-1"', result.html)
    assert links.read_click(token) == Click(3, 7, links.HIDDEN)
    assert token not in result.text


@pytest.mark.parametrize(("mode", "pixels"), [("hygiene", 1), ("none", 0)])
def test_who_is_not_measured_gets_the_addresses_themselves(shop, mode, pixels):
    mail = prepare(Sources("Hello", MJML))
    values = Values(Business.current()).of(Customer(pk=1), "https://shop.example/u/t")

    result = mail.render(values, Tracker(mail.urls, 3, 7, mode=mode, utm="spring"))

    marks = "utm_source=closeknit&amp;utm_medium=email&amp;utm_campaign=spring"
    assert f'href="https://tea.example/spring?a=1&amp;b=2&amp;{marks}"' in result.html
    assert "/c/" not in result.html + result.text
    assert result.html.count("/o/") == pixels


def test_links_of_mails_that_are_long_out_still_work(shop):
    token = links._click.sign("3-7-1")

    assert links.read_click(token) == Click(3, 7, 1)


@pytest.mark.parametrize(
    ("url", "marked"),
    [
        ("https://tea.example", "https://tea.example?utm_source=closeknit&utm_medium=email&utm_campaign=s+1"),
        (
            "https://tea.example/?utm_source=shop&q=春#top",
            "https://tea.example/?utm_source=shop&q=春&utm_medium=email&utm_campaign=s+1#top",
        ),
        ("mailto:ada@example.com", "mailto:ada@example.com"),
    ],
)
def test_marks_for_statistics_leave_the_rest_of_an_address_alone(url, marked):
    assert links.with_utm(url, "s 1") == marked
    assert links.with_utm(url, "") == url


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: "9" + t, lambda t: "", lambda t: "a:b:c", lambda t: "1-2-3"]
)
def test_a_changed_token_means_nothing(shop, change):
    _mail, result = rendered(MJML)
    token = tokens_in(result.html)[0]

    assert links.read_click(change(token)) is None
    assert links.read_open(change(links.open_url(7).rpartition("/")[2])) is None


def test_a_token_of_another_kind_is_not_taken(shop):
    opening = links.open_url(7).rpartition("/")[2]

    assert links.read_click(opening) is None


def test_a_name_cannot_pass_for_a_mark_and_get_its_own_address_signed(shop):
    evil = Customer(
        pk=1, first_name="\ue0000\ue001https://evil.example/\ue002", custom={"c": "\ue000o\ue002"}
    )

    _prepared, mail = rendered(design("Hello {{ customer.first_name }}{{ customer.custom.c }}"), evil)

    assert tokens_in(mail.html) == []
    assert "/c/" not in mail.text
    assert mail.html.count("/o/") == 1


@pytest.mark.parametrize("url", ["http://[x", "https://", "javascript:alert(1)", "https://x.example/ y"])
def test_an_address_that_is_none_leads_nowhere(shop, client, url):
    address = links.click_url(1, 1, 0, url).removeprefix("http://testserver")

    assert client.get(address).status_code == 404
