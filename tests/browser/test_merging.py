"""Two records become one and two again, as an owner walks it: from a found group, and freely chosen."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from crm import cases
from crm.duplicates import searching
from crm.models import Customer, DuplicateGroup
from tests.browser.test_every_page import barriers
from tests.people import NOON, make_customer, make_product, make_purchase


@pytest.fixture
def window(transactional_db, owner, visitor):
    one = visitor(viewport={"width": 1280, "height": 900})
    one.sign_in("olga@teahouse.example", "steep-leaves-4")
    return one


def test_a_found_group_is_merged_as_chosen_and_parted(window):
    ada = make_customer(first_name="Ada", last_name="Byron", email="ada@example.com", city="Kiel")
    twin = make_customer(first_name="Ada", last_name="Byron", email="ada@example.com", city="Bonn")
    make_purchase(ada, 10)
    make_purchase(ada, 20)
    make_purchase(twin, 30)
    cases.open_case("Broken cup", customer=twin, text="In pieces", at=NOON)
    searching.run(searching.ask(None, at=timezone.now()).pk)
    page = window.page

    window.open("/customers/duplicates/")
    page.get_by_role("link", name="Ada Byron · Ada Byron").click()
    page.wait_for_url(f"**/customers/duplicates/{DuplicateGroup.objects.get().pk}/")
    expect(page.locator(f"[data-things='{twin.pk}']")).to_contain_text("1 case")
    expect(page.locator(f"[data-things='{twin.pk}']")).to_contain_text("will move to the record that stays")
    page.get_by_label("Bonn").check()
    page.get_by_role("button", name="Merge into one").click()

    expect(page.get_by_text("2 records are now one: Ada Byron.")).to_be_visible()
    window.open(f"/customers/{ada.public_id}/")
    expect(page.locator(".ck-facts")).to_contain_text("Bonn")
    expect(page.get_by_text("Broken cup").first).to_be_visible()
    assert ada.purchases.count() == 3
    page.get_by_role("button", name="Take back the merge of Ada Byron").click()
    expect(page.get_by_text("They are separate people again")).to_be_visible()
    assert sorted(Customer.objects.values_list("city", flat=True)) == ["Bonn", "Kiel"]
    assert (ada.purchases.count(), twin.purchases.count()) == (2, 1)
    window.open(f"/customers/{twin.public_id}/")
    expect(page.get_by_text("Broken cup").first).to_be_visible()
    assert window.problems == []


def test_on_a_phone_both_people_stand_beside_each_other_in_words(transactional_db, owner, visitor):
    for city in ("Kiel", "Bonn"):
        make_customer(
            first_name="Ada", last_name="Byron", email="ada.byron@example.com", city=city, language="de"
        )
    searching.run(searching.ask(None, at=timezone.now()).pk)
    phone = visitor(viewport={"width": 390, "height": 800})
    phone.sign_in("olga@teahouse.example", "steep-leaves-4")
    page = phone.page

    phone.open(f"/customers/duplicates/{DuplicateGroup.objects.get().pk}/")

    for label in ("Kiel", "Bonn", "German"):
        for one in page.locator("[data-merging] .form-check-label", has_text=label).all():
            box = one.bounding_box()
            assert box
            assert box["x"] + box["width"] <= 390
    assert page.get_by_label("German").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert barriers(page, set()) == []
    page.get_by_role("button", name="Merge into one").click()
    expect(page.get_by_text("You can take that back at the end of this page.")).to_be_visible()
    expect(page.get_by_text("2 records became one")).to_be_visible()
    assert phone.problems == []


def test_people_chosen_in_the_list_and_on_a_page_are_merged_and_parted(window):
    cup = make_product(sku="cup")
    ada = make_customer(first_name="Ada", last_name="Archer", email="", phone="", city="Kiel")
    bea = make_customer(first_name="Bea", last_name="Brook", city="Bonn")
    cleo = make_customer(first_name="Cleo", last_name="Castle", city="Ulm")
    make_purchase(bea, 30, product=cup)
    page = window.page

    # Two of the list; who stays is changed, and the values follow.
    window.open("/customers/")
    page.get_by_label("Choose Ada Archer").check()
    page.get_by_label("Choose Bea Brook").check()
    page.get_by_role("button", name="Merge…").click()
    page.wait_for_url("**/customers/merge/?**")
    expect(page.locator(f"[data-things='{bea.pk}']")).to_contain_text("stays here")
    assert barriers(page, set()) == []
    page.locator(f"input[name=survivor][value='{ada.pk}']").check()
    expect(page.locator(f"[data-things='{bea.pk}']")).to_contain_text("will move to the record that stays")
    expect(page.get_by_label("Kiel")).to_be_checked()
    page.get_by_role("button", name="Merge into one").click()
    expect(page.get_by_text("2 records are now one: Ada Archer.")).to_be_visible()
    expect(page.get_by_text("Merged from several records")).to_be_visible()
    assert (Customer.objects.count(), ada.purchases.count()) == (2, 1)

    # A third one, found by a search on the page of the first.
    page.get_by_role("link", name="Merge with…").click()
    page.locator("#with").fill("cleo")
    page.get_by_role("link", name="Compare with Cleo Castle").click()
    page.get_by_role("button", name="Merge into one").click()
    expect(page.get_by_text("2 records are now one: Ada Archer.")).to_be_visible()
    assert Customer.objects.get() == ada

    # And back, the younger merge first.
    for left in (2, 3):
        page.get_by_role("button", name="Take back the merge of Ada Archer").first.click()
        expect(page.get_by_text("They are separate people again")).to_be_visible()
        assert Customer.objects.count() == left
    assert bea.purchases.count() == 1
    assert Customer.objects.filter(pk=cleo.pk, city="Ulm").exists()
    assert window.problems == []
