from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone, translation

from campaigns.demo import analysing, loading
from campaigns.home import figures
from crm.models import Customer, ImportBatch, Purchase, User
from segments.models import ScoringRun
from tests.people import make_customer, make_purchase

pytestmark = pytest.mark.django_db
PANELS = ("figures", "charts", "attention", "running", "loop")


def panel(client, name):
    return client.get(f"/campaigns/home/{name}/", headers={"HX-Request": "true"}).content.decode()


def test_an_empty_shop_is_shown_how_to_start(owner_client):
    page = owner_client.get("/").content.decode()

    assert "Nothing here yet" in page
    assert "/start/" in page


@pytest.mark.parametrize("name", PANELS)
def test_every_panel_works_with_one_customer_and_no_sale(staff_client, name):
    make_customer()

    assert staff_client.get("/").status_code == 200
    assert staff_client.get(f"/campaigns/home/{name}/").status_code == 200
    assert "<html" not in panel(staff_client, name)


def test_figures_show_this_month(staff_client):
    now = timezone.now()
    make_purchase(make_customer(), 120, at=now - timedelta(seconds=1))

    page = panel(staff_client, "figures")

    assert "€120" in page
    assert "Nothing to compare with yet" in page


def test_what_runs_shows_progress_and_asks_again_only_while_it_runs(staff_client):
    assert "hx-trigger" not in panel(staff_client, "running")
    ImportBatch.objects.create(
        kind="purchases", file_name="june.csv", state="running", next_row=30, total_rows=90
    )
    ScoringRun.objects.create(kind="refresh", state="queued")

    page = panel(staff_client, "running")

    assert "30 of 90" in page
    assert "every 2s" in page


@pytest.mark.parametrize(
    ("language", "sold", "month", "title"),
    [
        ("en", 145, "Oct 2026", "October brought 45% more than September"),
        ("zh-hans", 55, "2026年10月", "十月收入比九月少 45%"),
    ],
)
def test_charts_write_months_and_shares_as_the_reader_does(shop, language, sold, month, title):
    customer = make_customer()
    make_purchase(customer, 100, at=datetime(2026, 9, 15, 12, tzinfo=UTC))
    make_purchase(customer, sold, at=datetime(2026, 10, 15, 12, tzinfo=UTC))

    with translation.override(language):
        money, _people = figures.charts(shop, datetime(2026, 11, 20, 12, tzinfo=UTC))

    assert money.labels[-2] == month
    assert money.title == title


def test_the_loop_has_eight_stations_with_links(staff_client):
    make_customer()

    page = panel(staff_client, "loop")

    assert page.count("<li") == 8
    assert len(re.findall(r'<a href="/', page)) == 8


def test_the_whole_demo_shop_shows_on_every_panel(owner_client):
    loading.load(timezone.now(), count=150)
    analysing.analyse()

    for name in PANELS:
        assert owner_client.get(f"/campaigns/home/{name}/").status_code == 200
    assert "This is an invented shop" in owner_client.get("/").content.decode()
    assert 'class="ck-figures"' in panel(owner_client, "figures")


def test_the_panels_ask_few_questions(staff_client, django_assert_max_num_queries):
    loading.load(timezone.now(), count=100)

    for name, most in (("figures", 20), ("attention", 20), ("running", 12), ("loop", 16)):
        with django_assert_max_num_queries(most):
            panel(staff_client, name)


def test_unhappy_customers_are_listed_with_their_words(staff_client):
    loading.load(timezone.now(), count=400)

    page = staff_client.get("/campaigns/home/unhappy/").content.decode()

    assert page.count("list-group-item-action") > 0


def test_a_real_shop_carries_no_banner(staff_client):
    make_purchase(make_customer())

    assert "invented shop" not in staff_client.get("/").content.decode()


def test_the_owner_removes_the_demo_shop_with_one_button(owner_client):
    loading.load(timezone.now(), count=60)
    own = make_customer()

    page = owner_client.get("/campaigns/demo/shop/").content.decode()
    answer = owner_client.post("/campaigns/demo/shop/remove/")

    assert "60 invented customers" in page
    assert answer.status_code == 302
    assert list(Customer.objects.all()) == [own]
    assert not Purchase.objects.exists()


def test_the_owner_loads_it_into_an_empty_shop_and_nowhere_else(owner_client, monkeypatch):
    monkeypatch.setattr(loading, "PEOPLE", 80)
    make_purchase(make_customer())

    refused = owner_client.post("/campaigns/demo/shop/load/", follow=True)

    assert "real customers or purchases" in refused.content.decode()
    assert Customer.objects.count() == 1


def test_staff_may_neither_load_nor_remove_it(staff_client):
    assert staff_client.post("/campaigns/demo/shop/load/").status_code == 403
    assert staff_client.post("/campaigns/demo/shop/remove/").status_code == 403
    assert User.objects.count() == 1
