"""What a design says to everybody is written once; each mail must read as if it had been written whole."""

from __future__ import annotations

import pytest
from liquid.exceptions import UndefinedError

from campaigns import design, gallery, placeholders
from campaigns.rendering import Sources, folding, liquid
from crm.models import Customer

PERSONAL = {"customer": {"first_name": "Ada"}, "recommended_products": [{"name": "Tea"}, {"name": "Pot"}]}
SHARED = {"business": {"name": "Tea & Co", "social": [{"name": "A"}, {"name": "B"}]}, "today": "2026-03-04"}


@pytest.mark.parametrize(
    "written",
    [
        "{{ business.name }} to {{ customer.first_name }}, {{ today }}",
        "{% for one in business.social %}{{ one.name }}{% endfor %}-{{ customer.first_name }}",
        "{% assign business = customer %}{{ business.first_name }}",
        "{% capture name %}{{ customer.first_name }}{% endcapture %}{{ name }} {{ business.name }}",
        "{% assign x = today %}{% if customer.first_name == 'Ada' %}{% assign x = 1 %}{% endif %}{{ x }}",
        "{% for a in business.social limit: 1 %}{{ customer.first_name }}{% endfor %}"
        "{% for a in business.social offset: continue %}{{ a.name }}{% endfor %}",
        "{% for one in recommended_products %}{{ one.name }} {{ business.name }}{% endfor %}",
        "{% if business.name != '' %}{{ customer.first_name }}{% else %}{{ today }}{% endif %}",
        "{% case business.name %}{% when 'x' %}1{% else %}{{ customer.first_name }}{% endcase %}{{ today }}",
    ],
)
def test_what_is_alike_for_all_may_be_written_before(written):
    template = liquid.HTML.from_string(written)
    whole = template.render({**SHARED, **PERSONAL})

    assert folding.fold(template, SHARED).render({**SHARED, **PERSONAL}) == whole


def test_of_a_folded_template_only_the_personal_parts_are_left():
    template = liquid.HTML.from_string("{{ business.name }}, {{ today }}: {{ customer.first_name }}!")

    folded = folding.fold(template, SHARED)

    assert len(folded.nodes) == 3
    assert folded.nodes[0].text == "Tea &amp; Co, 2026-03-04: "


def test_an_error_in_what_is_alike_is_told_by_each_mail():
    template = liquid.HTML.from_string("{{ business.nothing.at_all }} {{ customer.first_name }}")

    with pytest.raises(UndefinedError):
        folding.fold(template, SHARED).render({**SHARED, **PERSONAL})


@pytest.mark.django_db
@pytest.mark.parametrize("key", sorted(gallery.shipped()))
def test_the_designs_that_we_ship_read_the_same_folded(shop, key):
    found = gallery.shipped()[key]
    mail = design.compiled(Sources(found.subject, found.mjml, found.preheader))
    values = placeholders.Values(shop)
    folded = mail.folded(values.alike(shop.language))

    for customer in (Customer(pk=1, first_name="Ada & <b>"), Customer(pk=2)):
        known = values.of(customer, "https://shop.example/u/token")
        assert folded.render(known) == mail.render(known)
    assert len(folded.html.nodes) < len(mail.html.nodes) / 2
