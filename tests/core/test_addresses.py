"""Addresses and telephone numbers as people of a country write them."""

import pytest
from django.utils import translation

from core.addresses import telephone, town


@pytest.mark.parametrize(
    ("language", "given", "said"),
    [
        ("en", {"postal_code": "6003", "city": "Luzern", "country": "CH"}, "6003 Luzern, Switzerland"),
        ("fr", {"postal_code": "6003", "city": "Luzern", "country": "CH"}, "6003 Luzern, Suisse"),
        ("en", {"postal_code": "W4 4GN", "city": "London", "country": "GB"}, "London W4 4GN, United Kingdom"),
        ("en", {"city": "Lyon"}, "Lyon"),
        ("en", {"postal_code": None, "city": "Nowhere", "country": "ZZQ"}, "Nowhere, ZZQ"),
        ("en", {}, ""),
    ],
)
def test_the_town_stands_as_its_country_writes_it(language: str, given: dict[str, str], said: str) -> None:
    with translation.override(language):
        assert town(given) == said


@pytest.mark.parametrize(
    ("typed", "country", "said"),
    [
        ("+33612345678", "", "+33 6 12 34 56 78"),
        ("0612345678", "FR", "+33 6 12 34 56 78"),
        ("020 7946 0018", "GB", "+44 20 7946 0018"),
        ("ask at the desk", "FR", "ask at the desk"),
        ("12", "XX", "12"),
        ("", "", ""),
    ],
)
def test_a_telephone_number_is_written_in_its_groups(typed: str, country: str, said: str) -> None:
    assert telephone(typed, country) == said
