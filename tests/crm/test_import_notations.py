"""Moments and figures as programs write them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from crm.imports import parsing
from crm.models import Purchase
from tests.crm.importing import bring_text, outcomes

HEAD = "Order ID,Email,Date,Amount\n"
db = pytest.mark.django_db


def at(cell: str) -> datetime:
    return parsing.moment(cell, parsing.family(cell), ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize("cell", ["1735689600", "1735689600000", "20250101T000000Z", "20250101T010000+0100"])
def test_a_moment_as_programs_write_it(cell):
    assert at(cell) == datetime(2025, 1, 1, tzinfo=UTC)


def test_the_days_of_a_spreadsheet_are_the_shops():
    assert at("45658") == datetime(2024, 12, 31, 23, tzinfo=UTC)
    assert at("45658.5") == datetime(2025, 1, 1, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cell", "sign", "value"),
    [
        ("1.250e+03", ".", "1250"),
        ("1,25E+03", ",", "1250"),
        ("-4.5e-01", ".", "-0.45"),
        ("1.234e+00", ".", "1.234"),
    ],
)
def test_a_figure_in_scientific_notation(cell, sign, value):
    assert parsing.number_style(cell) == sign
    assert parsing.decimal(cell, sign) == Decimal(value)


def test_a_figure_in_scientific_notation_may_be_too_large():
    with pytest.raises(parsing.Bad, match="too_large"):
        parsing.decimal("1.2e+45", ".")


def test_a_code_with_an_e_is_no_figure():
    assert parsing.number_style("1E5") == ""


@db
@pytest.mark.parametrize(
    ("first", "second"),
    [("1735689600", "1735776000"), ("45658", "45659"), ("20250101T000000Z", "20250102T000000Z")],
)
def test_a_file_with_such_moments_comes_in(shop, tmp_path, first, second):
    text = f"{HEAD}A1,ada@example.com,{first},1.250e+03\nA2,li@example.com,{second},2.0e+01\n"

    found = bring_text(tmp_path, "purchases", text)

    assert (outcomes(found), found["charged"]) == ({"created": 2}, "1270.00")
    assert (
        Purchase.objects.get(key="order:A2").bought_at - Purchase.objects.get(key="order:A1").bought_at
    ).days == 1


@db
def test_figures_of_which_some_are_no_days_are_not_taken_for_days(shop, tmp_path):
    text = f"{HEAD}A1,ada@example.com,45658,10\nA2,li@example.com,7,20\n"

    found = bring_text(tmp_path, "purchases", text)

    assert (outcomes(found), found["reasons"]) == ({"rejected": 2}, {"date_style": 1, "bad_date": 1})
