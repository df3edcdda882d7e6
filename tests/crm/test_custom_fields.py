from __future__ import annotations

import pytest

from crm import custom_fields
from crm.models import Customer, CustomField
from tests.people import make_customer


def parse(kind, text, **fields):
    return custom_fields.parse(CustomField(kind=kind, label="X", **fields), text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        (" 1234.5 ", 1234.5),
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("1,234", 1234),
        ("0,5", 0.5),
        ("-3", -3),
        ("1 000 000", 1_000_000),
        ("1e3", 1000),
        ("", None),
    ],
)
def test_numbers_are_read_as_people_write_them(text, value):
    assert parse("number", text) == value


@pytest.mark.parametrize("text", ["nan", "inf", "1e999", "twelve", "1-2", "--1", "٣", "1.2.3"])
def test_what_is_not_a_number_is_refused(text):
    with pytest.raises(ValueError, match="“"):
        parse("number", text)


@pytest.mark.parametrize(
    "text", ["2024-05-06", "2024/5/6", "6.5.2024", "2024年5月6日", "2024-05-06T10:00:00", "2024-05-06 10:00"]
)
def test_dates_are_stored_as_iso(text):
    assert parse("date", text) == "2024-05-06"


@pytest.mark.parametrize("text", ["2024-02-30", "5/6/2024", "yesterday", "20240506"])
def test_unclear_dates_are_refused(text):
    with pytest.raises(ValueError, match="not a date"):
        parse("date", text)


@pytest.mark.parametrize(("text", "value"), [("Yes", True), ("1", True), ("是", True), ("FALSE", False)])
def test_yes_and_no(text, value):
    assert parse("yes_no", text) is value


def test_perhaps_is_neither_yes_nor_no():
    with pytest.raises(ValueError, match="neither"):
        parse("yes_no", "perhaps")


def test_a_choice_takes_the_spelling_of_the_shop():
    assert parse("choice", "oolong", choices=["Green", "Oolong"]) == "Oolong"
    with pytest.raises(ValueError, match="Green, Oolong"):
        parse("choice", "coffee", choices=["Green", "Oolong"])


def test_very_long_texts_are_refused():
    with pytest.raises(ValueError, match="500"):
        parse("text", "x" * 501)


@pytest.mark.django_db
def test_keys_come_from_labels_and_are_free():
    CustomField.objects.create(key="shoe_size", label="Shoe size")

    assert custom_fields.new_key("Shoe size!") == "shoe_size_1"
    assert custom_fields.new_key("鞋码") == "field_1"


@pytest.mark.django_db
def test_removing_a_field_takes_its_values_along():
    field = CustomField.objects.create(key="size", label="Size", kind="number")
    both = make_customer(custom={"size": 3, "club": True})
    other = make_customer(custom={"club": False})

    emptied = custom_fields.remove(field)

    assert emptied == 1
    both.refresh_from_db()
    other.refresh_from_db()
    assert both.custom == {"club": True}
    assert other.custom == {"club": False}
    assert not CustomField.objects.exists()
    assert Customer.objects.count() == 2
