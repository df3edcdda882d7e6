"""The model card of value: what it was learned from, how it would have done, and what it cannot know."""

from __future__ import annotations

from segments import refresh
from tests.segments.test_value_command import sell
from tests.segments.test_value_refresh import unlike


def test_the_model_card_shows_its_check_and_its_limits_on_a_phone(visitor, owner):
    sell(unlike())
    refresh.run(None, only=["features", "value"])
    staff = visitor(viewport={"width": 390, "height": 844})
    staff.sign_in("olga@teahouse.example", "steep-leaves-4")
    page = staff.page

    staff.open("/segments/value/")

    page.wait_for_selector("[data-chart] svg")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("h2", has_text="What it cannot know").is_visible()
    page.locator("summary", has_text="Parameters and terms").click()
    assert page.locator("p", has_text="Purchases: BG/NBD").is_visible()
    check = page.locator("section[aria-labelledby=check-title] figure").first
    check.locator("summary").click()
    assert check.locator("table tbody tr").first.is_visible()
    assert staff.problems == []
