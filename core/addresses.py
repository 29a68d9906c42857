"""Addresses and telephone numbers as people of a country write them."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import phonenumbers
from babel import Locale

from core.locales import locale

TOWN_FIRST = frozenset({"GB", "IE", "US", "CA", "AU", "NZ"})
"""Countries that write the postcode after the town."""


def country_name(code: str) -> str:
    """A country in the reader's language; a code that is none, as it is."""
    return str(Locale.parse(locale()).territories.get(code, code))


def town_lines(address: Mapping[str, Any]) -> list[str]:
    """Town with postcode, and the country; what is empty is left out."""
    code, place, country = (str(address.get(part) or "").strip() for part in ("postal_code", "city", "country"))
    written = f"{place} {code}" if country in TOWN_FIRST else f"{code} {place}"
    return [line for line in (written.strip(), country_name(country)) if line]


def town(address: Mapping[str, Any]) -> str:
    """The last line of an address: `69002 Lyon, France`, `London W4 4GN, United Kingdom`."""
    return ", ".join(town_lines(address))


@lru_cache(maxsize=4096)
def telephone(text: str, country: str = "") -> str:
    """A number in its groups, from the country on: `+33 6 12 34 56 78`; as it was written when it is none."""
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return text
    if not phonenumbers.is_possible_number(number):
        return text
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))
