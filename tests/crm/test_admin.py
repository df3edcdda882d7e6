from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.models import Customer, Interaction
from tests.people import NOON, make_customer, make_purchase

pytestmark = pytest.mark.django_db
SCRATCH = {"ImportParcel"}  # Working tables of a running import.
MODELS = [model for model in apps.get_app_config("crm").get_models() if model.__name__ not in SCRATCH]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_table_can_be_read_and_searched_by_the_owner(owner_client, model):
    make_purchase(make_customer())

    assert owner_client.get(f"/admin/crm/{model._meta.model_name}/").status_code == 200
    if admin.site.get_model_admin(model).search_fields:
        assert owner_client.get(f"/admin/crm/{model._meta.model_name}/?q=a").status_code == 200


@pytest.mark.parametrize("name", ["interaction", "consent", "message", "suppression", "sandboxmail", "user"])
def test_evidence_cannot_be_changed(owner_client, name):
    assert owner_client.get(f"/admin/crm/{name}/add/").status_code == 403


def test_the_ledger_has_no_delete_button(owner_client):
    entry = Interaction.objects.create(
        kind="note", at=NOON, source="staff", key="1", customer=make_customer()
    )

    response = owner_client.post(f"/admin/crm/interaction/{entry.pk}/delete/", {"post": "yes"})

    assert response.status_code == 403
    assert Interaction.objects.count() == 1


def test_the_customer_form_of_the_admin_keeps_search_right(owner_client):
    customer = make_customer(last_name="Byron")
    sent = {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": "ADA@x.example",
        "created_on": "2026-01-01",
    }

    owner_client.post(f"/admin/crm/customer/{customer.pk}/change/", {**sent, "custom": "{}"})

    assert Customer.objects.search("lovelace ada@x.example").get() == customer


def test_lists_of_the_admin_need_no_query_per_row(owner_client):
    make_purchase(make_customer())
    with CaptureQueriesContext(connection) as few:
        owner_client.get("/admin/crm/purchase/")

    for _ in range(20):
        make_purchase(make_customer())
    with CaptureQueriesContext(connection) as many:
        owner_client.get("/admin/crm/purchase/")

    assert len(many) == len(few)
