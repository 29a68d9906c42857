"""What an order is judged against: channels, variants, prices, tax and currency rates, read for a whole set at once."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from accounting import rates
from core.db import rows

T = TypeVar("T")
FRESH = 5.0
"""Seconds that channels, tax rates and currency rates are remembered in a process."""
MOST_REMEMBERED = 512
"""Values kept at a time: past orders ask for the rates of every day there was."""

_memory: dict[Any, tuple[float, Any]] = {}


def remembered(key: Any, read: Callable[[], T]) -> T:
    """A value read at most every few seconds; a change to it acts soon, not at once. The oldest are dropped."""
    now = time.monotonic()
    known = _memory.get(key)
    if known is None or now - known[0] > FRESH:
        known = (now, read())
        _memory.pop(key, None)
        _memory[key] = known
        for oldest in list(_memory)[:-MOST_REMEMBERED]:
            _memory.pop(oldest, None)
    value: T = known[1]
    return value


def forget() -> None:
    """Drop what is remembered (after set-up, and between tests)."""
    _memory.clear()


def channels() -> dict[str, Any]:
    """Every channel by its code."""
    return remembered("channels", lambda: {c.code: c for c in rows("SELECT * FROM orders_channel")})


TAX_RATES = """
SELECT DISTINCT ON (country, tax_class_id) country, tax_class_id, c.code AS class_code, rate
FROM catalog_taxrate r JOIN catalog_taxclass c ON c.id = r.tax_class_id
WHERE valid_from <= %(day)s ORDER BY country, tax_class_id, valid_from DESC
"""


@dataclass(frozen=True, slots=True)
class TaxTable:
    """The rates of a day, by country and class."""

    by_class: dict[tuple[str, UUID], Decimal]
    standard: dict[str, Decimal]

    def rate(self, country: str, fallback: str, tax_class: UUID) -> Decimal | None:
        """The rate at the destination; where it is unknown, the seller's own country's."""
        found = self.by_class.get((country, tax_class))
        return found if found is not None else self.by_class.get((fallback, tax_class))

    def freight(self, country: str, fallback: str) -> Decimal:
        """Delivery is taxed at the standard rate (none where no country has one)."""
        return self.standard.get(country, self.standard.get(fallback, Decimal(0)))


def tax_table(day: date) -> TaxTable:
    """The tax rates in force on a day."""
    return remembered(("tax", day), lambda: _tax_table(day))


def _tax_table(day: date) -> TaxTable:
    found = rows(TAX_RATES, {"day": day})
    return TaxTable(
        {(r.country, r.tax_class_id): r.rate for r in found},
        {r.country: r.rate for r in found if r.class_code == "standard"},
    )


def fx_rate(currency: str, day: date) -> Decimal:
    """What one unit of the currency is worth in the functional currency on a day."""
    return remembered(("fx", currency, day), lambda: rates.rate_on(currency, day))


VARIANTS = """
SELECT v.id, v.sku, v.is_stocked, v.is_active, v.tax_class_id, v.weight_g, v.pre_order, p.names, p.code, x.price_list_id, x.amount
FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id
LEFT JOIN LATERAL (
    SELECT DISTINCT ON (price_list_id) price_list_id, amount FROM catalog_price
    WHERE variant_id = v.id AND price_list_id = ANY(%(lists)s::uuid[]) AND valid_from <= %(at)s
    ORDER BY price_list_id, valid_from DESC) x ON true
WHERE v.sku = ANY(%(skus)s::text[])
"""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The variants and prices that a set of orders speaks of."""

    variants: dict[str, Any]
    prices: dict[tuple[UUID, UUID], Decimal]

    def price(self, price_list: UUID | None, variant: UUID) -> Decimal | None:
        """The list price of a variant, if there is one."""
        return self.prices.get((price_list, variant)) if price_list else None


def catalogue(skus: Iterable[str], price_lists: Sequence[UUID], at: datetime) -> Catalogue:
    """Variants by SKU and their prices on the lists, in one statement."""
    found = rows(VARIANTS, {"skus": sorted(set(skus)), "lists": list(price_lists), "at": at})
    prices = {(row.price_list_id, row.id): row.amount for row in found if row.price_list_id}
    return Catalogue({row.sku: row for row in found}, prices)
