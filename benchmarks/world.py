"""A company of the size that benchmarks need: 10,000 SKUs in four warehouses, customers near each of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import uuid4

from capture import references
from core.actors import SYSTEM
from core.db import rows, run
from core.ids import new_id
from inventory.models import Location
from inventory.services import In, receive
from sourcing.models import RateCard
from sourcing.network import forget
from tests.factories.world import make_catalog, make_channel, make_location, make_pool, make_price_list, make_rate_cards

SKUS = 10_000
HOT = "BENCH-00000"
UNITS = 100_000
"""Of each SKU in each place, and ten times as many of the hot one: nothing runs out."""
OUT = "BENCH-OUT"
"""A SKU that nobody has on stock."""
CHUNK = 4_000


@dataclass(frozen=True)
class Region:
    """Where a customer lives; the warehouse there is the nearest."""

    code: str
    postal_code: str
    city: str


REGIONS = (
    Region("LYON", "69001", "Lyon"),
    Region("PARIS", "75004", "Paris"),
    Region("LILLE", "59800", "Lille"),
    Region("BORDEAUX", "33000", "Bordeaux"),
)

VARIANTS = """
WITH made AS (
    INSERT INTO catalog_product (id, code, names, category)
    SELECT gen_random_uuid(), 'BENCH-' || n, '{"en": "Scented candle", "fr": "Bougie"}', 'light'
    FROM generate_series(0, %(skus)s / 10) AS n RETURNING id, code)
INSERT INTO catalog_variant (id, product_id, sku, barcode, weight_g, length_mm, width_mm, height_mm, standard_cost,
                             tax_class_id, hs_code, origin, is_stocked, is_active)
SELECT gen_random_uuid(), made.id, w.sku, '', 200, 0, 0, 0, 2, c.id, '', 'FR', true, true
FROM unnest(%(names)s::text[]) WITH ORDINALITY AS w(sku, n)
JOIN made ON made.code = 'BENCH-' || (w.n - 1) / 10 CROSS JOIN catalog_taxclass c
"""
PRICES = """
INSERT INTO catalog_price (id, price_list_id, variant_id, amount, valid_from)
SELECT gen_random_uuid(), l.id, v.id, 6, '2020-01-01' FROM catalog_variant v CROSS JOIN catalog_pricelist l
WHERE v.sku LIKE 'BENCH-%%'
"""


def sku(number: int) -> str:
    """The nth SKU, from 0; the first is the hot one."""
    return f"BENCH-{number:05d}"


def big_world(*, skus: int = SKUS, tender: str = "card") -> None:
    """Make it, with opening stock by real movements, and let the planner know how large things are."""
    places = [
        make_location(f"DC-{r.code}", f"{r.city} warehouse", Location.Kind.WAREHOUSE, r.postal_code, r.city)
        for r in REGIONS
    ]
    pool = make_pool("europe", *places)
    prices = make_price_list(make_catalog())
    make_rate_cards()
    RateCard.objects.update(cost_per_km=Decimal("0.01"))
    make_channel("web", pool, prices, tender=tender)
    run(VARIANTS, {"skus": skus, "names": [*(sku(n) for n in range(skus)), OUT]})
    run(PRICES)
    _open_stock(places)
    run("ALTER SEQUENCE orders_number RESTART WITH 1000001")
    run("ANALYZE")
    forget()
    references.forget()


def _open_stock(places: Sequence[Location]) -> None:
    found = rows("SELECT id, sku FROM catalog_variant WHERE sku ~ '^BENCH-[0-9]' ORDER BY id")
    for place in places:
        for start in range(0, len(found), CHUNK):
            units = [In(v.id, place.pk, UNITS * (10 if v.sku == HOT else 1)) for v in found[start : start + CHUNK]]
            receive(units, source=new_id(), actor=SYSTEM, note="Opening stock", opening=True)


def body(chosen: Sequence[str], region: Region | None = None, *, quantity: int = 1) -> dict[str, Any]:
    """An order of a new customer, paid by card."""
    region = region or random.choice(REGIONS)
    name = uuid4().hex
    return {
        "channel": "web",
        "customer": {"email": f"{name}@example.com", "first_name": "Anne", "last_name": "Bertin"},
        "shipping_address": {
            "name": "Anne Bertin",
            "line1": "1 rue du Port",
            "postal_code": region.postal_code,
            "city": region.city,
            "country": "FR",
        },
        "lines": [{"sku": one, "quantity": quantity} for one in chosen],
        "payments": [{"tender": "card", "amount": total(len(chosen) * quantity), "token": "tok_visa"}],
    }


def total(units: int) -> str:
    """What an order comes to: each unit costs 6.00, delivery 4.90, tax included."""
    return str(6 * units + Decimal("4.90"))


def three(skus: int = SKUS) -> list[str]:
    """Three different SKUs by chance, one from each third."""
    third = skus // 3
    return [sku(random.randrange(n * third, (n + 1) * third)) for n in range(3)]
