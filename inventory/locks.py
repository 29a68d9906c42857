"""Locks of stock rows, always taken in (variant, location) order, so that no two transactions wait in a circle."""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from core.db import require_atomic, rows, run

LOCK_POOL = """
SELECT s.id FROM inventory_stock s
WHERE s.variant_id = ANY(%(variants)s)
  AND s.location_id IN (SELECT location_id FROM inventory_poollocation WHERE pool_id = ANY(%(pools)s))
ORDER BY s.variant_id, s.location_id FOR NO KEY UPDATE OF s
"""
LOCK_ANYWHERE = """
SELECT s.id FROM inventory_stock s WHERE s.variant_id = ANY(%(variants)s)
ORDER BY s.variant_id, s.location_id FOR NO KEY UPDATE OF s
"""


def lock_stock(variant_ids: Collection[UUID], pool_ids: Collection[UUID] | None) -> None:
    """Lock the variants' stock rows at every location of some pools (None: everywhere), so that what is read next stays
    true."""
    require_atomic()
    wanted = {"variants": list(variant_ids)}
    if pool_ids is None:
        run(LOCK_ANYWHERE, wanted)
    else:
        run(LOCK_POOL, wanted | {"pools": list(pool_ids)})


LOCK_ROWS = """
SELECT s.id FROM inventory_stock s WHERE s.id = ANY(%(ids)s)
ORDER BY s.variant_id, s.location_id FOR NO KEY UPDATE OF s
"""


def lock_rows(stock_ids: Collection[UUID]) -> None:
    """Lock some stock rows."""
    require_atomic()
    run(LOCK_ROWS, {"ids": list(stock_ids)})


LOCK_PLACES = """
SELECT s.id FROM inventory_stock s
WHERE (s.variant_id, s.location_id) IN (SELECT * FROM unnest(%(variants)s::uuid[], %(locations)s::uuid[]))
ORDER BY s.variant_id, s.location_id FOR NO KEY UPDATE OF s
"""


def lock_places(places: Collection[tuple[UUID, UUID]]) -> None:
    """Lock the stock rows at some (variant, location)."""
    require_atomic()
    run(LOCK_PLACES, {"variants": [variant for variant, _ in places], "locations": [place for _, place in places]})


LOCK_BEHIND = """
SELECT s.variant_id, s.location_id FROM inventory_stock s
WHERE (s.variant_id, s.location_id) IN (
    SELECT r.variant_id, r.location_id FROM inventory_reservation r WHERE r.demand_key = ANY(%(keys)s)
    UNION SELECT * FROM unnest(%(variants)s::uuid[], %(locations)s::uuid[]))
ORDER BY s.variant_id, s.location_id FOR NO KEY UPDATE OF s
"""
ELSEWHERE = """
SELECT EXISTS (
    SELECT FROM inventory_reservation r WHERE r.demand_key = ANY(%(keys)s) AND NOT EXISTS (
        SELECT FROM unnest(%(variants)s::uuid[], %(locations)s::uuid[]) AS k(v, l)
        WHERE k.v = r.variant_id AND k.l = r.location_id)) AS moved
"""


class _PinsMovedError(Exception):
    """Somebody made room by other pins while these were being locked."""


def lock_behind(demand_keys: Collection[UUID], places: Collection[tuple[UUID, UUID]] = ()) -> None:
    """Lock the stock rows behind the demands' pins and at some (variant, location), in one ordered step.

    Stock before pins: whoever moves pins of others for room (`move_pins`) holds the stock rows at both ends. A pin that
    was moved before its row was locked is looked for again.
    """
    require_atomic()
    given = {"variants": [variant for variant, _ in places], "locations": [place for _, place in places]}
    while True:
        try:
            with transaction.atomic():
                locked = rows(LOCK_BEHIND, {"keys": list(demand_keys), **given})
                held = {"variants": [k.variant_id for k in locked], "locations": [k.location_id for k in locked]}
                if rows(ELSEWHERE, {"keys": list(demand_keys), **held})[0].moved:
                    raise _PinsMovedError
        except _PinsMovedError:
            continue
        return
