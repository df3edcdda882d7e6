from __future__ import annotations

from html import unescape

import pytest
from django.utils import timezone

from campaigns import design, gallery, placeholders
from campaigns.preflight import wording
from campaigns.rendering import Sources
from crm.models import Brand, Picture
from crm.outbox import sending
from tests.campaigns.mails import caught, html_of, make_campaign, make_list, plan
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
    assert "&lt;mjml lang=&quot;zh-Hans&quot;&gt;" in page
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


@pytest.mark.parametrize("key", sorted(gallery.shipped()))
def test_the_text_of_a_design_has_a_line_for_each_link_and_no_word_about_what_only_the_picture_shows(
    shop, key
):
    found = gallery.shipped()[key]
    Brand(pk=1, social={"instagram": "https://i.example/", "weibo": "https://w.example/"}).save()
    mjml = found.mjml.replace('src="" alt=""', 'src="https://shop.example/a.png" alt="Tea"')

    text = design.preview(Sources(found.subject, mjml, found.preheader), shop, None, make_survey()).text

    lines = text.split("\n")
    assert [line for line in lines if line != line.strip() or line.count("http") > 1] == []
    assert "\n\n\n" not in text
    assert not {"<", ">", "{", "}"} & set(text)
    assert "[Tea]" in lines
    assert "numbers above" not in text
    assert "看不到数字" not in text


@pytest.mark.parametrize(("key", "shown", "hidden"), [
    ("feedback.en", "Not at all likely", "完全不可能"),
    ("feedback.zh-hans", "完全不可能", "Not at all likely"),
])  # fmt: skip
@pytest.mark.parametrize("language", ["en", "zh-hans", "de"])
def test_a_survey_row_speaks_the_language_of_its_mail_whoever_reads_it(shop, key, shown, hidden, language):
    found = gallery.shipped()[key]
    survey = make_survey()
    reader = make_customer(language=language)
    plan(
        make_campaign(make_list(reader), mjml=found.mjml, subject=found.subject, survey=survey),
        timezone.now(),
    )
    sending.drain()

    sent = html_of(caught()[0])
    seen = design.preview(Sources(found.subject, found.mjml), shop, reader, survey).html

    for html in map(unescape, (sent, seen)):
        assert shown in html
        assert hidden not in html


@pytest.mark.parametrize(
    ("color", "ink", "link"), [("#0f766e", "#ffffff", "#0f766e"), ("#ffd166", "#111827", "#33373d")]
)
def test_words_can_be_read_on_any_brand_colour_and_links_on_white(shop, color, ink, link):
    shop.brand_color = color
    found = gallery.shipped()["offer.en"]

    html = design.preview(Sources(found.subject, found.mjml), shop, None, None).html

    assert f"background:{color};color:{ink}" in html
    assert f"a {{ color: {link}; }}" in html
