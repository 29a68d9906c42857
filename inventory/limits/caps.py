"""Caps at work: most that a channel may sell of a variant, whichever place it comes from."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from core.db import require_atomic, rows, run
from core.ids import new_id


@dataclass(frozen=True, slots=True)
class Sale:
    """Units of a variant that a demand takes through a channel."""

    demand_key: UUID
    variant_id: UUID
    channel_id: UUID
    quantity: int


CAPS = """
SELECT id, variant_id, channel_id, most - used AS units FROM inventory_cap
WHERE (variant_id, channel_id) IN (SELECT * FROM unnest(%(variants)s::uuid[], %(channels)s::uuid[]))
ORDER BY id FOR NO KEY UPDATE
"""
COUNT = """
INSERT INTO inventory_capdraw (id, cap_id, demand_key, quantity)
SELECT * FROM unnest(%(ids)s::uuid[], %(caps)s::uuid[], %(keys)s::uuid[], %(units)s::int[])
ON CONFLICT (demand_key, cap_id) DO UPDATE SET quantity = inventory_capdraw.quantity + excluded.quantity
"""


def lock(sales: Sequence[tuple[UUID, UUID]]) -> None:
    """Lock the caps of these (variant, channel), for a caller who locks supply before the sales are counted."""
    require_atomic()
    rows(CAPS, {"variants": [variant for variant, _ in sales], "channels": [channel for _, channel in sales]})


def count(sales: Sequence[Sale]) -> list[UUID]:
    """Count sales against their channels' caps, where there are any, after their stock rows are locked.

    Returns the variants of which too few may still be sold: nothing is counted then.
    """
    require_atomic()
    if not sales:
        return []
    asked = {"variants": [s.variant_id for s in sales], "channels": [s.channel_id for s in sales]}
    caps = {(cap.variant_id, cap.channel_id): cap for cap in rows(CAPS, asked)}
    counted = [(caps[key], sale) for sale in sales if (key := (sale.variant_id, sale.channel_id)) in caps]
    wanted: dict[UUID, int] = defaultdict(int)
    for cap, sale in counted:
        wanted[cap.id] += sale.quantity
    over = [cap.variant_id for cap in caps.values() if 0 < wanted[cap.id] > cap.units]
    if counted and not over:
        run(
            COUNT,
            {
                "ids": [new_id() for _ in counted],
                "caps": [cap.id for cap, _ in counted],
                "keys": [sale.demand_key for _, sale in counted],
                "units": [sale.quantity for _, sale in counted],
            },
        )
    return over


GIVE_BACK = """
WITH want AS (SELECT * FROM unnest(%(keys)s::uuid[], %(units)s::int[]) AS w(demand_key, q)),
ended AS (
    DELETE FROM inventory_capdraw d USING want w WHERE d.demand_key = w.demand_key AND d.quantity <= w.q)
UPDATE inventory_capdraw d SET quantity = d.quantity - w.q FROM want w
WHERE d.demand_key = w.demand_key AND d.quantity > w.q
"""
LOCK = """
SELECT c.id FROM inventory_cap c WHERE c.id IN (SELECT cap_id FROM inventory_capdraw WHERE demand_key = ANY(%(keys)s))
ORDER BY c.id FOR NO KEY UPDATE
"""


def give_back(demands: Sequence[tuple[UUID, int]]) -> None:
    """Units of demands that are cancelled may be sold again."""
    require_atomic()
    wanted: dict[UUID, int] = defaultdict(int)
    for key, units in demands:
        wanted[key] += units
    if wanted and rows(LOCK, {"keys": list(wanted)}):
        run(GIVE_BACK, {"keys": list(wanted), "units": list(wanted.values())})
