"""What is read under the lock of a variant's supply: what of it can be promised, what lies free, and who waits.

Those who wait are read in their order and by parts: as many as there are units for, not all there are.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from core.db import rows
from inventory.free import FREE
from inventory.selectors import LEGAL
from inventory.supply.sharing import Coming, Legal, Rooms, Shelf, Waiting

LOST_AFTER = timedelta(days=1)
"""So long after its moment nobody is believed to order it any more: who waits for it takes whatever is ordered."""
LEAST = 100
"""Read at least so many of those who wait at a time."""


def legal() -> Legal:
    """The places of each pool that ship."""
    return {row.pool_id: tuple(row.places) for row in rows(LEGAL)}


COMING = f"""
SELECT y.id, y.variant_id, y.location_id, y.due, greatest(0, y.quantity - y.arrived - y.committed) AS units,
       y.order_by IS NULL AS is_ordered, y.order_by IS NULL OR y.order_by > %(now)s AS is_offered,
       coalesce(y.order_by <= %(lost)s, false) AS is_lost,
       -coalesce({FREE}, 0) AS short, coalesce(s.fenced, 0) > 0 AS has_fences,
       l.is_active AND 'ship' = ANY(l.can) AND NOT coalesce(s.withheld, false) AS ships
FROM inventory_supply y JOIN inventory_location l ON l.id = y.location_id
LEFT JOIN inventory_stock s ON s.variant_id = y.variant_id AND s.location_id = y.location_id
WHERE y.variant_id = ANY(%(variants)s) AND y.state = 'expected'
ORDER BY y.due, y.order_by IS NOT NULL, y.id
"""  # noqa: S608 - a constant
FENCES = """
SELECT s.variant_id, s.location_id, f.channel_id, f.unused, p.supply_id, sum(p.quantity)::int AS pinned
FROM inventory_stock s JOIN inventory_fence f ON f.stock_id = s.id AND f.unused > 0
LEFT JOIN inventory_supply y ON y.variant_id = s.variant_id AND y.location_id = s.location_id AND y.state = 'expected'
LEFT JOIN inventory_supplypin p ON p.supply_id = y.id AND p.channel_id = f.channel_id
WHERE s.variant_id = ANY(%(variants)s) GROUP BY 1, 2, 3, 4, 5
"""


def room(variant_ids: Collection[UUID]) -> dict[UUID, Rooms]:
    """What is to come of each variant of which anything is, and can still be promised."""
    found: dict[UUID, Rooms] = {}
    fenced: set[UUID] = set()
    now = timezone.now()
    for row in rows(COMING, {"variants": list(variant_ids), "now": now, "lost": now - LOST_AFTER}):
        rooms = found.setdefault(row.variant_id, Rooms([]))
        is_offered = row.ships and row.is_offered
        units = row.units if is_offered else 0
        rooms.coming.append(Coming(row.id, row.location_id, row.due, units, row.is_ordered, is_offered, row.is_lost))
        rooms.short[row.location_id] = row.short
        if row.has_fences:
            fenced.add(row.variant_id)
    for row in rows(FENCES, {"variants": list(fenced)}) if fenced else ():
        found[row.variant_id].fences[row.location_id, row.channel_id] = row.unused
        if row.supply_id:
            found[row.variant_id].pinned[row.supply_id, row.channel_id] = row.pinned
    return found


FREE_AT = f"""
SELECT s.location_id, {FREE} AS units, s.fenced > 0 AS has_fences
FROM inventory_stock s JOIN inventory_location l ON l.id = s.location_id
WHERE s.variant_id = %(variant)s AND l.is_active AND 'ship' = ANY(l.can) AND {FREE} + s.fenced > 0
  AND (%(location)s::uuid IS NULL OR s.location_id = %(location)s)
"""  # noqa: S608 - constants
SET_ASIDE = """
SELECT s.location_id, f.channel_id, f.unused FROM inventory_stock s JOIN inventory_fence f ON f.stock_id = s.id
WHERE s.variant_id = %(variant)s AND s.location_id = ANY(%(places)s) AND f.unused > 0
"""


def shelves(variant_id: UUID, location_id: UUID | None) -> dict[UUID, Shelf]:
    """What lies free of a variant, at one place or everywhere, for everybody and for the channels it is set aside for."""
    found = rows(FREE_AT, {"variant": variant_id, "location": location_id})
    free = {row.location_id: Shelf(row.units) for row in found}
    if places := [row.location_id for row in found if row.has_fences]:
        for row in rows(SET_ASIDE, {"variant": variant_id, "places": places}):
            free[row.location_id].fences[row.channel_id] = row.unused
    return free


PINS = "p.demand_key, p.variant_id, p.pool_id, p.channel_id, p.supply_id, p.quantity, p.ordered_at"
IN_LINE = f"""
WITH chosen AS (
    SELECT DISTINCT p.ordered_at, p.demand_key FROM inventory_supplypin p
    WHERE p.variant_id = %(variant)s AND {{whose}} AND p.pool_id = ANY(%(pools)s)
      AND (%(anybody)s OR p.channel_id = ANY(%(channels)s)) AND (p.ordered_at, p.demand_key) > (%(at)s, %(key)s)
    ORDER BY 1, 2 LIMIT %(most)s)
SELECT {PINS}, y.due FROM chosen c JOIN inventory_supplypin p ON p.demand_key = c.demand_key
LEFT JOIN inventory_supply y ON y.id = p.supply_id ORDER BY p.ordered_at, p.demand_key
"""  # noqa: S608 - constants
ALL = IN_LINE.format(whose="true")
OF_SUPPLY = IN_LINE.format(whose="p.supply_id = %(supply)s")
COULD_GAIN = IN_LINE.format(whose="(p.supply_id IS NULL OR p.supply_id = ANY(%(later)s))")
FIRST_OF = f"""
SELECT {PINS}, NULL AS due FROM inventory_supplypin p JOIN (
    SELECT demand_key FROM inventory_supplypin WHERE supply_id = %(supply)s AND variant_id = %(variant)s
    ORDER BY ordered_at, demand_key LIMIT %(most)s) first ON first.demand_key = p.demand_key
"""  # noqa: S608 - a constant
LAST_OF = f"""
SELECT {PINS}, NULL AS due FROM inventory_supplypin p JOIN (
    SELECT demand_key FROM inventory_supplypin WHERE supply_id = %(supply)s AND variant_id = %(variant)s
    ORDER BY ordered_at DESC, demand_key DESC LIMIT %(most)s) last ON last.demand_key = p.demand_key
"""  # noqa: S608 - a constant
OF_DEMANDS = f"""
SELECT {PINS}, y.due FROM inventory_supplypin p LEFT JOIN inventory_supply y ON y.id = p.supply_id
WHERE p.demand_key = ANY(%(keys)s)
"""  # noqa: S608 - a constant
Dates = dict[UUID, Any]
"""The day of each supply that is waited for."""


def _waiting(found: Sequence[Any]) -> tuple[list[Waiting], Dates]:
    waits: dict[UUID, Waiting] = {}
    for r in found:
        known = waits.setdefault(
            r.demand_key, Waiting(r.demand_key, r.variant_id, r.pool_id, r.channel_id, r.ordered_at, {})
        )
        known.pins[r.supply_id] = r.quantity
    return list(waits.values()), {r.supply_id: r.due for r in found if r.supply_id}


def last_of(variant_id: UUID, supply_id: UUID, most: int) -> list[Waiting]:
    """Those who wait for a supply and ordered last, at most so many."""
    return _waiting(rows(LAST_OF, {"variant": variant_id, "supply": supply_id, "most": most}))[0]


def first_of(variant_id: UUID, supply_id: UUID, most: int) -> list[Waiting]:
    """Those who wait for a supply and ordered first, at most so many."""
    return _waiting(rows(FIRST_OF, {"variant": variant_id, "supply": supply_id, "most": most}))[0]


def of_demands(keys: Collection[UUID]) -> tuple[dict[UUID, Waiting], Dates]:
    """These demands, as far as they wait, and the days of what they wait for."""
    waits, due = _waiting(rows(OF_DEMANDS, {"keys": list(keys)}))
    return {wait.demand_key: wait for wait in waits}, due


def _parts(sql: str, asked: Mapping[str, Any], most: int) -> Iterator[tuple[list[Waiting], Dates]]:
    """All who are meant, in their order, so many at a time."""
    most = max(LEAST, 1 + most)
    after: dict[str, Any] = {"at": "-infinity", "key": UUID(int=0)}
    while True:
        waits, due = _waiting(rows(sql, {**asked, **after, "most": most}))
        if waits:
            yield waits, due
        if len(waits) < most:
            return
        after = {"at": waits[-1].ordered_at, "key": waits[-1].demand_key}


def who_could_have(
    variant_id: UUID, free: Mapping[UUID, Shelf], pools: Legal, *, first: UUID | None, most: int | None
) -> Iterator[tuple[list[Waiting], Dates]]:
    """Those who wait and may have what lies free, by parts; with `first` only those who wait for that supply."""
    units = sum(max(0, shelf.common) + sum(shelf.fences.values()) for shelf in free.values())
    asked = {
        "variant": variant_id,
        "supply": first,
        "pools": _pools(pools, free),
        "anybody": any(shelf.common > 0 for shelf in free.values()),
        "channels": sorted({channel for shelf in free.values() for channel in shelf.channels}),
    }
    return _parts(ALL if first is None else OF_SUPPLY, asked, units if most is None else min(most, units))


def _pools(pools: Legal, places: Collection[UUID]) -> list[UUID]:
    return [pool for pool, of in pools.items() if any(place in places for place in of)]


def who_could_gain(variant_id: UUID, rooms: Rooms, pools: Legal) -> Iterator[list[Waiting]]:
    """Those who wait for nothing certain, or longer than they could, by parts; each part after the rooms as the one before
    has left them."""
    after: dict[str, Any] = {"at": "-infinity", "key": UUID(int=0)}
    while is_open := rooms.open():
        coming = [c for each in is_open.values() for c in each]
        soonest, is_ordered = min(c.rank for c in coming), any(c.is_ordered for c in coming)
        most = max(LEAST, 1 + sum(c.units for c in rooms.coming))
        asked = {
            "variant": variant_id,
            "later": [
                c.supply_id
                for c in rooms.coming
                if (c.is_lost and is_ordered) or (c.rank > soonest and (is_ordered or not c.is_ordered))
            ],
            "pools": _pools(pools, {c.location_id for c in coming}),
            "anybody": None in is_open,
            "channels": [channel for channel in is_open if channel],
            "most": most,
        }
        waits, _due = _waiting(rows(COULD_GAIN, asked | after))
        if waits:
            yield waits
        if len(waits) < most:
            return
        after = {"at": waits[-1].ordered_at, "key": waits[-1].demand_key}
