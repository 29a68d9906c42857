"""Made-up customers: names, addresses, telephone numbers and e-mail addresses in the shapes of each country."""

import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

DATA = Path(__file__).parent / "data"
DOMAINS = ("example.com", "example.net", "example.org")
INWARD_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
"""Letters that stand in the second half of a British postcode."""


@dataclass(frozen=True)
class Person:
    """One customer with one address."""

    email: str
    first_name: str
    last_name: str
    phone: str
    line1: str
    postal_code: str
    city: str
    country: str
    language: str


def people(random: Random, country: str, count: int) -> list[Person]:
    """`count` customers of a country, no two with the same e-mail address."""
    return [_person(random, country, number) for number in range(1, count + 1)]


def _person(random: Random, country: str, number: int) -> Person:
    source = _sources()[country]
    first, last = random.choice(source["first_names"]), random.choice(source["last_names"])
    city, code, _ = random.choices(source["towns"], [town[2] for town in source["towns"]])[0]
    house, street = random.randrange(1, 140), random.choice(source["streets"])
    digits = source["phone"].partition(":0")[2].partition("d")[0]
    return Person(
        email=f"{_plain(first)}.{_plain(last)}.{country.lower()}{number}@{random.choice(DOMAINS)}",
        first_name=first,
        last_name=last,
        phone=source["phone"].format(random.randrange(10 ** int(digits))),
        line1=_line(country, street, house),
        postal_code=_full_postcode(random, code) if country == "GB" else code,
        city=city,
        country=country,
        language="en" if country == "GB" else "fr",
    )


def _line(country: str, street: str, house: int) -> str:
    german = country == "CH" and street.endswith(("strasse", "gasse", "weg"))
    return f"{street} {house}" if german or street.startswith("via ") else f"{house} {street}"


def _full_postcode(random: Random, outward: str) -> str:
    return f"{outward} {random.randrange(1, 10)}{random.choice(INWARD_LETTERS)}{random.choice(INWARD_LETTERS)}"


def _plain(name: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return ascii_only.lower().replace(" ", "-").replace("'", "")


@cache
def _sources() -> dict[str, Any]:
    return tomllib.loads((DATA / "people.toml").read_text(encoding="utf-8"))
