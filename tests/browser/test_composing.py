"""Writing a mail in the visual editor, and mending what the pre-flight finds."""

from __future__ import annotations

import re

import pytest

from campaigns.gallery import shipped
from campaigns.models import Campaign
from tests.campaigns.mails import make_campaign, make_list
from tests.people import make_customer

pytestmark = pytest.mark.django_db(transaction=True)
TRICKY = """<mjml lang="en">
  <mj-head><mj-style>a { color: {{ business.brand_color }}; }</mj-style></mj-head>
  <mj-body background-color="{{ business.background | default: "#fff" }}">
    {% if customer.orders != blank and 2 > 1 %}
    <mj-section><mj-column>
      <mj-text>Hello {{ customer.first_name | default: "you & me" }}
        {% if customer.city == "Ulm" %}<br />Ulm{% endif %}</mj-text>
      <mj-image src="{{ business.website }}/{{ customer.city | url_encode }}.png" alt="Tea" />
    </mj-column></mj-section>
    {% else %}
    <mj-section><mj-column>
      <mj-button href="{{ business.website }}">{{ "a" | append: "b" }}</mj-button>
    </mj-column></mj-section>
    {% endif %}
  </mj-body>
</mjml>"""


def layout_of(page):
    page.get_by_role("button", name="Layout").click()
    page.locator("#id_mjml").wait_for()


def frame_of(page):
    page.get_by_role("button", name="Open the visual editor").click()
    frame = page.frame_locator("#visual-dialog iframe")
    frame.locator("body[data-ready]").wait_for()
    return frame


def source(page) -> str:
    return page.locator("[data-source]").input_value()


def codes(mjml: str) -> list[str]:
    return [one.replace('"', "'") for one in re.findall(r"\{\{.*?\}\}|\{%.*?%\}", mjml)]


def test_a_mail_is_composed_with_blocks_and_its_code_survives(visitor, owner):
    make_list(make_customer())
    one = visitor()
    one.sign_in("olga@teahouse.example", "steep-leaves-4")
    one.open("/campaigns/new/?template=welcome.en")
    one.page.get_by_label("Headline", exact=True).fill("Tea for {First name|you}")
    layout_of(one.page)
    assert '<h1>Tea for {{ customer.first_name | default: "you" }}</h1>' in source(one.page)
    before = source(one.page)

    frame = frame_of(one.page)
    frame.get_by_role("button", name="Heading").click()
    frame.get_by_label("Its words").fill("<h1>Spring has come</h1>")
    frame.get_by_label("Something personal").select_option(label="City")
    frame.locator("#put-personal").click()
    frame.get_by_role("button", name="Line").click()
    frame.get_by_role("button", name="Undo").click()
    one.page.wait_for_timeout(400)
    frame.get_by_role("button", name="Done").click()

    after = source(one.page)
    assert "Spring has come</h1>" in after
    assert "{{ customer.city }}" in after
    assert "<mj-divider" not in after
    assert [code for code in codes(after) if code != "{{ customer.city }}"] == codes(before)
    one.page.fill("#id_name", "Spring")
    one.page.get_by_label("tea-lovers").first.check()
    one.page.get_by_role("button", name="Keep and check").click()
    one.page.get_by_role("heading", name="Spring").wait_for()
    assert "Spring has come" in Campaign.objects.get().mjml
    assert one.problems == []


def test_every_design_and_the_trickiest_code_come_back_from_the_editor_as_they_went_in(visitor, owner):
    one = visitor()
    one.sign_in("olga@teahouse.example", "steep-leaves-4")
    one.open("/campaigns/templates/new/?from=welcome.en")
    layout_of(one.page)

    for mjml in (TRICKY, *(design.mjml for key, design in shipped().items() if key.endswith(".en"))):
        one.page.locator("[data-source]").fill(mjml)
        frame = frame_of(one.page)
        frame.get_by_role("button", name="Done").click()
        one.page.locator("#visual-dialog").wait_for(state="hidden")
        once = source(one.page)
        assert codes(once) == codes(mjml)
        assert once.count("font-size=") == mjml.count("font-size=")
        assert once.count("<mj-section") == mjml.count("<mj-section")
        assert once.count("<mj-head>") == mjml.count("<mj-head>")
    one.page.fill("#id_name", "Round trip")
    one.page.get_by_role("button", name="Keep the template").click()
    one.page.get_by_text("The template is kept.").wait_for()
    assert [
        said for said in one.problems if "Failed to load resource" not in said
    ] == []  # An invented picture.


def test_tables_and_products_pass_through_the_visual_editor_whole_and_are_written_in_fields(visitor, owner):
    table = "<mj-table><tr><th>Day</th></tr><tr class='late'><td>{{ customer.city }}</td></tr></mj-table>"
    rows = (
        '<mj-table data-slot="shelf">{% for one in recommended_products limit: 2 %}'
        "<tr><td>{{ one.name }}</td></tr>{% endfor %}</mj-table>"
    )
    one = visitor()
    one.sign_in("olga@teahouse.example", "steep-leaves-4")
    one.open("/campaigns/templates/new/?from=welcome.en")
    layout_of(one.page)
    parts = f"<mj-section><mj-column>{table}{rows}</mj-column></mj-section>"
    one.page.locator("[data-source]").fill(f"<mjml><mj-body>{parts}</mj-body></mjml>")

    frame = frame_of(one.page)
    canvas = frame.frame_locator("#canvas iframe.gjs-frame")
    frame.get_by_role("button", name="Recommended products, 2 at most").click()
    frame.locator("#copy").click()
    frame.get_by_role("button", name="Table", exact=True).click()
    canvas.get_by_role("cell", name="Saturday", exact=True).wait_for()
    assert canvas.get_by_role("cell", name="{City}", exact=True).count() == 1
    frame.get_by_role("button", name="Done").click()
    one.page.locator("#visual-dialog").wait_for(state="hidden")

    kept = re.sub(r"\s+</mj-table>", "</mj-table>", source(one.page))
    assert table in kept
    assert kept.count(rows) == 1
    assert kept.count(rows.replace(' data-slot="shelf"', "")) == 1
    assert ">Saturday</td>" in kept
    one.page.get_by_role("button", name="Words and pictures").click()
    one.page.get_by_label("Table 2").fill("Day | Hours\nSunday | shut | Sorry")
    one.page.get_by_label("Shelf: how many at most").select_option("3")
    one.page.get_by_role("button", name="Layout").click()
    one.page.locator("#id_mjml").wait_for()
    assert ">Sorry</td></tr>" in source(one.page)
    assert "limit: 3 %}<tr><td>{{ one.name }}</td></tr>" in source(one.page)
    assert one.problems == []


def test_a_missing_field_is_found_before_sending_and_mended(visitor, owner):
    ada = make_customer(city="")
    make_campaign(make_list(ada), slug="spring", name="Spring", subject="News for {{ customer.city }}")
    one = visitor()
    one.sign_in("olga@teahouse.example", "steep-leaves-4")
    one.open("/campaigns/spring/")

    finding = one.page.locator("[data-finding=missing]")
    assert "“City” is not known of 1 person" in finding.inner_text()
    finding.get_by_role("link", name="Show these people").click()
    one.page.get_by_role("link", name="Edit").click()
    one.page.locator("[name=city]").fill("Ulm")
    one.page.locator("main form button.btn-primary").first.click()
    one.page.wait_for_load_state("networkidle")
    one.open("/campaigns/spring/")

    assert one.page.locator("[data-finding=missing]").count() == 0
    assert one.page.get_by_role("button", name="Send now").is_enabled()
