"""The benchmarks themselves, small: they must run and answer in the promised form."""

from __future__ import annotations

import pytest

from bench import features, pages
from crm import synthetic
from crm.models import Business


@pytest.mark.django_db
def test_the_page_figures_come_out_small(monkeypatch, settings):
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    monkeypatch.setattr(pages, "ROUNDS", 10)
    monkeypatch.setattr(pages, "RECIPIENTS", 20)
    synthetic.fill(customers=40, lines=300, seed=1, today=Business.current().today())

    figures = {one["name"]: one for one in pages.figures("small")}

    assert {"page_customers", "page_customer", "page_segment", "page_report", "pages"} <= set(figures)
    assert all(one["limit"] == 250 and one["value"] > 0 for one in figures.values())


@pytest.mark.django_db(transaction=True)
def test_the_bare_aggregation_fills_the_table_that_is_in_use():
    synthetic.fill(customers=40, lines=300, seed=1, today=Business.current().today())

    figures = list(features.figures("small"))

    assert [one["name"] for one in figures] == ["features"]
