"""A file with mistakes, corrected by the shop until every row is in, and taken back."""

from __future__ import annotations

import csv
import re

from crm.models import Customer, ImportBatch
from tests.people import make_customer

FILE = (
    "Customer ID,Email,First name,City\n"
    "1,ada@example.com,Augusta,London\n"
    "2,ben at example.com,Ben,Cork\n"
    "3,clara@example.com,Clara,Rome\n"
    "4,fang@@example.com,Fang,Xiamen\n"
)


def bring(page, path):
    """Choose the file and go through its columns to the end of the import."""
    page.goto("/imports/new/")
    page.check("input[name=kind][value=customers]")
    page.set_input_files("input[type=file]", path)
    page.click("main form button.btn-primary")
    page.wait_for_url("**/columns/")
    page.click("text=Check the rows")
    page.wait_for_url("**/check/")
    page.click("main form button.btn-primary")
    page.wait_for_url(re.compile(r"/imports/\d+/$"))
    page.wait_for_selector("dl.ck-figures")


def undo(page, number):
    page.goto(f"/imports/{number}/")
    page.click("text=Undo…")
    page.wait_for_url("**/undo/")
    page.click("main form button.btn-danger")
    page.wait_for_url(re.compile(rf"/imports/{number}/$"))
    page.wait_for_selector("text=As before")


def test_a_file_with_mistakes_is_repaired_until_all_rows_are_in_and_taken_back(visitor, owner, tmp_path):
    ada = make_customer(external_id="1", email="ada@example.com", first_name="Ada", city="Paris")
    staff = visitor(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    staff.sign_in("olga@teahouse.example", "steep-leaves-4")
    page = staff.page
    path = tmp_path / "people.csv"
    path.write_text(FILE)

    # Two rows come in, two are left aside with their reasons.
    bring(page, path)
    assert sorted(Customer.objects.values_list("external_id", flat=True)) == ["1", "3"]
    page.click("dl.ck-figures a.text-danger")
    page.wait_for_url("**/problems/")
    told = page.inner_text("main")
    assert "ben at example.com" in told
    assert "fang@@example.com" in told
    page.go_back()

    # They are corrected in the file that holds them, and it comes back.
    with page.expect_download() as coming:
        page.click("text=Rows to correct")
    repaired = tmp_path / coming.value.suggested_filename
    coming.value.save_as(repaired)
    rows = list(csv.reader(repaired.read_text("utf-8-sig").splitlines()))
    assert [row[:2] for row in rows[1:]] == [["2", "ben at example.com"], ["4", "fang@@example.com"]]
    assert all(row[-1] for row in rows[1:])
    text = repaired.read_text("utf-8-sig")
    repaired.write_text(text.replace("ben at ", "ben@").replace("@@", "@"), "utf-8-sig")
    bring(page, repaired)
    people = dict(Customer.objects.values_list("external_id", "city"))
    assert people == {"1": "London", "2": "Cork", "3": "Rome", "4": "Xiamen"}

    # Both are taken back, the newer first.
    for number in ImportBatch.objects.order_by("-pk").values_list("pk", flat=True):
        undo(page, number)
    assert list(Customer.objects.values_list("pk", "first_name", "city")) == [(ada.pk, "Ada", "Paris")]
    assert staff.problems == []


def test_what_stands_in_the_way_of_undoing_is_shown_with_the_people_behind_it(visitor, owner, tmp_path):
    staff = visitor(viewport={"width": 390, "height": 800})
    staff.sign_in("olga@teahouse.example", "steep-leaves-4")
    page = staff.page
    path = tmp_path / "people.csv"
    path.write_text("Customer ID,Email,First name\n1,ada@example.com,Ada\n2,ben@example.com,Ben\n")
    bring(page, path)
    Customer.objects.update(city="Rome")

    page.click("text=Undo…")
    page.click("text=2 customers")
    page.wait_for_url("**/undo/rows/**")

    assert page.inner_text("main li:first-child a") == "Ada"
    assert not page.is_visible("main form")
    page.click("main a:has-text('Ben')")
    page.wait_for_url("**/customers/**")
    assert staff.problems == []
