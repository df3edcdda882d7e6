from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from campaigns import planning, preflight
from campaigns.models import Campaign, Variant
from campaigns.preflight import addresses, wording
from crm import consent
from crm.models import ContactRules, Mailing, Message, Sender, User
from crm.outbox import sending
from tests.campaigns.mails import MJML, caught, design, html_of, make_campaign, make_list
from tests.people import NOON, make_customer

pytestmark = pytest.mark.django_db


def agreed(customer):
    consent.grant(customer, source="test", at=NOON)
    return customer


def codes(report) -> dict[str, bool]:
    return {one.code: one.blocks for one in report.findings}


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("https://tea.example.cn/a", None),
        ("https://tea.shop/a?b={{ customer.city | url_encode }}", None),
        ("{{ business.website }}", None),
        ("mailto:ada@tea.shop", None),
        ("tel:+49 30 1234", None),
        ("#top", None),
        ("https://testserver/help/", None),
        ("", "empty_link"),
        ("#", "empty_link"),
        ("https://", "empty_link"),
        ("www.tea.shop", "broken_link"),
        ("tea {{ customer.city }}", "broken_link"),
        ("https://tea shop/x", "broken_link"),
        ("https://teashop", "broken_link"),
        ("javascript:alert(1)", "broken_link"),
        ("mailto:ada", "broken_link"),
        ("http://tea.shop/", "http_link"),
        ("http://", "empty_link"),
        ("https://www.example.com/shop", "sample_link"),
        ("https://testserver/nothing-here/", "link_to_nowhere"),
        ("https://testserver/customers/", "link_to_nowhere"),
        ("https://testserver/u/12-1.XC5OOfJnfceMH3AylviLcVTCNp", "somebody_elses_link"),
    ],
)
def test_links_are_judged_by_their_form_and_by_our_own_pages(settings, url, fault):
    settings.SITE_URL = "https://testserver"

    assert addresses.fault(url) == fault


def test_a_design_says_all_that_is_wrong_with_it_and_only_what_breaks_blocks(shop, settings):
    settings.SITE_URL = "https://closeknit.shop"
    text = (
        '<a href="www.tea.shop">Click here</a> <a href="http://tea.shop">shop</a> FREE GIFT!!! '
        '<img src="/leaf.png"><img src="https://tea.shop/leaf.png" alt="">'
        '{{ customer.city | default: "" }}{{ coupon }}'
    )
    campaign = make_campaign(make_list(make_customer()), mjml=design(text), subject="Tea " * 30)

    found = codes(preflight.look(campaign, shop))

    assert found == {
        "broken_link": True,
        "http_link": False,
        "alt": False,
        "picture": True,
        "subject": False,
        "words": False,
        "fallback": False,
        "coupon": True,
        "missing": False,
        "consent": False,
    }


def test_each_thing_to_mend_leads_to_where_it_is_mended_or_to_its_people(shop):
    text = '<a href="#">x</a>{{ customer.city | default: "" }}{{ coupon }}<img src="http://a.shop/b.png">'
    shop.postal_address, shop.from_email = "", "tea@gmail.com"
    twins = [make_customer(email="one@tea.shop", city="") for _ in range(2)]

    report = preflight.look(make_campaign(make_list(*twins), slug="spring", mjml=design(text)), shop)

    leads = {one.code: one.fix_url or one.people_url for one in report.findings}
    assert {"empty_link", "alt", "fallback", "coupon", "missing", "consent", "duplicates"} <= set(leads)
    assert all(leads.values())
    assert leads["coupon"] == "/campaigns/spring/measuring/"
    assert leads["address"] == "/settings/business/"
    assert leads["free_mail"] == "/settings/senders/"


def test_a_sender_at_a_free_mailer_and_one_that_nobody_looked_at_are_said(shop, settings):
    shop.from_email = "tea@gmail.com"
    campaign = make_campaign(make_list(make_customer()))
    settings.MAIL_CONNECTION, settings.ALLOW_LOCAL_LINKS = {"host": "localhost"}, True

    free = codes(preflight.look(campaign, shop))
    shop.from_email = "hello@tea.shop"
    own = codes(preflight.look(campaign, shop))

    assert (free["free_mail"], free["proof"]) == (False, False)
    assert "free_mail" not in own
    assert own["proof"] is False


def test_a_picture_that_nobody_chose_is_no_fault_and_leaves_no_hole(shop):
    mjml = MJML.replace("<mj-text>", '<mj-image src="" alt="" data-slot="picture" /><mj-text>', 1)

    report = preflight.look(make_campaign(make_list(make_customer()), mjml=mjml), shop)

    assert "picture" not in codes(report)
    assert "alt" not in codes(report)


def test_a_good_campaign_has_nothing_to_mend(shop):
    ada = agreed(make_customer(email_consent="unknown"))

    report = preflight.look(make_campaign(make_list(ada), mjml=MJML.replace("tea.example", "tea.shop")), shop)

    assert report.findings == []
    assert report.is_clear
    assert report.sizes[0][1] < 20


def test_a_heavy_mail_and_one_without_words_are_noticed(shop):
    heavy = make_campaign(make_list(make_customer()), mjml=design("<p>tea</p>" * 12_000))
    empty = make_campaign(make_list(make_customer(), slug="b"), mjml=design("Tea"))

    assert "size" in codes(preflight.look(heavy, shop))
    assert "size" not in codes(preflight.look(empty, shop))
    assert "text" in codes(preflight.look(empty, shop))


def test_with_real_mail_the_sender_and_the_address_stop_it_and_in_the_sandbox_they_warn(shop, settings):
    shop.from_email = shop.postal_address = ""
    campaign = make_campaign(make_list(make_customer()))

    sandbox = codes(preflight.look(campaign, shop))
    settings.MAIL_CONNECTION, settings.ALLOW_LOCAL_LINKS = {"host": "localhost"}, True
    real = codes(preflight.look(campaign, shop))

    assert (sandbox["sender"], sandbox["address"]) == (False, False)
    assert (real["sender"], real["address"]) == (True, True)
    assert (sandbox.get("site"), real["site"]) == (None, False)  # RFC 8058 wants https.
    settings.SITE_URL = "https://testserver"
    assert "site" not in codes(preflight.look(campaign, shop))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Act now: risk-free!", ["Act now", "risk-free"]),
        ("恭喜中奖，请点击领取", ["恭喜中奖", "点击领取"]),
        ("BUY THIS STUFF TODAY", ["BUY THIS STUFF TODAY"]),
        ("The winners of our freezer", []),
        ("Our new spring tea is here. NASA likes it.", []),
    ],
)
def test_suspicious_words_are_found_in_both_languages(text, found):
    assert wording.suspicious(text) == found


def test_the_people_who_lack_something_are_counted_at_once_and_shown(
    staff_client, django_assert_max_num_queries
):
    here = make_customer(city="London")
    there = [make_customer(city="") for _ in range(3)]
    make_customer(city="")  # Not in the audience.
    campaign = make_campaign(make_list(here, *there), slug="spring", subject="Hi {{ customer.city }}")

    with django_assert_max_num_queries(36):
        page = staff_client.get("/campaigns/spring/").content.decode()
    people = staff_client.get("/campaigns/spring/lacking/customer.city/").content.decode()
    nobody = staff_client.get("/campaigns/spring/lacking/customer.shoe/")

    assert "“City” is not known of 3 people; the place stays empty." in page
    assert "/campaigns/spring/lacking/customer.city/" in page
    assert all(one.get_absolute_url() in people for one in there)
    assert here.get_absolute_url() not in people
    assert nobody.status_code == 404
    assert campaign.state == "draft"


def test_an_analyst_sees_how_many_but_no_names(client, shop):
    ana = User.objects.create_user("ana@teahouse.example", "steep-leaves-4", name="Ana", role="analyst")
    client.force_login(ana, backend="django.contrib.auth.backends.ModelBackend")
    lost = make_customer(city="", last_name="Lovelace")
    make_campaign(make_list(lost), slug="spring", subject="Hi {{ customer.city }}")

    page = client.get("/campaigns/spring/lacking/customer.city/").content.decode()

    assert "Lovelace" not in page
    assert lost.email not in page


def test_what_blocks_is_refused_by_button_and_schedule_with_its_reason(staff_client):
    make_campaign(make_list(make_customer()), slug="spring", mjml=design('<a href="#">Tea</a>'))

    page = staff_client.get("/campaigns/spring/").content.decode()
    sent = staff_client.post("/campaigns/spring/send/", follow=True).content.decode()
    staff_client.post("/campaigns/spring/schedule/", {"at": "2031-01-01T10:00"})

    assert '<button class="btn btn-primary" disabled' in page
    assert sent.count("A link leads nowhere") == 2
    assert Campaign.objects.get().state == "draft"


def test_a_coupon_that_the_campaign_does_not_have_is_refused_until_it_has_one(staff_client):
    make_campaign(make_list(make_customer()), slug="spring", mjml=design("Code: {{ coupon }}"))

    refused = staff_client.post("/campaigns/spring/send/", follow=True).content.decode()
    state = Campaign.objects.get().state
    Campaign.objects.update(coupon="TEA-15")
    staff_client.post("/campaigns/spring/send/")
    planning.plan(Campaign.objects.get(), now=timezone.now())
    sending.drain()

    assert "The design shows a coupon, and this campaign has none." in refused
    assert state == "draft"
    assert "Code: TEA-15" in html_of(caught()[0])


def test_shared_addresses_and_consent_without_proof_are_said(shop):
    ada = agreed(make_customer(email="one@tea.shop", email_consent="unknown"))
    bob = make_customer(email="one@tea.shop")

    report = preflight.look(make_campaign(make_list(ada, bob)), shop)

    said = {one.code: one.text for one in report.findings}
    assert said["duplicates"].startswith("One person shares")
    assert said["consent"].startswith("Of one person it is noted")


def test_readers_of_a_language_without_a_text_are_counted_when_several_are_written(shop):
    campaign = make_campaign(make_list(make_customer(language="en"), make_customer(language="zh-TW")))
    silent = codes(preflight.look(campaign, shop))
    type(shop).objects.update(language="zh-hans")
    shop.refresh_from_db()
    Variant.objects.create(campaign=campaign, language="zh-hans", subject="茶")

    said = {one.code: one.text for one in preflight.look(campaign, shop).findings}

    assert "language" not in silent
    assert said["language"] == "1 person reads English and gets the text for all others."


def test_a_language_is_written_kept_and_taken_away_beside_the_original(staff_client):
    make_campaign(make_list(make_customer()), slug="spring")
    path = "/campaigns/spring/in/zh-hans/"

    begun = staff_client.get(path).content.decode()
    broken = staff_client.post(path, {"subject": "茶", "mjml": "x"})
    staff_client.post(path, {"subject": "春茶", "mjml": design("你好")})

    assert "Spring tea" in begun
    assert broken.status_code == 422
    assert Variant.objects.get().subject == "春茶"
    assert staff_client.get("/campaigns/spring/in/fr/").status_code == 404
    staff_client.post(f"{path}remove/")
    assert not Variant.objects.exists()


def test_a_language_cannot_change_once_the_sending_began(staff_client):
    campaign = make_campaign(make_list(make_customer()), slug="spring")
    Variant.objects.create(campaign=campaign, language="zh-hans", subject="春茶")
    Campaign.objects.update(state="sending")

    late = staff_client.post("/campaigns/spring/in/zh-hans/", {"subject": "改", "mjml": MJML})
    staff_client.post("/campaigns/spring/in/zh-hans/remove/")

    assert late.status_code == 422
    assert Variant.objects.get().subject == "春茶"


def test_the_proof_of_the_sender_pace_cost_and_caps_are_said(shop):
    ada = make_customer()
    shop.cost_per_mail = Decimal("0.5")
    sender = Sender.objects.create(
        name="News", from_name="Tea", from_email="news@tea.shop", is_usual=True, per_minute=1
    )
    campaign = make_campaign(make_list(ada, make_customer(), make_customer()))
    before = preflight.look(campaign, shop)
    Sender.objects.filter(pk=sender.pk).update(proof={"SPF": "missing"}, proof_at=NOON)
    ContactRules.objects.update_or_create(pk=1, defaults={"cap_messages": 1, "cap_days": 7})
    mailing = Mailing.objects.create(source="x", kind="campaign", name="x", purpose="marketing")
    Message.objects.create(
        mailing=mailing, key="1", customer=ada, state="sent", claimed_at=timezone.now(), to_email=ada.email
    )

    after = {one.code: one.text for one in preflight.look(campaign, shop).findings}

    assert (before.minutes, before.cost) == (3, "€1.50")
    assert "proof" in codes(before)
    assert "does not prove your mail: SPF" in after["proof"]
    assert after["cap"].startswith("1 person has got as much")
