from __future__ import annotations

import pytest

from crm.models import Business, CustomField
from tests.people import make_customer

pytestmark = pytest.mark.django_db
PROFILE = {
    "name": "Nine Leaves",
    "website": "https://leaves.example",
    "postal_address": "1 Harbour Road",
    "currency": "CNY",
    "time_zone": "Asia/Shanghai",
    "language": "zh-hans",
    "fiscal_start_month": "4",
    "from_name": "",
    "from_email": "news@leaves.example",
    "reply_to": "",
    "brand_color": "#aa3300",
    "tracking": "full",
    "holdout_percent": "0",
    "cost_per_mail": "0",
    "margin_percent": "42.5",
    "discount_rate": "8",
    "value_months": "24",
    "costs": "web = 4.50\nFair：12,5\n",
}


def test_the_profile_is_saved_and_in_force_at_once(owner_client):
    response = owner_client.post("/settings/business/", PROFILE)

    business = Business.current()
    assert response.status_code == 302
    assert (business.name, business.currency, business.time_zone) == ("Nine Leaves", "CNY", "Asia/Shanghai")
    assert business.acquisition_costs == {"web": "4.50", "Fair": "12.5"}
    assert "CN¥" in owner_client.get(f"/customers/{make_customer().public_id}/").content.decode()


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("name", "", "required"),
        ("currency", "XXZ", "Select a valid choice"),
        ("time_zone", "Mars/Base", "Select a valid choice"),
        ("from_email", "me", "valid email"),
        ("brand_color", "red", "valid value"),
        ("margin_percent", "140", "less than or equal to 100"),
        ("costs", "web is free", "is not understood"),
        ("fiscal_start_month", "13", "Select a valid choice"),
    ],
)
def test_a_profile_that_is_not_clear_is_refused(owner_client, name, value, reason):
    response = owner_client.post("/settings/business/", {**PROFILE, name: value})

    assert response.status_code == 422
    assert reason in response.content.decode()
    assert Business.current().name == "Teahouse"


def test_staff_see_only_the_settings_they_may_open(staff_client, owner_client):
    for_staff = staff_client.get("/settings/").content.decode()
    for_owner = owner_client.get("/settings/").content.decode()

    assert "/settings/business/" in for_owner
    assert "/settings/business/" not in for_staff
    assert "/account/" in for_staff


def test_an_own_field_is_defined_changed_and_deleted(owner_client):
    owner_client.post(
        "/settings/fields/",
        {"label": "Favourite tea", "kind": "choice", "options": "Green\nOolong\nGreen\n", "position": "0"},
    )
    field = CustomField.objects.get()
    customer = make_customer(custom={field.key: "Green"})

    owner_client.post(
        "/settings/fields/favourite_tea/",
        {"label": "Best tea", "kind": "number", "options": "Green", "position": "2"},
    )
    changed = CustomField.objects.get()
    owner_client.post("/settings/fields/favourite_tea/remove/")

    customer.refresh_from_db()
    assert (field.key, field.choices) == ("favourite_tea", ["Green", "Oolong"])
    assert (changed.label, changed.kind, changed.key) == ("Best tea", "choice", "favourite_tea")
    assert not CustomField.objects.exists()
    assert customer.custom == {}


def test_a_choice_without_choices_is_refused(owner_client):
    response = owner_client.post("/settings/fields/", {"label": "Tea", "kind": "choice", "position": "0"})

    assert response.status_code == 422
    assert "Give at least one choice." in response.content.decode()
