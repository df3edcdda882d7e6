from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from crm.models import Business, Customer, User
from segments.models import CustomerFeatures
from tests.people import make_customer

pytestmark = pytest.mark.django_db


def start() -> str:
    out = StringIO()
    call_command("start_shop", stdout=out, stderr=StringIO())
    return out.getvalue()


def test_without_the_demo_it_leads_to_the_first_run(monkeypatch):
    monkeypatch.setenv("DEMO", "0")
    monkeypatch.setenv("PORT", "8123")

    said = start()

    assert "http://127.0.0.1:8123" in said
    assert "set up your shop" in said
    assert not Customer.objects.exists()


def test_a_shop_with_people_is_left_alone(owner):
    make_customer()

    said = start()

    assert Customer.objects.count() == 1
    assert "Sign in with" not in said


def test_the_demo_login_is_said_and_stale_figures_are_refreshed(shop, settings):
    settings.SITE_HOST = "127.0.0.1"
    User.objects.create_user("owner@example.com", "closeknit-demo", role="owner")
    customer = make_customer(is_demo=True)
    yesterday = Business.current().today() - timedelta(days=1)
    CustomerFeatures.objects.create(customer=customer, as_of=yesterday)

    first, second = start(), start()

    assert "owner@example.com and closeknit-demo" in first
    assert "up to today" in first
    assert "up to today" not in second
    assert CustomerFeatures.objects.get().as_of == Business.current().today()
