from __future__ import annotations

import re
from html import unescape

import pytest
from django.db import IntegrityError, transaction

from campaigns import lifecycle, planning, variants
from campaigns.models import Campaign, Link, Variant
from crm.models import Message
from crm.outbox import sending
from tests.campaigns.mails import NOW, caught, design, html_of, make_campaign, make_list, plan
from tests.people import make_customer

pytestmark = pytest.mark.django_db


def make_variant(campaign, arm="a", language="", **fields):
    return Variant.objects.create(campaign=campaign, arm=arm, language=language, **fields)


def mails():
    return {mail["To"].addresses[0].addr_spec: mail for mail in caught()}


def test_everybody_gets_their_language_and_all_others_what_the_campaign_says(shop):
    chinese, german, silent = (
        make_customer(email=f"{code.lower() or 'none'}@example.com", language=code)
        for code in ("zh-CN", "de", "")
    )
    campaign = make_campaign(make_list(chinese, german, silent), mjml=design("{{ '2026-05-01' | date }}"))
    make_variant(campaign, language="zh-hans", subject="春茶", mjml=design("你好 {{ '2026-05-01' | date }}"))
    plan(campaign)

    sending.drain()

    found = mails()
    assert found["zh-cn@example.com"]["Subject"] == "春茶"
    page = unescape(html_of(found["zh-cn@example.com"]))
    assert "你好 2026年5月1日" in page
    assert "退订" in page
    assert {found[f"{who}@example.com"]["Subject"] for who in ("de", "none")} == {"Spring tea"}
    assert "May 1, 2026" in html_of(found["de@example.com"])


def test_an_arm_says_only_what_differs_and_keeps_its_arm_before_its_language(shop):
    campaign = make_campaign(text="By hand")
    make_variant(campaign, language="zh-hans", subject="春茶", preheader="新茶")
    make_variant(campaign, arm="b", subject="New tea")
    make_variant(campaign, arm="c", language="zh-hans", mjml=design("另一个"))

    said = variants.texts(campaign, shop)

    chinese = make_customer(language="zh")
    assert said.key("a", chinese) == ("a", "zh-hans")
    assert said.key("b", chinese) == ("b", "")
    assert said.key("c", None) == ("a", "")
    assert said.sources["b", ""].subject == "New tea"
    assert said.sources["b", ""].mjml == campaign.mjml
    assert said.sources["b", ""].text == "By hand"
    other = said.sources["c", "zh-hans"]
    assert (other.subject, other.preheader, other.text) == ("春茶", "新茶", "")


def test_a_message_says_its_arm_by_its_context(shop):
    campaign = make_campaign()
    make_variant(campaign, arm="b", subject="New tea")

    said = variants.texts(campaign, shop)

    assert said.of(Message(arm="b")).arm == "b"
    assert said.of(Message()).arm == said.of(Message(arm="z")).arm == "a"


def test_links_of_all_texts_are_counted_in_one_list_and_lead_to_their_own_address(shop, client):
    campaign = make_campaign(make_list(make_customer(language="zh")), utm=False)
    both = '<a href="https://tea.example/new">新</a> <a href="https://tea.example/about">我们</a>'
    make_variant(campaign, language="zh-hans", mjml=design(both))
    plan(campaign)

    sending.drain()

    urls = list(Link.objects.filter(campaign=campaign).order_by("position").values_list("url", flat=True))
    assert urls == [
        "https://tea.example/spring?a=1&b=2",
        "https://tea.example/about",
        "https://tea.example/new",
    ]
    (page,) = [html_of(mail) for mail in caught()]
    paths = re.findall(r'href="http://testserver([^"]+)"(?! aria-hidden)', page)
    clicks = [client.get(path).headers["Location"] for path in paths if path.startswith("/c/")]
    assert clicks == ["https://tea.example/new", "https://tea.example/about"]


def test_what_is_sent_is_what_was_written_when_planning_began(shop):
    campaign = make_campaign(make_list(make_customer(language="zh")))
    variant = make_variant(campaign, language="zh-hans", subject="春茶")
    plan(campaign)
    Campaign.objects.update(subject="Changed", mjml=design("Changed"))
    Variant.objects.filter(pk=variant.pk).update(subject="改了")

    sending.drain()

    (mail,) = caught()
    assert mail["Subject"] == "春茶"
    assert "Changed" not in html_of(mail)


def test_a_variant_that_cannot_be_sent_is_named_and_nothing_is_frozen(shop):
    campaign = make_campaign(make_list(make_customer()))
    make_variant(campaign, arm="b", language="zh-hans", mjml=design("{{ customer.shoe }}"))

    problem = variants.problem_in(campaign, shop)
    Campaign.objects.update(state="planning")
    make_variant(campaign, arm="c", mjml="tea")
    planning.plan(Campaign.objects.get(), now=NOW)

    assert problem.startswith("B, zh-hans: There is no placeholder customer.shoe.")
    found = Campaign.objects.get()
    assert (found.state, found.frozen) == ("draft", [])
    assert found.error.startswith("C: The design must begin with <mjml>")


def test_a_copy_has_the_same_variants_and_forgets_what_was_frozen(shop):
    campaign = make_campaign(make_list(make_customer()))
    make_variant(campaign, language="zh-hans", subject="春茶")
    plan(campaign)

    copy = lifecycle.duplicate(campaign, "copy")

    assert copy.frozen == []
    assert [(one.language, one.subject) for one in copy.variants.all()] == [("zh-hans", "春茶")]
    assert campaign.variants.count() == 1


def test_one_text_per_arm_and_language_and_none_that_is_the_campaigns_own():
    campaign = make_campaign()
    make_variant(campaign, arm="b")

    for arm in ("b", "a"):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_variant(campaign, arm=arm)


def test_a_mail_in_another_language_tells_screen_readers_which(shop):
    campaign = make_campaign(mjml=design("tea").replace("<mjml>", '<mjml lang="en">'))
    make_variant(campaign, language="zh-hans", subject="春茶", follows=True)

    said = variants.texts(campaign, shop)

    assert '<mjml lang="zh-Hans">' in said.sources["a", "zh-hans"].mjml
    assert '<mjml lang="en">' in said.sources["a", ""].mjml
