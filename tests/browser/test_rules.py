"""A rule of three levels built by hand, and why one customer is in."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from segments import refresh
from segments.models import Segment
from tests.people import make_customer, make_purchase


def calm(page):
    """Until the tree is redrawn: what is changed meanwhile makes the older answer useless."""
    page.wait_for_selector(".htmx-request", state="detached")


def test_a_rule_of_three_levels_is_built_and_explained(visitor, owner):
    now = timezone.now()
    wanted = make_customer(first_name="Ida", last_name="Kern", country="Germany")
    for _ in range(3):
        make_purchase(wanted, at=now - timedelta(days=5))
    make_customer(country="Germany")
    make_purchase(make_customer(country="France"), at=now - timedelta(days=5))
    refresh.run(None, only=["features"])
    staff = visitor(viewport={"width": 390, "height": 844})
    staff.sign_in("olga@teahouse.example", "steep-leaves-4")
    page = staff.page

    # All of: country; at least one of: orders; none of: bought in the last two days.
    staff.open("/segments/new/")
    page.fill("#id_name", "Kept warm")
    page.select_option("#what-0\\.0", "field:country")
    calm(page)
    page.fill("#value-0\\.0", "germany")
    page.click("#group-into-0")
    calm(page)
    page.select_option("#what-0\\.1\\.0", "field:orders")
    calm(page)
    page.fill("#value-0\\.1\\.0", "2")
    page.click("#group-into-0\\.1")
    calm(page)
    page.select_option("#group-0\\.1\\.1", "none")
    calm(page)
    page.select_option("#what-0\\.1\\.1\\.0", "did:purchase")
    calm(page)
    page.select_option("#period-0\\.1\\.1\\.0", "days")
    calm(page)
    page.fill("#days-0\\.1\\.1\\.0", "2")
    page.wait_for_selector(".ck-preview:has-text('2 of 3 customers')")
    page.fill("#value-0\\.1\\.0", "9")
    page.click("#remove-0\\.1\\.1")
    calm(page)
    page.wait_for_selector(".ck-preview:has-text('0 of 3 customers')")
    page.wait_for_selector(".ck-doubt:has-text('No customer fits this line')")
    page.fill("#value-0\\.1\\.0", "2")
    page.wait_for_selector(".ck-preview:has-text('1 of 3 customers')")
    page.click("button[value=save]")
    page.wait_for_selector("h1:has-text('Kept warm')")
    assert Segment.objects.get().member_count == 1

    # Find the person, see why, keep her out, undo.
    page.fill("#find-person", "kern")
    page.click("#found-person a:has-text('Why?')")
    page.wait_for_selector("text=In the segment since")
    page.wait_for_selector(".ck-why-yes:has-text('Number of orders is at least 2'):has-text('here: 3')")
    page.click("text=Keep out by hand")
    page.wait_for_selector("text=Not in the segment, left on")
    assert Segment.objects.get().member_count == 0
    page.click("text=Undo: let the rule decide")
    page.wait_for_selector("text=In the segment since")
    assert Segment.objects.get().member_count == 1
    assert staff.problems == []
