from __future__ import annotations

from campaigns import placeholders
from crm.models import CustomField
from tests.people import make_customer


def test_an_unknown_value_is_false_in_a_condition(shop):
    customer = make_customer(first_name="", custom={})
    CustomField.objects.create(key="drink", label="Drink")

    values = placeholders.Values(shop).of(customer, "https://shop.example/u/1")

    assert values["customer"]["first_name"] is None
    assert values["customer"]["custom"]["drink"] is None
