"""Parts of a design that are filled in a form, and the layout that stays."""

from __future__ import annotations

import pytest

from campaigns import design, gallery, slot_words, slots, variants
from campaigns.models import Campaign, Variant
from campaigns.rendering import Sources
from campaigns.slots import Kind, Slot
from tests.campaigns.mails import make_campaign, make_list
from tests.people import make_customer

pytestmark = pytest.mark.django_db

LAYOUT = """<mjml><mj-body>
  <mj-section background-color="{{ business.brand_color }}"><mj-column>
    <mj-text data-slot="headline" color="#ffffff"><h1>{title}</h1></mj-text>
    <mj-text data-slot="body"><p>{body}</p></mj-text>
    <mj-image data-slot="picture" src="" alt="" />
    <mj-button data-slot="button" href="{{ business.website }}">Go</mj-button>
    <mj-text data-slot="coded">{% if customer.city %}Hi{% endif %}</mj-text>
  </mj-column></mj-section>
</mj-body></mjml>"""


def layout(title="Tea", body='Hi {{ customer.first_name | default: "you" }}, <strong>new</strong>'):
    return LAYOUT.replace("{title}", title).replace("{body}", body)


@pytest.mark.parametrize("key", sorted(gallery.shipped()))
def test_all_slots_of_our_designs_can_be_written_and_writing_nothing_new_changes_nothing(shop, key):
    mjml, words = gallery.shipped()[key].mjml, slot_words.words()

    found = slots.of(mjml, words)

    assert len(found) == mjml.count("data-slot=") >= 7
    assert {"headline", "body", "picture", "footer"} <= {one.name for one in found}
    assert slots.filled(mjml, {one.name: one for one in found}, words) == mjml


def test_slots_are_read_as_people_write_and_what_holds_code_is_not_offered(shop):
    found = slots.of(layout(), slot_words.words())

    assert found == [
        Slot("headline", Kind.LINE, "Tea"),
        Slot("body", Kind.TEXT, "Hi {First name|you}, **new**"),
        Slot("picture", Kind.PICTURE),
        Slot("button", Kind.BUTTON, "Go", "{Website}"),
    ]


@pytest.mark.parametrize(
    ("said", "markup"),
    [
        ("One\n\nTwo", "<p>One</p><p>Two</p>"),
        ("One\nTwo", "<p>One<br />Two</p>"),
        (
            "**Now** [see](https://tea.shop/?a=1&b=2)",
            '<p><strong>Now</strong> <a href="https://tea.shop/?a=1&amp;b=2">see</a></p>',
        ),
        ("<b>1 < 2</b> & {nonsense}", "<p>&lt;b&gt;1 &lt; 2&lt;/b&gt; &amp; {nonsense}</p>"),
        ("{{ business.name }}{%", "<p>{ business.name }</p>"),
        ("Dear {city|friend}", '<p>Dear {{ customer.city | default: "friend" }}</p>'),
        ("", "<p></p>"),
    ],
)
def test_what_people_write_becomes_markup_and_comes_back(shop, said, markup):
    words = slot_words.words()

    assert slot_words.markup(said, words, paragraphs=True) == markup
    again = slot_words.writing(markup, words)
    assert again is not None
    assert slot_words.markup(again, words, paragraphs=True) == markup


def test_filling_keeps_layout_heading_and_codes_and_escapes_what_people_write(shop):
    words = slot_words.words()
    said = {
        "headline": Slot("headline", Kind.LINE, 'Spring & "<tea>"'),
        "picture": Slot("picture", Kind.PICTURE, 'A "leaf"', "https://tea.shop/leaf.png"),
        "button": Slot("button", Kind.BUTTON, "Come", "https://tea.shop/{City|x}"),
        "coded": Slot("coded", Kind.LINE, "lost"),
    }

    mjml = slots.filled(layout(), said, words)

    assert (
        '<mj-text data-slot="headline" color="#ffffff"><h1>Spring &amp; "&lt;tea&gt;"</h1></mj-text>' in mjml
    )
    assert 'src="https://tea.shop/leaf.png" alt="A &quot;leaf&quot;" />' in mjml
    assert "href=\"https://tea.shop/{{ customer.city | default: 'x' }}\">Come<" in mjml
    assert "{% if customer.city %}Hi{% endif %}" in mjml
    assert design.problem_in(Sources("s", mjml), has_survey=False, business=shop) == ""


def test_a_picture_that_nobody_chose_and_an_empty_slot_leave_no_trace_in_the_mail(shop):
    empty = {"button": Slot("button", Kind.BUTTON, "", "{Website}"), "headline": Slot("headline", Kind.LINE)}

    mjml = slots.filled(layout(), empty, slot_words.words())
    mail = design.preview(Sources("s", mjml), shop, None, None)

    assert 'src=""' not in mail.html
    assert "<h1>" not in mail.html
    assert "Go" not in mail.text
    assert [one.name for one in slots.of(mjml, slot_words.words())] == [
        "headline",
        "body",
        "picture",
        "button",
    ]


def test_words_written_in_the_form_reach_the_draft_and_the_preview(staff_client):
    make_campaign(make_list(make_customer()), slug="spring", mjml=layout())
    page = staff_client.get("/campaigns/spring/edit/").content.decode()
    data = {"mode": "words", "mjml": layout(), "subject": "Tea", "name": "Spring"}
    data |= {
        "slot_0": "Spring tea",
        "slot_1": "Dear {First name|friend}",
        "slot_3": "Buy",
        "slot_3_address": "https://tea.shop/",
    }

    shown = staff_client.post("/campaigns/preview/", data).content.decode()
    kept = staff_client.post("/campaigns/spring/edit/", data)

    assert 'name="slot_0" value="Tea"' in page
    assert "Hi {First name|you}, **new**" in page
    assert "Spring tea" in shown
    assert kept.status_code == 302
    assert '<p>Dear {{ customer.first_name | default: "friend" }}</p>' in Campaign.objects.get().mjml
    assert 'href="https://tea.shop/">Buy</mj-button>' in Campaign.objects.get().mjml


def test_a_subject_is_written_with_names_in_braces_and_kept_with_its_code(staff_client):
    make_campaign(make_list(make_customer()), slug="spring", mjml=layout(), subject="For {{ customer.city }}")
    data = {"mode": "layout", "mjml": layout(), "name": "Spring", "preheader": "{odd} {City}"}

    page = staff_client.get("/campaigns/spring/edit/").content.decode()
    staff_client.post(
        "/campaigns/spring/edit/", data | {"subject": "Hi {First name|you} {{ customer.city }}"}
    )
    other = staff_client.get("/campaigns/spring/in/zh-hans/").content.decode()

    campaign = Campaign.objects.get()
    assert 'value="For {City}"' in page
    assert campaign.subject == 'Hi {{ customer.first_name | default: "you" }} {{ customer.city }}'
    assert campaign.preheader == "{odd} {{ customer.city }}"
    assert "Hi {First name|you} {City}</dd>" in other


def test_a_version_of_a_test_of_contents_is_written_by_hand(staff_client):
    campaign = make_campaign(make_list(make_customer()), slug="spring", mjml=layout())
    plan = {
        "b": "copy",
        "metric": "click",
        "share": "50",
        "hours": "24",
        "base_percent": "2",
        "worth_percent": "2",
    }
    plan |= {"then": "ask", "idea": "words"}

    kept = staff_client.post("/campaigns/spring/experiment/?kind=content", plan)
    page = staff_client.get("/campaigns/spring/version/b/").content.decode()
    said = {
        "mode": "words",
        "mjml": layout(),
        "subject": "Tea",
        "slot_0": "Bolder",
        "slot_1": "Hi",
        "slot_3": "Go",
    }
    staff_client.post("/campaigns/spring/version/b/", said | {"text": "Bolder in words"})

    assert kept.status_code == 302
    assert "Version B" in page
    found = variants.written_now(campaign)
    assert "<h1>Bolder</h1>" in found["b", ""].mjml
    assert found["b", ""].text == "Bolder in words"
    assert "<h1>Tea</h1>" in found["a", ""].mjml
    assert staff_client.get("/campaigns/spring/version/c/").status_code == 404


def test_changing_sides_carries_the_words_along(staff_client):
    data = {"mode": "words", "mjml": layout(), "slot_0": "Spring tea", "slot_1": "Hi", "slot_3": "Go"}

    source = staff_client.post("/campaigns/words/?to=layout", data).content.decode()
    words = staff_client.post("/campaigns/words/?to=words", {"mjml": layout("Autumn")}).content.decode()

    assert "&lt;h1&gt;Spring tea&lt;/h1&gt;" in source
    assert 'name="slot_0" value="Autumn"' in words


def test_a_language_of_words_only_follows_the_layout_and_one_with_a_layout_does_not(staff_client, shop):
    campaign = make_campaign(make_list(make_customer()), slug="spring", mjml=layout())
    data = {
        "mode": "words",
        "mjml": layout(),
        "subject": "茶",
        "slot_0": "春茶",
        "slot_1": "您好",
        "slot_3": "去看看",
    }

    staff_client.post("/campaigns/spring/in/zh-hans/", data | {"slot_3_address": "{Website}"})
    Campaign.objects.update(mjml=layout("Summer").replace("#ffffff", "#000000"))
    campaign.refresh_from_db()
    follows = variants.written_now(campaign)["a", "zh-hans"].mjml
    Variant.objects.update(follows=False)
    alone = variants.written_now(campaign)["a", "zh-hans"].mjml

    assert 'color="#000000"><h1>春茶</h1>' in follows
    assert "<p>您好</p>" in follows
    assert 'color="#ffffff"><h1>春茶</h1>' in alone


def test_the_text_part_is_made_again_with_its_links_and_counts_them(staff_client, shop):
    mjml = layout(body='See <a href="https://tea.shop/new">this</a>, {{ customer.first_name }}')

    made = staff_client.post("/campaigns/text/", {"mjml": mjml})
    broken = staff_client.post("/campaigns/text/", {"mjml": "<mjml>"})
    mail = design.compiled(Sources("s", mjml, text=made.content.decode() + "Also https://tea.shop/newer."))

    assert "See this: https://tea.shop/new, {{ customer.first_name }}" in made.content.decode()
    assert "Go: {{ business.website }}" in made.content.decode()
    assert broken.status_code == 422
    shown = mail.text.render(
        first_name="x", customer={"first_name": "Ada", "city": None}, business={"website": "https://a.shop"}
    )
    assert shown.count("\ue000") == 2
    assert "https://tea.shop/newer." in shown
