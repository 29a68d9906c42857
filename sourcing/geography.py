"""Where a postal code lies, roughly: enough for distance, zones and the nearest store.

The tables beside this module hold centroids to about 0.1 degree: French departments, British postcode areas,
Swiss two-digit regions, and every ISO 3166 country for the rest.
"""

import csv
import math
from functools import cache
from pathlib import Path

Point = tuple[float, float]
"""Latitude and longitude in degrees, WGS 84."""

DATA = Path(__file__).parent / "data"
EARTH_RADIUS_KM = 6371.0088
LONGEST_PREFIX = 3


def locate(country: str, postal_code: str) -> Point | None:
    """The centre of the longest known prefix of the postal code, else of the country; None for an unknown country."""
    country = country.strip().upper()
    prefixes = _prefixes()
    code = _key(country, postal_code)
    for length in range(min(LONGEST_PREFIX, len(code)), 0, -1):
        point = prefixes.get((country, code[:length]))
        if point is not None:
            return point
    return _countries().get(country)


def kilometres(a: Point, b: Point) -> float:
    """Great-circle distance by the haversine formula, in kilometres."""
    lat_a, lon_a, lat_b, lon_b = map(math.radians, (*a, *b))
    half = math.sin((lat_b - lat_a) / 2) ** 2
    half += math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))


def known_countries() -> frozenset[str]:
    """ISO 3166-1 alpha-2 codes that `locate` knows."""
    return frozenset(_countries())


def _key(country: str, postal_code: str) -> str:
    """The part of a postal code that its area is looked up by: for Britain the letters it begins with."""
    code = "".join(postal_code.split()).upper()
    if country != "GB":
        return code
    letters = 0
    while letters < len(code) and code[letters].isalpha():
        letters += 1
    return code[:letters]


@cache
def _prefixes() -> dict[tuple[str, str], Point]:
    with (DATA / "postal_prefixes.csv").open(newline="", encoding="utf-8") as lines:
        return {
            (row["country"], row["prefix"]): (float(row["lat"]), float(row["lon"])) for row in csv.DictReader(lines)
        }


@cache
def _countries() -> dict[str, Point]:
    with (DATA / "countries.csv").open(newline="", encoding="utf-8") as lines:
        return {row["country"]: (float(row["lat"]), float(row["lon"])) for row in csv.DictReader(lines)}
