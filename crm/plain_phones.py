"""The usual phone numbers judged in microseconds, by the figures and rules of the library that knows all.

Every number that is not plain, or that these rules do not find valid, is the library's to judge.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberDesc

_PLAIN: Final = re.compile(r"\+?[0-9(][0-9 ().-]{4,24}[0-9]", re.ASCII)
_SIGNS: Final = str.maketrans("", "", " ().-")
_NAMES: Final = (
    "fixed_line",
    "mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
)

type Pattern = re.Pattern[str]


class Country(NamedTuple):
    """How numbers of one region look. `kinds` are (possible lengths, pattern) of mobile phones and so on."""

    code: str
    general: tuple[frozenset[int], Pattern]
    kinds: tuple[tuple[frozenset[int], Pattern], ...]
    leading: Pattern | None
    trunk: Pattern | None  # What is dialled before a national number: 0 in most countries.
    plain_trunk: bool
    abroad: Pattern | None

    def is_number(self, national: str) -> bool:
        return _fits(self.general, national) and any(_fits(kind, national) for kind in self.kinds)


def international(text: str, region: str | None) -> str:
    """`+441632960961` for a number that is surely valid; "" when it takes more to tell."""
    if not _PLAIN.fullmatch(text):
        return ""
    digits = text.translate(_SIGNS)
    if digits[0] == "+":
        code, national = _cut(digits[1:])
        home = _country(COUNTRY_CODE_TO_REGION_CODE[int(code)][0]) if code else None
    else:
        national = digits
        home = _country(region) if region else None
        if home and (national.startswith(home.code) or (home.abroad and home.abroad.match(national))):
            return ""
    if home is None or not (national := _without_trunk(national, home)):
        return ""
    return f"+{home.code}{national}" if _is_valid(national, home) else ""


def _cut(digits: str) -> tuple[str, str]:
    """Calling code and national number."""
    for length in (1, 2, 3):
        if digits[0] != "0" and int(digits[:length]) in COUNTRY_CODE_TO_REGION_CODE:
            return digits[:length], digits[length:]
    return "", ""


def _without_trunk(national: str, home: Country) -> str:
    found = home.trunk.match(national) if home.trunk else None
    if found is None:
        return national
    rest = national[found.end() :]
    return rest if home.plain_trunk and home.general[1].fullmatch(rest) else ""


def _is_valid(national: str, home: Country) -> bool:
    regions = COUNTRY_CODE_TO_REGION_CODE[int(home.code)]
    if len(regions) == 1:
        return home.is_number(national)
    for region in regions:
        one = _country(region)
        if one is None:
            continue
        if one.leading is None:
            if one.is_number(national):
                return True
        elif one.leading.match(national):
            return one.is_number(national)
    return False


def _fits(kind: tuple[frozenset[int], Pattern], national: str) -> bool:
    return (not kind[0] or len(national) in kind[0]) and kind[1].fullmatch(national) is not None


@cache
def _country(region: str) -> Country | None:
    known = PhoneMetadata.metadata_for_region(region, None)
    general = _kind(known.general_desc) if known else None
    if known is None or general is None:
        return None
    kinds = [_kind(getattr(known, name)) for name in _NAMES]
    trunk = re.compile(known.national_prefix_for_parsing) if known.national_prefix_for_parsing else None
    return Country(
        str(known.country_code),
        general,
        tuple(one for one in kinds if one),
        re.compile(known.leading_digits) if known.leading_digits else None,
        trunk,
        trunk is not None and not trunk.groups and not known.national_prefix_transform_rule,
        re.compile(known.international_prefix) if known.international_prefix else None,
    )


def _kind(known: PhoneNumberDesc | None) -> tuple[frozenset[int], Pattern] | None:
    if known is None or not known.national_number_pattern:
        return None
    return frozenset(known.possible_length), re.compile(known.national_number_pattern)
