from __future__ import annotations

import pytest

from crm import phones


@pytest.mark.parametrize(
    ("text", "country", "stored"),
    [
        ("030 901820", "Germany", "+4930901820"),
        ("030 901820", "DE", "+4930901820"),
        ("030 901820", "deutschland", "+4930901820"),
        ("138 0013 8000", "中国", "+8613800138000"),
        ("+49 30 901820", "", "+4930901820"),
        ("020 7946 0958", "UK", "+442079460958"),
        ("", "Germany", ""),
    ],
)
def test_valid_numbers_get_one_international_form(text, country, stored):
    assert phones.normalise(text, country) == stored


def test_a_national_number_without_a_country_stays_as_typed():
    assert phones.normalise("030 901820", "Atlantis") == "030 901820"


@pytest.mark.parametrize(
    ("text", "country"), [("12", "Germany"), ("call me", ""), ("+999 1", ""), ("12", "")]
)
def test_what_cannot_be_a_number_is_refused(text, country):
    with pytest.raises(ValueError, match=r".+"):
        phones.normalise(text, country)
