"""What a clerk sees while taking an order: what can be had where and when, and products by name or number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from core.db import rows
from inventory.selectors import available
from sourcing.promise import Promise, promise
from sourcing.selectors import preferred

MOST_FOUND = 8


@dataclass(frozen=True, slots=True)
class Place:
    """Units of a variant that can be had from one place, and when they would arrive."""

    name: str
    free: int
    promise: Promise | None


def places(
    variant_ids: Sequence[UUID], channel: Any, *, country: str, postal_code: str, service: str, at: datetime
) -> dict[UUID, list[Place]]:
    """Per variant the places that have it, the one that would send it first."""
    order = {place: i for i, place in enumerate(preferred(channel.pool_id, country, postal_code, service))}
    found = [r for r in available(variant_ids, channel.pool_id) if r.free > 0 and r.location_id in order]
    names = {
        r.id: r.name
        for r in rows(
            "SELECT id, name FROM inventory_location WHERE id = ANY(%(ids)s)",
            {"ids": sorted({r.location_id for r in found})},
        )
    }
    told: dict[UUID, list[Place]] = {}
    promises = {place: promise([place], service, country, postal_code, at) for place in names}
    for row in sorted(found, key=lambda r: order[r.location_id]):
        told.setdefault(row.variant_id, []).append(Place(names[row.location_id], row.free, promises[row.location_id]))
    return told


SEARCH = """
SELECT v.id, v.sku, v.barcode, p.names, pr.amount
FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id
LEFT JOIN LATERAL (
    SELECT amount FROM catalog_price WHERE variant_id = v.id AND price_list_id = %(list)s AND valid_from <= now()
    ORDER BY valid_from DESC LIMIT 1) pr ON true
WHERE v.is_active AND (v.sku ILIKE %(start)s OR v.barcode = %(q)s OR p.names::text ILIKE %(middle)s)
ORDER BY v.sku ILIKE %(start)s DESC, v.sku LIMIT %(most)s
"""


def products(text: str, channel: Any) -> list[Any]:
    """Variants whose SKU begins with, whose barcode is, or whose name contains the text."""
    text = text.strip()
    if len(text) < 2:
        return []
    plain = text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    params = {
        "q": text,
        "start": f"{plain}%",
        "middle": f"%{plain}%",
        "list": channel.price_list_id,
        "most": MOST_FOUND,
    }
    return rows(SEARCH, params)
