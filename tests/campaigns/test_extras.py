from __future__ import annotations

import pytest

from campaigns import design as designs
from campaigns.extras import Extras
from crm.outbox import sending
from tests.campaigns.mails import caught, design, html_of, make_campaign, make_list, plan
from tests.people import make_customer, make_product

pytestmark = pytest.mark.django_db
TEXT = (
    '{% if customer.segments contains "vip" %}For regulars{% else %}For all{% endif %}'
    "{% for product in recommended_products %}"
    "<p>{{ product.name }} {{ product.price | money }}</p>{% endfor %}"
)


def test_a_text_may_ask_for_segments_and_products_of_each_person(shop):
    regular, other = make_customer(), make_customer()
    make_list(regular, slug="vip")
    campaign = plan(make_campaign(make_list(regular, other), mjml=design(TEXT)))

    sending.drain()

    pages = {mail["To"].addresses[0].addr_spec: html_of(mail) for mail in caught()}
    assert "For regulars" in pages[regular.email]
    assert "For all" in pages[other.email]
    assert campaign.state == "sending"
    assert "A product €12.50" in designs.preview(designs.sources(campaign), shop, None, None).html


def test_they_are_looked_up_for_many_people_at_once_and_only_when_named(shop, django_assert_max_num_queries):
    make_product("Oolong", price=9)
    people = [make_customer() for _ in range(30)]
    campaign = plan(make_campaign(make_list(*people), mjml=design(TEXT)))
    messages = list(campaign.mailing.messages.order_by("pk"))

    with django_assert_max_num_queries(20):
        more = Extras({"recommended_products", "customer.segments"}, campaign.mailing)
        found = [more.of(one.customer_id, one.pk) for one in messages]
    with django_assert_max_num_queries(0):
        nothing = Extras({"customer.city"}, campaign.mailing).of(people[0].pk)

    assert all(one["customer.segments"] == ["tea-lovers"] for one in found)
    assert nothing["recommended_products"] == []
