from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from campaigns import links, reports, tracking
from campaigns.models import MessageEvent
from campaigns.tracking.judging import Seen, judge
from crm.models import Business, Customer, Interaction, Message
from crm.outbox import sending
from feedback.models import Answer
from tests.campaigns.mails import BROWSER, caught, design, html_of, make_campaign, make_list, plan
from tests.feedback.surveys import make_survey
from tests.people import make_customer

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def reader(client):
    """A person's browser."""
    client.defaults["HTTP_USER_AGENT"] = BROWSER
    return client


def sent_mail(ago=HOUR, **fields):
    """The one message of a campaign sent some time ago, and its mail as it arrived."""
    campaign = plan(make_campaign(make_list(make_customer()), **{"utm": False, **fields}))
    sending.drain()
    Message.objects.update(sent_at=timezone.now() - ago)
    return campaign.mailing.messages.get(), html_of(caught()[0])


def paths(kind, html):
    return re.findall(f'"http://testserver(/{kind}/[^"]+)"', html)


def settle():
    tracking.settle(now=timezone.now(), after=timedelta(0))


def verdicts(**found):
    events = MessageEvent.objects.filter(**found).order_by("pk")
    return list(events.values_list("verdict", "signal"))


def test_a_click_leads_to_the_shop_and_is_remembered_once(shop, reader):
    message, html = sent_mail()

    answers = [reader.get(paths("c", html)[0]) for _ in range(3)]
    settle()

    assert {answer.headers["Location"] for answer in answers} == {"https://tea.example/spring?a=1&b=2"}
    assert all(answer.status_code == 302 for answer in answers)
    entry = Interaction.objects.get(kind="click")
    campaign = message.mailing.source
    assert (entry.customer, entry.source, entry.key) == (message.customer, campaign, f"click:{message.pk}:0")


def test_nothing_counts_before_it_is_judged_a_minute_later(shop, reader):
    _message, html = sent_mail()
    reader.get(paths("c", html)[0])

    tracking.settle(now=timezone.now() + timedelta(seconds=50))
    early = Interaction.objects.count()
    tracking.settle(now=timezone.now() + timedelta(seconds=70))

    assert (early, Interaction.objects.count()) == (0, 1)


def test_a_link_is_marked_for_the_shop_s_own_statistics(shop, reader):
    message, html = sent_mail(utm=True)
    slug = reports.Campaign.objects.get(mailing=message.mailing).slug

    answer = reader.get(paths("c", html)[0])

    marks = f"utm_source=closeknit&utm_medium=email&utm_campaign={slug}"
    assert answer.headers["Location"] == f"https://tea.example/spring?a=1&b=2&{marks}"


def test_an_opening_is_remembered_once_and_answered_with_an_empty_picture(shop, reader):
    message, html = sent_mail()

    first, _again = reader.get(paths("o", html)[0]), reader.get(paths("o", html)[0])
    settle()

    assert first.content.startswith(b"GIF89a")
    assert first.headers["Content-Type"] == "image/gif"
    assert "no-store" in first.headers["Cache-Control"]
    assert Interaction.objects.get(kind="open").key == f"open:{message.pk}"


def test_a_scanner_changes_nothing_and_the_person_ten_minutes_later_counts(shop, client):
    survey = make_survey()
    inner = (
        '<a href="https://tea.example/">Tea</a><a href="https://tea.example/news">News</a>{{ survey_row }}'
    )
    message, html = sent_mail(ago=timedelta(seconds=8), survey=survey, mjml=design(inner))
    everything = set(re.findall(r'(?:href|src)="http://testserver([^"]+)"', html.replace("&amp;", "&")))
    assert {path[:3] for path in everything} == {"/c/", "/o/", "/u/", "/s/"}

    for path in everything:
        for ask in (client.head, client.get):
            assert ask(path, HTTP_USER_AGENT=BROWSER, REMOTE_ADDR="203.0.113.9").status_code < 500
    MessageEvent.objects.update(at=timezone.now() - timedelta(minutes=10))
    Message.objects.update(sent_at=timezone.now() - timedelta(minutes=10, seconds=8))
    settle()
    after_scanner = (Interaction.objects.count(), Answer.objects.count())
    client.get(paths("c", html)[0], HTTP_USER_AGENT=BROWSER, REMOTE_ADDR="198.51.100.7")
    settle()

    assert after_scanner == (0, 0)
    assert Customer.objects.get().email_consent == "granted"
    assert {verdict for verdict, _signal in verdicts()[:-1]} == {"machine"}
    assert verdicts()[-1] == ("human", "")
    assert Interaction.objects.get().key == f"click:{message.pk}:0"
    heard = reports.response(reports.Campaign.objects.get())
    assert (heard.opened, heard.clicked) == (0, 1)


def test_of_an_address_only_its_network_is_kept(shop, reader):
    _message, html = sent_mail()

    reader.get(paths("o", html)[0], REMOTE_ADDR="203.0.113.77")
    reader.get(paths("c", html)[0], REMOTE_ADDR="2001:db8:1:2:3:4:5:6")

    assert set(MessageEvent.objects.values_list("network", flat=True)) == {
        "203.0.113.0/24",
        "2001:db8:1::/48",
    }


@pytest.mark.parametrize(("own", "shops"), [("none", "full"), ("", "none")])
def test_a_person_who_refuses_leaves_nothing_not_even_by_the_pixel_of_an_older_mail(shop, reader, own, shops):
    _message, html = sent_mail()
    Customer.objects.update(tracking=own)
    Business.objects.update(tracking=shops)

    answers = [reader.get(path) for path in (paths("o", html)[0], *paths("c", html))]
    settle()

    assert answers[0].content.startswith(b"GIF89a")
    assert answers[1].status_code == 302
    assert not MessageEvent.objects.exists()
    assert not Interaction.objects.exists()
    assert Customer.objects.get().mail_read_on is None


def test_with_hygiene_only_the_day_of_the_last_opening_is_kept(shop, reader):
    _message, html = sent_mail()
    Customer.objects.update(tracking="hygiene", mail_read_on="2020-01-01")

    for path in (paths("o", html)[0], *paths("c", html)):
        reader.get(path)
    settle()

    assert not MessageEvent.objects.exists()
    assert not Interaction.objects.exists()
    assert Customer.objects.get().mail_read_on == shop.today()


def test_a_person_chooses_the_measuring_on_their_own_page(shop, client):
    message, html = sent_mail()
    (page, *_more) = paths("u", html)

    client.post(f"{page}/choices", {"language": "en", "tracking": "none"})

    assert "Nothing is remembered" in client.get(page).content.decode()
    assert Customer.objects.get().tracking == "none"
    again = plan(make_campaign(*reports.Campaign.objects.get(mailing=message.mailing).include.all()))
    sending.drain()
    assert again.mailing.messages.get().state == "sent"
    assert "/o/" not in html_of(caught()[1])
    assert 'href="https://tea.example/about?utm_source=' in html_of(caught()[1])


def seen(kind="open", at=1000.0, place=None, method="GET", agent=BROWSER, network="198.51.100.0/24"):
    return Seen(kind, at, place, method, agent, network)


@pytest.mark.parametrize(
    ("hits", "found"),
    [
        ([seen(method="HEAD")], [("machine", "head")]),
        ([seen(agent="")], [("machine", "agent")]),
        ([seen(agent="Barracuda Sentinel (EE)")], [("machine", "agent")]),
        ([seen("click", place=0, network="40.92.3.0/24")], [("machine", "network")]),
        ([seen(agent="Mozilla/5.0")], [("machine", "apple")]),
        ([seen("click", place=0, agent="Mozilla/5.0")], [("human", "")]),
        ([seen(agent="Mozilla/5.0 (via ggpht.com GoogleImageProxy)")], [("human", "")]),
        ([seen(at=503.0)], [("machine", "quick")]),
        ([seen(at=520.0)], [("unsure", "early")]),
        ([seen(at=531.0)], [("human", "")]),
        (
            [seen("click", at=1000 + n * 0.9, place=n) for n in range(3)],
            [("machine", "burst")] * 3,
        ),
        ([seen("click", at=1000 + n * 3, place=n) for n in range(3)], [("human", "")] * 3),
        ([seen("click", at=1000, place=1), seen("click", at=1000.5, place=1)], [("human", "")] * 2),
        (
            [seen("trap"), seen("click", at=991.0, place=0), seen("click", at=1061.0, place=0)],
            [("machine", "trap"), ("machine", "trap"), ("human", "")],
        ),
        (
            [seen("trap"), seen("click", at=1030, place=0), seen("click", at=1030, place=0, agent="Other 1")],
            [("machine", "trap"), ("machine", "company"), ("human", "")],
        ),
    ],
)
def test_each_signal_tells_a_machine(hits, found):
    assert judge(hits, 500.0) == found


def test_judging_anew_corrects_ledger_and_report(shop):
    people = [make_customer() for _ in range(3)]
    campaign = plan(make_campaign(make_list(*people)))
    messages = list(campaign.mailing.messages.order_by("pk"))
    at = timezone.now()
    agents = {messages[0].pk: "", messages[1].pk: BROWSER, messages[2].pk: BROWSER}
    MessageEvent.objects.bulk_create(
        MessageEvent(message=one, kind="open", at=at, key=f"{one.pk}", agent=agents[one.pk], verdict=verdict)
        for one, verdict in zip(messages, ("human", "machine", "human"), strict=True)
    )
    source, key = campaign.source, f"open:{messages[0].pk}"
    Interaction.objects.create(kind="open", at=at, source=source, key=key, customer=people[0])

    call_command("judge_hits", "--all", "--json")
    call_command("judge_hits", "--all", "--json")

    assert verdicts() == [("machine", "agent"), ("human", ""), ("human", "")]
    assert set(MessageEvent.objects.values_list("rules", flat=True)) == {tracking.rules()}
    kept = set(Interaction.objects.values_list("key", flat=True))
    assert kept == {f"open:{messages[1].pk}"}  # The third one's entry was never lost, so it is not made anew.


@pytest.mark.parametrize(
    "token", ["1-2-0.forged", "1-2-0~AAAAAAAAAAAAAAAA", "nonsense", "a:b:c", "https:evil.example"]
)
def test_a_forged_link_gets_a_friendly_page_and_leads_nowhere(shop, reader, token):
    answer = reader.get(f"/c/{token}")

    assert answer.status_code == 404
    assert "This link does not work" in answer.content.decode()
    assert "Location" not in answer.headers


def test_a_forged_pixel_gets_its_picture_and_counts_nothing(shop, reader):
    assert reader.get("/o/1.forged").headers["Content-Type"] == "image/gif"
    assert not MessageEvent.objects.exists()


def test_a_signed_address_that_is_not_of_the_web_is_not_followed(shop, reader):
    message, _html = sent_mail()
    url = links.click_url(1, message.pk, 0, "javascript:alert(1)")

    assert reader.get(url.removeprefix("http://testserver")).status_code == 404


def test_a_link_outlives_the_message(shop, reader):
    message, html = sent_mail()
    message.delete()

    assert reader.get(paths("c", html)[0]).status_code == 302
    assert not MessageEvent.objects.exists()


def test_many_hits_of_one_minute_cannot_fill_the_table(shop, client):
    _message, html = sent_mail()

    for n in range(150):
        client.get(paths("o", html)[0], HTTP_USER_AGENT=f"Program {n}")

    assert MessageEvent.objects.count() <= 2 * tracking.VISITORS < 150
