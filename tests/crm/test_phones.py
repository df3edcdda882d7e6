from __future__ import annotations

import phonenumbers
import pytest

from crm import phones, plain_phones


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


def test_the_fast_way_agrees_with_the_library_on_numbers_of_every_region():
    told = 0
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        example = phonenumbers.example_number(region)
        for style in (phonenumbers.PhoneNumberFormat.INTERNATIONAL, phonenumbers.PhoneNumberFormat.NATIONAL):
            shown = phonenumbers.format_number(example, style)
            for text in (shown, shown[:-1], f"{shown}7", shown.replace("1", "0"), shown.replace("2", "9")):
                fast = plain_phones.international(text, region)
                told += bool(fast)
                assert fast in {"", in_full(text, region)}, (text, region)

    assert told > 1000  # Most numbers take the fast way.


def in_full(text: str, region: str) -> str:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return "not a number"
    if not phonenumbers.is_valid_number(number):
        return "not a number"
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@pytest.mark.parametrize(
    ("text", "country", "plain"),
    [
        ("020 911 2345", "Ireland", "+353209112345"),
        ("07700 900123", "GB", "+447700900123"),
        ("06 39 98 12 34", "France", "+33639981234"),
    ],
)
def test_numbers_kept_free_for_fiction_are_numbers(text, country, plain):
    assert phones.normalise(text, country) == plain


@pytest.mark.parametrize(("text", "country"), [("020 811 2345", "Ireland"), ("07700 80012", "GB")])
def test_their_neighbours_are_not(text, country):
    with pytest.raises(ValueError, match=text):
        phones.normalise(text, country)
