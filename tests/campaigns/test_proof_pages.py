"""The pages of tests, proof and reports, from the form to the finding."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta

import pytest

from campaigns import experiments, groups, holidays
from campaigns.models import Campaign, Experiment
from crm.models import Message
from tests.campaigns.mails import NOW, make_campaign, make_list, plan, react
from tests.campaigns.test_experiments import click, make_people, make_test, sent
from tests.people import make_customer, make_purchase

pytestmark = pytest.mark.django_db
TEST = {
    "metric": "click", "idea": "Name first", "share": "50", "hours": "24", "base_percent": "2",
    "worth_percent": "1", "then": "send", "b": "Ada, tea is here", "c": "",
}  # fmt: skip


def page_of(client, address, **headers):
    answer = client.get(address, **headers)
    assert answer.status_code == 200, address
    return answer.content.decode()


def test_a_test_is_set_up_on_a_page_that_says_what_it_can_find_out(staff_client):
    campaign = make_campaign(make_people(40), slug="spring")

    before = page_of(staff_client, "/campaigns/spring/experiment/?kind=subject")
    answer = staff_client.post("/campaigns/spring/experiment/?kind=subject", TEST, follow=True)
    again = page_of(staff_client, "/campaigns/spring/experiment/")

    assert "This cannot be settled with one sending" in before
    assert "2 versions differ in: Subject. 50 % take part" in answer.content.decode()
    assert 'value="Ada, tea is here"' in again
    experiment = experiments.of(campaign)
    assert [arm.letter for arm in experiment.arms.all()] == ["a", "b"]
    assert campaign.variants.get().subject == "Ada, tea is here"
    staff_client.post("/campaigns/spring/experiment/remove/")
    assert not Experiment.objects.exists()
    assert not campaign.variants.exists()


@pytest.mark.parametrize(
    ("kind", "b", "says"),
    [
        ("subject", "Spring tea", "Two versions are the same"),
        ("subject", "", "This field is required"),
        ("time", "900", "less than or equal to 167"),
        ("content", "no-such-design", "Select a valid choice"),
    ],
)
def test_a_test_that_cannot_find_anything_is_refused_at_its_place(staff_client, kind, b, says):
    make_campaign(make_people(4), slug="spring")

    answer = staff_client.post(f"/campaigns/spring/experiment/?kind={kind}", {**TEST, "b": b})

    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not Experiment.objects.exists()


def test_the_plan_follows_the_figures_in_the_form(staff_client):
    make_campaign(make_people(2), slug="spring")
    address = "/campaigns/spring/experiment/plan/?people=20000&share=100&base_percent=2&worth_percent=1&b=x"

    assert "This can be found out" in page_of(staff_client, address)
    assert "Fill in the shares" in page_of(staff_client, address.replace("=2&", "=x&"))
    assert "Fill in the shares" in page_of(staff_client, address.replace("=2&", "=nan&"))


def test_the_report_says_not_yet_then_the_winner_and_the_people_behind_it(staff_client):
    campaign, _experiment = make_test(make_people(400), share=50, worth_percent=20, base_percent=5)
    Campaign.objects.update(slug="spring")
    campaign = plan(campaign)
    sent(campaign)
    click(campaign, "b", 60)
    Experiment.objects.update(ends_at="2200-01-01T00:00Z")

    early = page_of(staff_client, "/campaigns/spring/")
    Experiment.objects.update(ends_at=NOW + timedelta(hours=24))
    experiments.advance(now=NOW + timedelta(hours=25))
    final = page_of(staff_client, "/campaigns/spring/")
    people = page_of(staff_client, "/campaigns/spring/recipients/?state=clicked&arm=b")

    assert "Not yet: the test is still running" in early
    assert "Chance to be the best" not in early
    assert "B did better: " in final
    assert "The rest got version B." in final
    assert "Nobody here yet" in people  # Their clicks were never heard, only counted.


def test_a_person_sends_one_version_to_the_rest(staff_client):
    campaign, _experiment = make_test(make_people(60), share=50, then="ask")
    Campaign.objects.update(slug="spring")
    campaign = plan(campaign)
    sent(campaign)
    experiments.advance(now=NOW + timedelta(hours=25))

    page = page_of(staff_client, "/campaigns/spring/")
    answer = staff_client.post("/campaigns/spring/experiment/choose/", {"version": "B"}, follow=True)
    twice = staff_client.post("/campaigns/spring/experiment/choose/", {"version": "A"}, follow=True)

    assert "Send B to the rest" in page
    assert "Version B goes to the rest now." in answer.content.decode()
    assert "The rest has got its version already." in twice.content.decode()
    assert campaign.mailing.messages.filter(arm="B").exists()


def test_the_effect_is_said_in_plain_words_beside_attribution_and_cost(owner_client):
    people = make_people(200)
    campaign = plan(make_campaign(people, slug="spring", cost=10))
    messages = list(campaign.mailing.messages.order_by("pk"))
    campaign.mailing.messages.update(state="sent", sent_at=NOW)
    Message.objects.filter(pk__in=[one.pk for one in messages[:60]]).update(state="held_out")
    for one in messages[60:120]:
        make_purchase(one.customer, 10, at=NOW + timedelta(days=1))

    page = page_of(owner_client, "/campaigns/spring/")
    proof = page_of(owner_client, "/campaigns/proof/")

    assert "Of 100 who got it, 42.9 more bought than of 100 held out." in page
    assert "Chance alone hardly makes such a difference." in page
    assert "Return on it (ROI)" in page
    assert "1 campaign with people held out" in proof
    assert "Of 100 who got it, 42.9 more bought" in proof
    assert 'data-chart="interval"' in proof
    assert re.search(r'"name": "More buyers per 100", "values": \[42\.86\]', proof)


def test_without_hold_out_the_page_says_that_it_is_not_known(staff_client):
    campaign = plan(make_campaign(make_list(make_customer()), slug="spring"))
    campaign.mailing.messages.update(state="sent", sent_at=NOW)

    assert "Not known: nobody was held out" in page_of(staff_client, "/campaigns/spring/")
    assert "No campaign with people held out yet" in page_of(staff_client, "/campaigns/proof/")


def test_measuring_is_changed_after_sending_but_not_who_was_held_out(staff_client):
    plan(make_campaign(make_list(make_customer()), slug="spring", holdout_percent=0))
    values = {"holdout_percent": "20", "effect_days": "7", "coupon": "SPRING", "cost": "12.50"}

    staff_client.post("/campaigns/spring/measuring/", {**values, "is_public": "on"})

    campaign = Campaign.objects.get()
    assert (campaign.holdout_percent, campaign.effect_days, campaign.coupon) == (0, 7, "SPRING")
    assert campaign.is_public
    assert not campaign.utm


def test_groups_tell_who_clicked_and_lead_to_them(staff_client):
    ada, bob = make_customer(email="ada@Post.example", language="en"), make_customer(language="zh-hans")
    campaign = plan(make_campaign(make_list(ada, bob), slug="spring"))
    campaign.mailing.messages.update(state="sent", sent_at=NOW)
    phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)"
    react(campaign, ada, 0, at=NOW + timedelta(hours=2), agent=phone)

    for kind in groups.KINDS:
        page = page_of(staff_client, f"/campaigns/spring/groups/?by={kind}")
        assert "<table" in page
    services = page_of(staff_client, "/campaigns/spring/groups/?by=domain")
    people = page_of(staff_client, "/campaigns/spring/recipients/?state=clicked&by=domain&key=post.example")
    nobody = page_of(staff_client, "/campaigns/spring/recipients/?state=clicked&by=language&key=zh-hans")

    assert "post.example" in services
    assert "Most clicks: Phone (1 person)" in page_of(staff_client, "/campaigns/spring/groups/?by=device")
    assert ada.last_name in people
    assert "Nobody here yet" in nobody


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X)", "tablet"),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) Mobile Safari", "phone"),
        ("Mozilla/5.0 (Linux; Android 14; SM-X710) Safari", "tablet"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "computer"),
        ("Mozilla/5.0 (Windows NT 5.1) (via ggpht.com GoogleImageProxy)", "service"),
        ("", "other"),
    ],
)
def test_a_program_says_its_device(agent, device):
    assert groups.device_of(agent) == device


def test_the_list_of_recipients_is_a_file_with_what_each_did(staff_client):
    ada = make_customer(last_name="=2+3")
    campaign = plan(make_campaign(make_list(ada, make_customer(email="")), slug="spring"))
    campaign.mailing.messages.filter(state="queued").update(state="sent", sent_at=NOW)
    react(campaign, ada, 0, at=NOW + timedelta(hours=2))

    answer = staff_client.get("/campaigns/spring/recipients/file/")

    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    head, *lines = csv.reader(io.StringIO(text))
    first, second = sorted(lines, key=lambda line: line[2] != "Sent")
    assert head == ["Customer", "Address", "State", "Why", "Version", "Sent", "Opened", "Clicked"]
    assert (first[1], first[2], first[6], first[7]) == (ada.email, "Sent", "", "yes")
    assert second[3] == "No e-mail address"


def test_the_clicks_stand_beside_the_links_of_the_mail(staff_client):
    ada, bob = make_customer(), make_customer()
    campaign = plan(make_campaign(make_list(ada, bob), slug="spring"))
    campaign.mailing.messages.update(state="sent", sent_at=NOW)
    for one in (ada, bob):
        react(campaign, one, 1, at=NOW + timedelta(hours=2))

    page = page_of(staff_client, "/campaigns/spring/links/")
    mail = page_of(staff_client, "/campaigns/spring/links/mail/?version=a-")

    assert "/campaigns/spring/links/mail/" in page
    assert ">2</span></a>" in mail.split("About us")[1]
    assert ">0</span></a>" in mail.split("About us")[0]
    assert "/c/" not in mail
    assert "/o/" not in mail


def test_the_public_archive_shows_chosen_mails_without_anything_personal(staff_client, client):
    ada = make_customer(first_name="Ada")
    for slug, public in (("spring", True), ("secret", False)):
        campaign = plan(make_campaign(make_list(ada, slug=slug), slug=slug, is_public=public))
        campaign.mailing.messages.update(state="sent", sent_at=NOW)

    listed = page_of(client, "/archive/")
    mail = page_of(client, "/archive/spring")

    assert "/archive/spring" in listed
    assert "/archive/secret" not in listed
    assert "Hello there" in mail
    assert "Ada" not in mail
    assert "/u/" not in mail
    assert client.get("/archive/secret").status_code == 404


def test_the_calendar_shows_campaigns_and_the_days_people_buy_for(staff_client):
    make_campaign(make_list(make_customer()), slug="spring", name="Christmas tea", state="scheduled",
                  scheduled_at="2026-12-20T09:00Z")  # fmt: skip

    page = page_of(staff_client, "/campaigns/calendar/?month=2026-12")
    empty = page_of(staff_client, "/campaigns/calendar/?month=2027-03")
    odd = page_of(staff_client, "/campaigns/calendar/?month=9999-99")

    assert "Christmas tea" in page
    assert "Christmas Day" in page
    assert "No campaign in this month" in empty
    assert "<h1>" in odd


def test_holidays_are_those_of_the_shop_s_language():
    english, chinese = holidays.of_year(2026, "en"), holidays.of_year(2026, "zh-hans")

    assert [str(name) for name in english[date(2026, 11, 27)]] == ["Black Friday"]
    assert [str(name) for name in english[date(2026, 4, 5)]] == ["Easter Sunday"]
    assert [str(name) for name in english[date(2026, 5, 10)]] == ["Mother's Day (US)"]
    assert [str(name) for name in chinese[date(2026, 2, 17)]] == ["Chinese New Year"]
    assert date(2026, 11, 11) not in english
    assert holidays.easter(2025) == date(2025, 4, 20)
