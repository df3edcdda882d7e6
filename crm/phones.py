"""Phone numbers in the one international form (E.164), read with the customer's country in mind."""

from __future__ import annotations

import re
from functools import cache, lru_cache

import phonenumbers
from babel.core import Locale

from crm import plain_phones

# Kept free for films and examples by ComReg, Ofcom and Arcep; invented people have these.
FICTION = re.compile(r"\+3532091\d{5}|\+447700900\d{3}|\+33[67]3998\d{4}")


@cache
def _regions() -> dict[str, str]:
    names = {region.casefold(): region for region in phonenumbers.SUPPORTED_REGIONS}
    for language in ("en", "zh_Hans", "de", "fr", "es"):
        for region, name in Locale.parse(language).territories.items():
            if region in phonenumbers.SUPPORTED_REGIONS:
                names.setdefault(name.casefold(), region)
    names |= {"usa": "US", "uk": "GB", "great britain": "GB", "eire": "IE", "中国大陆": "CN"}
    return names


@lru_cache(maxsize=2000)
def region(country: str) -> str | None:
    """The two-letter code of a country given by code or name; None when unknown."""
    return _regions().get(country.strip().casefold())


def normalise(text: str, country: str = "") -> str:
    """`+441632960961` where the number is valid; ValueError when it surely is not a phone number.

    A national number without a known country cannot be judged: it is kept as typed.
    """
    text = text.strip()
    if not text:
        return ""
    home = region(country)
    if plain := plain_phones.international(text, home):
        return plain
    try:
        number = phonenumbers.parse(text, home)
    except phonenumbers.NumberParseException as error:
        wants_country = error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE
        if wants_country and home is None and not text.startswith("+") and _looks_dialled(text):
            return text
        raise ValueError(text) from error
    plain = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    if not phonenumbers.is_valid_number(number) and not FICTION.fullmatch(plain):
        raise ValueError(text)
    return plain


def _looks_dialled(text: str) -> bool:
    digits = sum(sign.isdigit() for sign in text)
    return 5 <= digits <= 15 and all(sign.isdigit() or sign in " -/().·" for sign in text)
