"""The 500 variants of the demo company, put together from families and their colours, scents and sizes."""

import csv
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path

from oms.demo.company import company

DATA = Path(__file__).parent / "data"
GTIN_PREFIX = "200"
"""GS1 keeps the prefixes 200 to 299 for use inside one company: such a number can never be somebody's real article."""


@dataclass(frozen=True)
class Category:
    """One shelf of the shop; `share` is its part of sales, `return_rate` the part of its units that comes back."""

    code: str
    names: dict[str, str]
    share: int
    return_rate: float


@dataclass(frozen=True, eq=False)
class Variant:
    """One thing that is stocked and sold. Weights in grams, sizes in millimetres, prices with tax per currency."""

    sku: str
    product: str
    category: str
    product_names: dict[str, str]
    option_names: dict[str, str]
    gtin: str
    weight_g: int
    length_mm: int
    width_mm: int
    height_mm: int
    prices: dict[str, Decimal]
    cost_eur: Decimal
    tax_class: str
    hs_code: str
    origin: str
    flags: frozenset[str]
    vendor: str

    def name(self, language: str) -> str:
        """The name people read, such as "Linen cushion, sage"."""
        return f"{self.product_names[language]}, {self.option_names[language]}"


@cache
def categories() -> tuple[Category, ...]:
    """All categories, in the order of the shop."""
    return tuple(
        Category(row["code"], _names(row), int(row["share"]), float(row["return_rate"])) for row in _table("categories")
    )


@cache
def variants() -> tuple[Variant, ...]:
    """All variants, in the order of the data file; the same on every call."""
    options = {row["key"]: _names(row) for row in _table("options")}
    found: list[Variant] = []
    for family in _table("families"):
        tokens = family["options"].partition(":")[2].split("/")
        for position, token in enumerate(tokens, start=1):
            found.append(_variant(family, token, position, len(found) + 1, options))
    return tuple(found)


def gtin13(body: str) -> str:
    """A GTIN-13 from its first twelve digits: the GS1 check digit is appended (weights 1 and 3 from the left)."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return f"{body}{-total % 10}"


def _variant(
    family: dict[str, str], token: str, position: int, number: int, options: dict[str, dict[str, str]]
) -> Variant:
    option, _, factor_text = token.partition("*")
    factor = Decimal(factor_text or "1")
    price = shop_price(Decimal(family["price_eur"]) * factor)
    flags = family["flags"].split()
    vendor = next((flag.removeprefix("vendor:") for flag in flags if flag.startswith("vendor:")), "")
    return Variant(
        sku=f"{family['code']}-{position:02d}",
        product=family["code"],
        category=family["category"],
        product_names=_names(family),
        option_names=options.get(option, {"fr": option, "en": option}),
        gtin=gtin13(f"{GTIN_PREFIX}{number:09d}"),
        weight_g=int(int(family["weight_g"]) * factor),
        length_mm=int(family["length_mm"]),
        width_mm=int(family["width_mm"]),
        height_mm=int(family["height_mm"]),
        prices=_prices(price),
        cost_eur=(price / Decimal("1.2") * Decimal(family["cost_share"])).quantize(Decimal("0.01"), ROUND_HALF_UP),
        tax_class=family["tax_class"],
        hs_code=family["hs_code"],
        origin=family["origin"],
        flags=frozenset(flag for flag in flags if not flag.startswith("vendor:")),
        vendor=vendor,
    )


def shop_price(amount: Decimal) -> Decimal:
    """The nearest price that a shop would print: under 10 to ten cents, above to the next .90 below or whole."""
    if amount < 10:
        return amount.quantize(Decimal("0.1"), ROUND_HALF_UP).quantize(Decimal("0.01"))
    whole = amount.quantize(Decimal(1), ROUND_HALF_UP)
    return whole.quantize(Decimal("0.01")) if amount >= 50 else whole - Decimal("0.10")


def _prices(eur: Decimal) -> dict[str, Decimal]:
    factors = {code: Decimal(rate["price_factor"]) for code, rate in company()["currency_rates"].items()}
    return {"EUR": eur} | {code: shop_price(eur * factor) for code, factor in factors.items()}


def _names(row: dict[str, str]) -> dict[str, str]:
    return {"fr": row["name_fr"], "en": row["name_en"]}


def _table(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))
