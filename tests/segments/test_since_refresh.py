from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from segments import refresh, since_refresh
from tests.people import make_customer, make_purchase

pytestmark = pytest.mark.django_db


def asked(times: list[int]) -> int:
    times.append(len(times))
    return len(times)


def test_a_small_shop_is_counted_whenever_a_page_asks(shop):
    make_customer()
    refresh.run(None)
    times: list[int] = []

    found = [since_refresh.figures("test", lambda: asked(times)) for _ in range(2)]

    assert found == [1, 2]


def test_a_large_shop_is_counted_once_per_refresh_and_name(shop, monkeypatch):
    make_purchase(make_customer())
    monkeypatch.setattr(since_refresh, "LIVE_UP_TO", 0)
    refresh.run(None)
    times: list[int] = []

    found = [since_refresh.figures(name, lambda: asked(times)) for name in ("a", "a", "b", "a")]
    refresh.run(None)
    later = since_refresh.figures("a", lambda: asked(times))

    assert found == [1, 1, 2, 1]
    assert later == 3


def test_pages_of_a_large_shop_show_the_figures_of_the_last_refresh(shop, owner_client, monkeypatch):
    monkeypatch.setattr(since_refresh, "LIVE_UP_TO", 0)
    for _ in range(3):
        make_purchase(make_customer(), at=timezone.now() - timedelta(days=1))
    refresh.run(None)
    pages = (
        "rfm/",
        "lapse/",
        "value/",
        "stages/",
        "tags/",
        "journey/",
        "measures/spending/",
        "people/?stage=first",
    )

    first = [owner_client.get(f"/segments/{page}") for page in pages]
    again = [owner_client.get(f"/segments/{page}") for page in pages]

    assert {one.status_code for one in (*first, *again)} == {200}
    assert first[-1].context["count"] == again[-1].context["count"] == 3
    builder = owner_client.get("/segments/new/?start=vip").content.decode()
    assert 'hx-trigger="load" hx-vals=\'{"act": "preview"}\'' in builder
