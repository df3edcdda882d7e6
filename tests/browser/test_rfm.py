"""The shop's own RFM map by hand, refused and accepted; and a persona on one page of paper."""

from __future__ import annotations

import re
from datetime import timedelta

from django.utils import timezone

from segments import refresh
from segments.models import RfmChoice, Segment
from tests.people import make_customer, make_purchase


def test_an_own_map_is_refused_with_a_hole_and_accepted_whole(visitor, owner):
    for n in range(12):
        make_purchase(make_customer(), 10 + n, at=timezone.now() - timedelta(days=n))
    refresh.run(None)
    staff = visitor(viewport={"width": 1280, "height": 900})
    staff.sign_in("olga@teahouse.example", "steep-leaves-4")
    page = staff.page

    # A new group in one cell, and another cell left empty.
    staff.open("/segments/rfm/groups/own/")
    page.fill("input[aria-label='Name of group K']", "Rare birds")
    page.select_option("select[name=cell-5-2]", label="K Rare birds")
    page.select_option("select[name=cell-3-2]", "")
    assert page.inner_text("td:has(select[name=cell-5-2])").splitlines()[0] == "K Rare birds"
    assert page.locator("td:has(select[name=cell-5-2])").get_attribute("class") == "ck-own-2"
    page.click("text=Save and use these groups")
    page.wait_for_selector("text=These cells have no group yet: recency 3 / frequency 2.")
    assert page.input_value("input[aria-label='Name of group K']") == "Rare birds"
    assert not RfmChoice.objects.filter(names="own").exists()

    # On a phone too each cell shows the whole name of its group, also while the name is typed.
    page.set_viewport_size({"width": 390, "height": 844})
    page.fill("input[aria-label='Name of group C']", "Hibernating for very long")
    shown = page.locator(".ck-own-group")
    chosen = page.locator(".ck-own select").evaluate_all(
        "all => all.map((one) => one.selectedOptions[0].text)"
    )
    assert shown.all_inner_texts() == chosen
    assert "C Hibernating for very long" in chosen
    assert shown.evaluate_all("all => all.filter((one) => one.scrollWidth > one.clientWidth + 1).length") == 0
    page.fill("input[aria-label='Name of group C']", "Potential loyalists")
    page.set_viewport_size({"width": 1280, "height": 900})

    # The hole filled: taken, and in force with the next refresh.
    page.select_option("select[name=cell-3-2]", label="A Champions")
    page.click("text=Save and use these groups")
    page.wait_for_selector("text=Saved. A refresh puts everybody into your groups.")
    staff.settle()  # The panels of the page would be cut off, and complain.
    refresh.run(None)
    staff.open("/segments/rfm/")
    assert page.locator(".ck-rfm td", has_text="Rare birds").count() == 1
    assert [one for one in staff.problems if "422" not in one] == []


def test_a_persona_fits_on_one_page_of_paper_in_both_languages(visitor, owner):
    for n in range(30):
        customer = make_customer(
            gender="fm"[n % 2], city="Galway", country="Ireland", language="en", birth_date="1985-05-05"
        )
        for day in range(4):
            make_purchase(customer, 10 + n, at=timezone.now() - timedelta(days=n * 5 + day), channel="shop")
    rule = {"all": [{"field": "gender", "op": "is", "value": "f"}]}
    Segment.objects.create(slug="ladies", name="Ladies", rule=rule)
    refresh.run(None)
    staff = visitor(viewport={"width": 1280, "height": 900})
    staff.sign_in("olga@teahouse.example", "steep-leaves-4")

    for language, words in (("en", "How to treat them"), ("zh-hans", "如何对待他们")):
        staff.open(f"/segments/persona/?segment=ladies&lang={language}")
        printed = staff.page.pdf(prefer_css_page_size=True)
        assert staff.page.locator("h2", has_text=words).is_visible()
        assert len(re.findall(rb"/Type\s*/Page[^s]", printed)) == 1
        staff.page.emulate_media(media="print")
        assert not staff.page.locator(".ck-rail").is_visible()
        assert not staff.page.locator("[data-print]").is_visible()
        staff.page.emulate_media(media="null")

    assert staff.problems == []
