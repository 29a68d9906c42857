"""Telephone numbers: written in any way, kept in one, so that any other way of writing them finds them."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

from core.search.terms import PHONE, PHONE_END

FEWEST = 6
"""Digits that make a telephone number rather than any other."""
ALLOWED = frozenset("0123456789 +-./()\u00a0\u202f")


@dataclass(frozen=True, slots=True)
class Asked:
    """A telephone number as typed: terms that it is, beginnings and an end of terms that it may be a part of."""

    exact: tuple[str, ...]
    beginnings: tuple[str, ...]
    end: str


def phone_terms(text: str, *regions: str) -> list[str]:
    """What a number on file is found by: from its country on, and from its end on.

    `regions` are the countries (FR, GB …) whose number it may be when it does not say; the first that fits is taken.
    """
    full = next(iter(_full(text, regions)), "")
    digits = full or _bare(text)
    if len(digits) < FEWEST:
        return []
    return [*([PHONE + full] if full else []), PHONE_END + digits[::-1]]


def asked_phone(text: str, regions: Iterable[str]) -> Asked | None:
    """The number that somebody typed, whole or its last or first digits; None when it is no number."""
    bare = _bare(text)
    if not FEWEST <= len(bare) <= 20 or not set(text) <= ALLOWED:
        return None
    regions = tuple(regions)
    exact = [PHONE + number for number in _full(text, regions)]
    # A number on file without a country ends as this one does, or is its end.
    ends = [PHONE_END + bare[::-1][:length] for length in range(8, len(bare) + 1)]
    codes = [] if text.strip().startswith(("+", "00")) else [_code(region) for region in regions]
    beginnings = [PHONE + code + bare for code in dict.fromkeys(codes)] or [PHONE + bare]
    return Asked(tuple(exact + ends), tuple(beginnings), PHONE_END + bare[::-1])


def _bare(text: str) -> str:
    """The digits, without what is only dialled before them."""
    return "".join(c for c in text.replace("(0)", "") if c in "0123456789").lstrip("0")


def _full(text: str, regions: Iterable[str]) -> list[str]:
    """The digits from the country on, for each country where the number is one."""
    return list(dict.fromkeys(digits for region in [*regions, ""] if (digits := _parsed(text, region))))


@lru_cache(maxsize=10_000)
def _parsed(text: str, region: str) -> str:
    try:
        number = phonenumbers.parse(text.replace("(0)", ""), region or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)).lstrip("+")


def _code(region: str) -> str:
    return str(phonenumbers.country_code_for_region(region) or "")
