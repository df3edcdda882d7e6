"""From the cohort grid to the meaning of a figure, and to the people behind a number."""

from __future__ import annotations

import re
from datetime import timedelta

from django.utils import timezone

from segments import refresh
from tests.people import make_customer, make_purchase


def test_a_cohort_leads_to_its_people_and_a_figure_to_its_definition(visitor, owner):
    now = timezone.now()
    for number in range(8):
        customer = make_customer(last_name=f"Regular {number}")
        for months in (3, 2, 1)[: 1 + number % 3]:
            make_purchase(customer, at=(now - timedelta(days=31 * months)).replace(day=10))
    refresh.run(None)
    staff = visitor(viewport={"width": 390, "height": 844})
    staff.sign_in("olga@teahouse.example", "steep-leaves-4")
    page = staff.page

    # The table moves within its card, not the page; the first column stays.
    staff.open("/segments/measures/cohorts/?show=people")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    first = page.locator(".ck-cohorts tbody tr").first
    assert first.locator("td a").nth(1).inner_text() == "5"
    first.locator("td a").nth(1).click()
    page.wait_for_selector("text=5 customers, most revenue")
    assert page.locator("text=Regular 1").count() == 1

    # The sign beside a figure leads to what it means.
    page.goto("/segments/measures/")
    page.locator("a.ck-word").first.click()
    page.wait_for_url(re.compile(r"/segments/measures/words/#retention$"))
    assert page.locator("#retention").inner_text().startswith("Retention rate")
    assert staff.problems == []
