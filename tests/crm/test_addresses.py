from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from crm import addresses, phones
from crm.imports import parsing
from tests.reference import ISEMAIL, MOBILE_NUMBERS


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("  Ada@Example.COM ", "ada@example.com"),
        ("ada.byron+tea@example.com", "ada.byron+tea@example.com"),
        ("ａｄａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "ada@example.com"),
        ("ada@example。com", "ada@example.com"),
        ("\ufeffada@example.com\u200b", "ada@example.com"),
        ("\u3000ada@example.com\u00a0", "ada@example.com"),
        ("JOSÉ@example.com", "josé@example.com"),
        ("jose\u0301@example.com", "josé@example.com"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_one_address_has_one_form(written, stored):
    assert addresses.normalise(written) == stored
    assert addresses.normalise(stored) == stored


@pytest.mark.parametrize(
    "text",
    ["ada", "ada@", "@example.com", "a b@example.com", "a@b@example.com", "a@example.com\r\nBcc: b@c.de"],
)
def test_what_no_mail_can_reach_is_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        addresses.normalise(text)


@pytest.mark.skipif(not ISEMAIL.exists(), reason="the address corpus is not on this machine")
def test_the_edge_cases_of_isemail_are_judged_as_their_authors_do():
    tree = ElementTree.parse(ISEMAIL)
    cases = [(case.findtext("address") or "", case.findtext("category")) for case in tree.iter("test")]
    cases = [("".join(_control(sign) for sign in text), category) for text, category in cases]

    refused = [
        text for text, kind in cases if kind == "ISEMAIL_VALID_CATEGORY" and not addresses.is_valid(text)
    ]
    accepted = [text for text, kind in cases if kind == "ISEMAIL_ERR" and addresses.is_valid(text)]
    imported = [text for text, kind in cases if kind == "ISEMAIL_ERR" and _imported(text)]

    assert len(cases) == 279
    assert (refused, accepted, imported) == ([], [], [])


@pytest.mark.skipif(not MOBILE_NUMBERS.exists(), reason="the list of numbers is not on this machine")
def test_every_country_s_example_of_a_mobile_number_is_valid_at_home():
    examples = json.loads(MOBILE_NUMBERS.read_text())

    stored = {country: phones.normalise(number, country) for country, number in examples.items()}

    assert len(stored) == 245
    assert [country for country, number in stored.items() if not number.startswith("+")] == []
    assert [number for number in stored.values() if phones.normalise(number) != number] == []


def _control(sign: str) -> str:
    """The list writes control characters as pictures of themselves."""
    return chr(ord(sign) - 0x2400) if 0x2400 <= ord(sign) <= 0x2420 else sign


def _imported(text: str) -> bool:
    try:
        return bool(parsing.email(text))
    except parsing.Bad:
        return False
