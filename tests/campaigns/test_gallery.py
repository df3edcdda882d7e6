from __future__ import annotations

import pytest

from campaigns import design, gallery, placeholders
from campaigns.preflight import wording
from campaigns.rendering import Sources
from crm.models import Brand, Picture
from tests.campaigns.mails import make_campaign, make_list
from tests.feedback.surveys import make_survey
from tests.people import make_customer

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("key", sorted(gallery.shipped()))
def test_every_design_that_we_ship_can_be_sent_and_wears_the_brand(shop, key):
    shop.brand_color = "#aa3377"
    found = gallery.shipped()[key]
    written = Sources(found.subject, found.mjml, found.preheader)

    assert design.problem_in(written, has_survey=True, business=shop) == ""

    mail = design.preview(written, shop, None, make_survey())
    assert "#aa3377" in mail.html
    assert "Teahouse" in mail.html
    assert mail.html.count("/u/") == mail.text.count("/u/") == 1
    assert len(mail.html.encode()) < 102_000
    assert wording.suspicious(f"{mail.subject}\n{mail.text}") == []


@pytest.mark.parametrize("key", ["welcome.en", "offer.zh-hans"])
def test_a_design_to_begin_with_shows_the_name_or_the_logo_and_no_code_for_it(shop, key):
    named = gallery.find(key).mjml
    logo = Picture.objects.create(name="Logo", file="logo.png", width=60, height=20, ending="png", size=9)
    Brand(pk=1, logo=logo).save()

    pictured = gallery.find(key).mjml

    assert "business.logo_url" not in named + pictured
    assert "<img" not in named
    assert f'src="{placeholders.address_of(logo)}"' in pictured


def test_a_mail_from_one_of_ours_is_begun_in_the_other_language_but_not_where_it_was_changed(
    staff_client, shop
):
    ours = gallery.shipped()["offer.en"]
    mjml = ours.mjml.replace("15 % off everything, until Sunday.", "20 % off tea")
    make_campaign(
        make_list(make_customer()), slug="spring", mjml=mjml, subject=ours.subject, preheader="Mine"
    )

    page = staff_client.get("/campaigns/spring/in/zh-hans/").content.decode()
    other = gallery.translated({"mjml": "<mjml></mjml>", "subject": "s", "preheader": ""}, "zh-hans")

    assert 'value="20 % off tea"' in page
    assert 'value="去挑一件喜欢的"' in page
    assert "周日前享八五折" in page
    assert 'value="Mine"' in page
    assert other == {"mjml": "<mjml></mjml>", "subject": "s", "preheader": ""}


def test_each_design_exists_in_english_and_chinese():
    names = {key.partition(".")[0] for key in gallery.shipped()}

    assert len(names) >= 8
    assert set(gallery.shipped()) == {
        f"{name}.{language}" for name in names for language in ("en", "zh-hans")
    }


@pytest.mark.parametrize("key", sorted(gallery.shipped()))
def test_every_design_has_a_dark_side_and_a_readable_text(shop, key):
    found = gallery.shipped()[key]
    brand = Brand.current()
    brand.social = {"instagram": "https://instagram.com/teahouse"}
    brand.save()

    mail = design.preview(Sources(found.subject, found.mjml, found.preheader), shop, None, make_survey())

    assert '<meta name="color-scheme" content="light dark"' in mail.html
    assert "prefers-color-scheme: dark" in mail.html
    line = next(line for line in mail.text.splitlines() if "instagram.com" in line)
    assert line.strip().endswith("https://instagram.com/teahouse")
