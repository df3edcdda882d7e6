from __future__ import annotations

import pytest
from django.utils import timezone

from crm import consent
from crm.models import Customer, CustomField
from tests.people import NOON, make_customer

pytestmark = pytest.mark.django_db
FILLED = {"first_name": "Ada", "last_name": "Byron", "created_on": "2026-01-05"}


def test_a_new_customer_is_normalised_and_found(staff_client):
    sent = {**FILLED, "email": " Ada@Tea.Example.COM ", "phone": "030 901820", "country": "Germany"}

    response = staff_client.post("/customers/new/", sent)

    customer = Customer.objects.get()
    assert response.headers["Location"] == f"/customers/{customer.public_id}/"
    assert (customer.email, customer.phone) == ("ada@tea.example.com", "+4930901820")
    assert Customer.objects.search("byron +4930").get() == customer
    assert customer.email_consent == "unknown"


def test_consent_given_at_once_leaves_evidence(staff_client):
    staff_client.post("/customers/new/", {**FILLED, "email": "ada@tea.example.com", "agreed": "on"})

    customer = Customer.objects.get()
    assert customer.email_consent == "granted"
    assert customer.consents.get().source == "staff"


def test_consent_without_an_address_is_refused(staff_client):
    response = staff_client.post("/customers/new/", {**FILLED, "agreed": "on"})

    assert response.status_code == 422
    assert "To get mails the customer needs an address." in response.content.decode()


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("email", "ada@", "not an e-mail address"),
        ("email", "a b@tea.example", "not an e-mail address"),
        ("phone", "+49 1", "This number does not exist"),
        ("birth_date", "2999-01-01", "has not come yet"),
        ("birth_date", "1066-10-14", "too long ago"),
        ("created_on", "2999-01-01", "has not come yet"),
        ("custom_size", "big", "is not a number"),
        ("external_id", "K1", "already exists"),
    ],
)
def test_each_mistake_is_named_at_its_field_and_nothing_is_saved(staff_client, name, value, reason):
    CustomField.objects.create(key="size", label="Size", kind="number")
    make_customer(external_id="K1")

    response = staff_client.post("/customers/new/", {**FILLED, name: value})

    assert response.status_code == 422
    assert reason in response.content.decode()
    assert Customer.objects.count() == 1


def test_a_customer_needs_something_to_be_known_by(staff_client):
    response = staff_client.post("/customers/new/", {"created_on": "2026-01-05"})

    assert response.status_code == 422
    assert "Give a name" in response.content.decode()


def test_own_fields_are_stored_by_their_kind(staff_client):
    for kind in ("number", "yes_no", "date", "text"):
        CustomField.objects.create(key=f"my_{kind}", label=kind, kind=kind)
    CustomField.objects.create(key="tea", label="Tea", kind="choice", choices=["Green"])
    customer = make_customer(custom={"foreign": "kept", "my_text": "old"})

    values = {"my_number": "1,5", "my_yes_no": "no", "my_date": "2026-05-31", "my_text": "", "tea": "Green"}
    sent = {**FILLED, "email": customer.email, **{f"custom_{key}": value for key, value in values.items()}}
    staff_client.post(f"/customers/{customer.public_id}/edit/", sent)

    customer.refresh_from_db()
    assert customer.custom == {
        "foreign": "kept",
        "my_number": 1.5,
        "my_yes_no": False,
        "my_date": "2026-05-31",
        "tea": "Green",
    }


def test_what_an_import_brought_does_not_hinder_a_correction(staff_client):
    CustomField.objects.create(key="size", label="Size", kind="number")
    customer = make_customer(email="odd@@address", phone="12", language="tlh", custom={"size": "huge"})

    response = staff_client.post(
        f"/customers/{customer.public_id}/edit/",
        {
            **FILLED,
            "email": customer.email,
            "phone": "12",
            "language": "tlh",
            "custom_size": "huge",
            "city": "Bonn",
        },
    )

    assert response.status_code == 302
    customer.refresh_from_db()
    assert (customer.city, customer.email, customer.custom) == ("Bonn", "odd@@address", {"size": "huge"})


def test_a_new_address_takes_over_what_it_once_said_no_to(staff_client):
    former = make_customer(email="no@tea.example.com")
    consent.withdraw(former, source="test", at=timezone.now())
    Customer.objects.filter(pk=former.pk).delete()
    customer = make_customer()

    staff_client.post(f"/customers/{customer.public_id}/edit/", {**FILLED, "email": "no@tea.example.com"})
    customer.refresh_from_db()
    blocked = customer.suppressed_at
    staff_client.post(f"/customers/{customer.public_id}/edit/", {**FILLED, "email": "yes@tea.example.com"})
    customer.refresh_from_db()

    assert blocked is not None
    assert customer.suppressed_at is None


def test_somebody_else_with_the_same_address_is_named(staff_client):
    make_customer(first_name="Ben", last_name="Byron", email="us@tea.example.com")

    page = staff_client.post("/customers/new/", {**FILLED, "email": "us@tea.example.com"}, follow=True)

    assert "Ben Byron has the same e-mail address." in page.content.decode()
    assert Customer.objects.filter(email="us@tea.example.com").count() == 2


def test_consent_survives_an_edit(staff_client):
    customer = make_customer()
    consent.withdraw(customer, source="test", at=NOON)

    staff_client.post(f"/customers/{customer.public_id}/edit/", {**FILLED, "email": customer.email})

    customer.refresh_from_db()
    assert (customer.email_consent, customer.last_name) == ("withdrawn", "Byron")
    assert customer.suppressed_at == NOON
