"""The list of customers with mouse and keyboard: many at once, views, a field, the palette, j and k."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from crm.models import BulkJob, Customer, CustomerTag, CustomerView
from tests.browser.test_every_page import barriers
from tests.people import make_customer

EMAIL, PASSWORD = "olga@teahouse.example", "steep-leaves-4"


@pytest.fixture
def window(transactional_db, owner, visitor):
    for name in ("Archer", "Brook", "Castle"):
        make_customer(first_name="Ada", last_name=name, city="Kiel", country="Germany")
    make_customer(first_name="Zoe", last_name="Dale", country="France")
    one = visitor(viewport={"width": 1280, "height": 900})
    one.sign_in(EMAIL, PASSWORD)
    return one


def test_a_tag_for_all_that_match_and_back(window):
    page = window.page
    window.open("/customers/?country=Germany")
    page.get_by_label("Choose everybody on this page").check()
    expect(page.get_by_text("3 chosen")).to_be_visible()
    page.get_by_role("button", name="Add a tag").click()
    expect(page.locator(".ck-bulk-count")).to_contain_text("3")
    page.get_by_label("Tag").fill("Harbour fair")
    page.get_by_role("button", name="Add a tag (3)").dblclick()

    expect(page.get_by_text("Done: 3 of 3 were changed.")).to_be_visible()
    assert CustomerTag.objects.count() == 3
    assert BulkJob.objects.count() == 1
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone: everything is as it was before.")).to_be_visible()
    assert CustomerTag.objects.count() == 0
    assert window.problems == []


def test_a_filter_becomes_a_view_with_its_count(window):
    page = window.page
    window.open("/customers/")
    page.get_by_text("Add a filter").click()
    page.locator(".ck-filter-menu").get_by_text("Country", exact=True).click()
    page.locator(".ck-filter-editor select").first.select_option("Germany")
    page.get_by_role("button", name="Use this filter").click()
    page.wait_for_url("**/customers/?country=Germany")
    page.get_by_role("link", name="Save as a view").click()
    page.get_by_label("Name").fill("Germans")
    page.get_by_role("button", name="Keep the view").click()

    view = CustomerView.objects.get()
    expect(page.locator(f"#view-count-{view.pk}")).to_have_text("3")
    assert window.problems == []


def test_a_field_is_changed_at_its_place_with_enter_and_left_with_escape(window):
    page = window.page
    window.open("/customers/?country=Germany")
    cell = page.locator("tr[data-row]").first.locator(".ck-cell").nth(1)
    cell.click()
    field = page.locator(".ck-cell-form:not(.htmx-added) input[name=country]")  # Ready for keys.
    field.fill("Norway")
    field.press("Enter")
    expect(page.locator("tr[data-row]").first).to_contain_text("Norway")
    page.locator("tr[data-row]").nth(1).locator(".ck-cell").nth(1).click()
    field.fill("Nowhere")
    field.press("Escape")
    expect(page.locator("tr[data-row]").nth(1)).to_contain_text("Germany")

    assert sorted(Customer.objects.values_list("country", flat=True)) == [
        "France",
        "Germany",
        "Germany",
        "Norway",
    ]
    assert window.problems == []


def test_the_palette_finds_somebody_from_any_page(window):
    page = window.page
    window.open("/settings/")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette .ck-hit").first).to_be_visible()
    assert barriers(page, set()) == []
    page.locator("#palette-words").type("dale")
    expect(page.locator("#palette .ck-hit").first).to_contain_text("Zoe Dale")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")

    page.wait_for_url(f"**{Customer.objects.get(last_name='Dale').get_absolute_url()}")
    assert window.problems == []


def test_j_and_k_walk_the_filtered_list_in_panel_and_page_and_back_goes_back(window):
    page = window.page
    window.open("/customers/?country=Germany")
    page.keyboard.press("j")
    page.keyboard.press("o")
    heading = page.locator("#beside h2")
    expect(heading).to_have_text("Ada Archer")
    page.keyboard.press("j")
    expect(heading).to_have_text("Ada Brook")
    page.keyboard.press("j")
    expect(heading).to_have_text("Ada Castle")
    page.keyboard.press("k")
    expect(heading).to_have_text("Ada Brook")
    shared = page.url
    page.keyboard.press("Escape")
    expect(heading).to_have_count(0)

    window.open(shared)
    expect(page.locator("#beside h2")).to_have_text("Ada Brook")
    page.locator("#beside h2 a").click()
    expect(page.locator("h1")).to_have_text("Ada Brook")
    page.keyboard.press("j")
    expect(page.locator("h1")).to_have_text("Ada Castle")
    page.go_back()
    expect(page.locator("h1")).to_have_text("Ada Brook")
    assert window.problems == []
