"""Tables, recommended products, and single cells or lines of a design that are filled in a form."""

from __future__ import annotations

from dataclasses import replace

import pytest

from campaigns import design, gallery, slot_words, slots
from campaigns.forms_words import WordsForm
from campaigns.models import Campaign
from campaigns.rendering import Sources
from campaigns.slot_products import Products
from campaigns.slots import Kind, Slot
from tests.campaigns.mails import make_campaign, make_list
from tests.people import make_customer

pytestmark = pytest.mark.django_db

TABLE = """<mj-table><tr><th>Day</th><th>Open</th></tr>
<tr class="late"><td>Monday</td>
<td align="right">9–18 in {{ customer.city | default: "town" }}</td></tr></mj-table>"""
LOOP = (
    '<mj-text data-slot="shelf">Look: {% for one in recommended_products %}'
    "<p><strong>{{ one.name }}</strong><br />{{ one.price | money }}</p>"
    "{% else %}<p>Come in.</p>{% endfor %}</mj-text>"
)
ROWS = (
    '<mj-table>{% for one in recommended_products limit: 2 %}<tr><td data-slot="each">{{ one.name }} for '
    "{{ one.price | money }}</td></tr>{% endfor %}</mj-table>"
)


def mail(*parts):
    return f"<mjml><mj-body><mj-section><mj-column>{''.join(parts)}</mj-column></mj-section></mj-body></mjml>"


def read(mjml):
    return {one.name: one for one in slots.of(mjml, slot_words.words())}


def sent(mjml, shop):
    return design.preview(Sources("s", mjml), shop, None, None).html


def test_a_table_is_written_as_lines_and_further_rows_look_like_the_last(shop):
    mjml, words = mail(TABLE), slot_words.words()
    found = read(mjml)

    said = "Day | Open | Note\nMon | 1\n\nTue | {City|there} | <b>\nWed"
    written = slots.filled(mjml, {"table": replace(found["table"], text=said)}, words)

    assert found == {"table": Slot("table", Kind.TABLE, "Day | Open\nMonday | 9–18 in {City|town}")}
    assert slots.filled(mjml, found, words) == mjml
    assert "<tr><th>Day</th><th>Open</th><th>Note</th></tr>" in written
    assert '<tr class="late"><td>Mon</td><td align="right">1</td></tr>' in written
    assert (
        '<td align="right">{{ customer.city | default: "there" }}</td><td align="right">&lt;b&gt;</td>'
        in written
    )
    assert '<tr class="late"><td>Wed</td><td align="right"></td></tr></mj-table>' in written
    assert design.problem_in(Sources("s", written), has_survey=False, business=shop) == ""


@pytest.mark.parametrize(
    "inner",
    [
        "{% if customer.city %}<tr><td>Ulm</td></tr>{% endif %}",
        "<tr><td><em>slanting</em></td></tr>",
        "<tr><td>a<br />b</td></tr>",
        "<tr><td>a | b</td></tr>",
        "<tr><td><table><tr><td>within</td></tr></table></td></tr>",
        "",
    ],
)
def test_a_table_that_holds_more_than_words_stays_as_it_is(shop, inner):
    assert read(mail(f"<mj-table>{inner}</mj-table>")) == {}


def test_how_many_products_how_they_look_and_what_is_said_of_each_can_be_changed(shop):
    mjml, words = mail(LOOP), slot_words.words()
    found = read(mjml)
    shelf = found["shelf"].products

    more = Products("{Category}: **{Product}**\n{Price}", "lines", 1, "Look in.\n\nSoon.")
    written = slots.filled(mjml, {"shelf": replace(found["shelf"], products=more)}, words)

    assert shelf == Products("**{Product}**\n{Price}", "plain", 4, "Come in.")
    assert slots.filled(mjml, found, words) == mjml
    assert "Look: {% for one in recommended_products limit: 1 %}<p style=" in written
    assert (
        ': <strong style="font-size:17px;color:#1f2328">{{ one.name }}</strong>{% if one.price %}' in written
    )
    assert "{% else %}<p>Look in.</p><p>Soon.</p>{% endfor %}</mj-text>" in written
    assert read(written)["shelf"].products == more
    shown = sent(written, shop)
    assert "€12.50" in shown
    assert "A product" in shown
    assert "Another product" not in shown


def test_products_that_the_layout_draws_keep_their_look_until_another_is_chosen(shop):
    own = LOOP.replace("<p><strong>", '<p class="own"><strong>')
    words, found = slot_words.words(), read(mail(own))
    shelf = found["shelf"].products

    fewer = slots.filled(
        mail(own),
        {"shelf": replace(found["shelf"], products=replace(shelf, count=2, each="{Product}"))},
        words,
    )
    boxed = slots.filled(
        mail(own), {"shelf": replace(found["shelf"], products=replace(shelf, look="boxes"))}, words
    )

    assert (shelf.look, shelf.count) == ("", 4)
    assert '<p class="own"><strong>{{ one.name }}</strong>' in fewer
    assert "limit: 2" in fewer
    assert 'class="own"' not in boxed
    assert read(boxed)["shelf"].products.each == "**{Product}**\n{Price}"


def test_a_condition_within_a_product_is_not_taken_for_what_stands_where_none_is_known(shop):
    odd = "<p>{% if one.price %}{{ one.price | money }}{% else %}free{% endif %}</p>"
    loop = f"{{% for one in recommended_products %}}{odd}{{% else %}}<p>None</p>{{% endfor %}}"
    mjml = mail(f"<mj-text>{loop}</mj-text>")

    found = read(mjml)["products"]
    written = slots.filled(
        mjml, {"products": replace(found, products=replace(found.products, empty=""))}, slot_words.words()
    )

    assert found.products == Products("", "", 4, "None")
    assert f"recommended_products %}}{odd}{{% endfor %}}" in written


def test_cells_and_lines_with_a_name_are_slots_of_their_own_also_in_a_loop(shop):
    local = (
        '<mj-text>{% if customer.city %}<p data-slot="local">In {{ customer.city }}</p>{% endif %}</mj-text>'
    )
    mjml, words = mail(ROWS, local), slot_words.words()
    found = read(mjml)

    said = {
        "each": Slot("each", Kind.LINE, "Now **{Product}** {Price}, {City}"),
        "local": Slot("local", Kind.LINE),
    }
    written = slots.filled(mjml, said, words)

    assert found["each"].text == "{Product} for {Price}"
    assert found["local"].text == "In {City}"
    assert found["products"].products == Products("", "", 2, None, is_table=True)
    assert slots.filled(mjml, found, words) == mjml
    assert ">Now <strong>{{ one.name }}</strong> {{ one.price | money }}, {{ customer.city }}</td>" in written
    shown = sent(written, shop)
    assert "Now <strong>A product</strong>" in shown
    assert "data-slot" not in shown
    assert "<p></p>" not in shown


def test_a_field_of_the_shop_called_price_is_not_mistaken_for_that_of_a_product(shop):
    words = slot_words.words()
    words = replace(
        words,
        labels={**words.labels, "customer.custom.price": "Price"},
        names={**words.names, "price": "customer.custom.price"},
    )
    mjml = mail(ROWS.replace("for {{", "{{ customer.custom.price }} {{"))

    found = {one.name: one for one in slots.of(mjml, words)}

    assert "each" not in found
    assert "{{ customer.custom.price }}" in slots.filled(mjml, found, words)


def test_tables_and_products_without_a_name_are_numbered(shop):
    assert list(read(mail(TABLE, TABLE, LOOP.replace(' data-slot="shelf"', ""), ROWS))) == [
        "table",
        "table 2",
        "products",
        "products 2",
        "each",
    ]


def test_a_table_and_products_are_written_in_the_form(staff_client):
    make_campaign(make_list(make_customer()), slug="spring", mjml=mail(TABLE, LOOP, ROWS))
    page = staff_client.get("/campaigns/spring/edit/").content.decode()
    data = {"mode": "words", "mjml": mail(TABLE, LOOP, ROWS), "subject": "Tea", "name": "Spring"}
    data |= {"slot_0": "Day | Open\r\nSunday | shut", "slot_1_count": "2", "slot_1_look": "centred"}
    data |= {"slot_1": "Only {Price}", "slot_1_empty": "Soon", "slot_2_count": "9", "slot_3": "{Product}"}

    kept = staff_client.post("/campaigns/spring/edit/", data)

    assert "Table" in page
    assert "One row a line" in page
    assert 'name="slot_1_look"' in page
    assert 'name="slot_2_look"' not in page
    assert kept.status_code == 302
    mjml = Campaign.objects.get().mjml
    assert '<td>Sunday</td><td align="right">shut</td>' in mjml
    assert "limit: 2 %}<p style=" in mjml
    assert "text-align:center" in mjml
    assert "Only {{ one.price | money }}" in mjml
    assert "<p>Soon</p>{% endfor %}" in mjml
    assert "limit: 2 %}<tr>" in mjml  # What is no choice changes nothing.
    assert ">{{ one.name }}</td>" in mjml


def test_our_design_of_products_offers_them_and_reads_the_same_in_chinese(shop):
    shelves = [
        read(gallery.shipped()[f"products.{one}"].mjml)["products"].products for one in ("en", "zh-hans")
    ]

    assert {(one.look, one.count) for one in shelves} == {("lines", 3)}
    form = WordsForm(gallery.shipped()["products.en"].mjml)
    assert form.filled == form.mjml
