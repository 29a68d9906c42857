"""Reads of stock: what is free where, and what can be promised."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from core.db import rows

AVAILABLE = """
SELECT s.variant_id, s.location_id, greatest(0, s.on_hand - s.safety - s.reserved - s.allocated) AS free
FROM inventory_stock s JOIN inventory_poollocation p ON p.location_id = s.location_id AND p.pool_id = %(pool)s
JOIN inventory_location l ON l.id = s.location_id
WHERE s.variant_id = ANY(%(variants)s) AND l.is_active AND 'ship' = ANY(l.can)
"""


def available(variant_ids: Sequence[UUID], pool_id: UUID) -> list[Any]:
    """Free units (variant_id, location_id, free) of variants at the pool's places that ship."""
    return rows(AVAILABLE, {"variants": list(variant_ids), "pool": pool_id})


def atp(variant_ids: Sequence[UUID], pool_id: UUID) -> dict[UUID, int]:
    """What a channel selling from the pool can promise of each variant now (domain.md §2.4)."""
    totals = dict.fromkeys(variant_ids, 0)
    for row in available(variant_ids, pool_id):
        totals[row.variant_id] += row.free
    return totals
