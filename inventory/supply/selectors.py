"""Reads of supply: what is to come, and what can be promised of it from which day on."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from core.days import company_day
from core.db import rows
from inventory.selectors import atp
from inventory.supply.dated import Step, by_date
from inventory.supply.reading import room
from inventory.supply.sharing import Coming, Rooms

ON_ITS_WAY, TO_ORDER = "on_its_way", "to_order"
"""What a promise of a later day rests on: supply that is ordered, and what vendors can still be asked for."""
_UNSURE = """
SELECT w.variant_id, sum(w.quantity)::bigint AS units FROM inventory_supplypin w
WHERE w.supply_id IS NULL AND w.variant_id = ANY(%(variants)s) AND EXISTS (
    SELECT FROM inventory_poollocation theirs JOIN inventory_poollocation ours ON ours.location_id = theirs.location_id
    WHERE theirs.pool_id = w.pool_id AND ours.pool_id = %(pool)s)
GROUP BY 1
"""
_LEGAL = """
SELECT p.location_id FROM inventory_poollocation p JOIN inventory_location l ON l.id = p.location_id
WHERE p.pool_id = %(pool)s AND l.is_active AND 'ship' = ANY(l.can)
"""


def atp_by_date(
    variant_ids: Collection[UUID],
    pool_id: UUID,
    channel_id: UUID,
    *,
    today: date | None = None,
    free: dict[UUID, int] | None = None,
) -> dict[UUID, list[Step]]:
    """What a channel selling from the pool can promise of each variant, from today and from each day on which more comes.

    Who waits for no known supply comes before everybody new; supply that is late by now is no ground for a promise.
    """
    today = today or company_day()
    wanted = list(variant_ids)
    free = atp(wanted, pool_id, channel_id) if free is None else free
    coming = room(wanted)
    if not coming:
        return {variant: by_date(free.get(variant, 0), (), today) for variant in wanted}
    unsure = {row.variant_id: row.units for row in rows(_UNSURE, {"variants": wanted, "pool": pool_id})}
    legal = {row.location_id for row in rows(_LEGAL, {"pool": pool_id})}
    found: dict[UUID, list[Step]] = {}
    for variant in wanted:
        usable = [c for c in _for(channel_id, coming.get(variant)) if c.location_id in legal and c.due >= today]
        opening = free.get(variant, 0) - unsure.get(variant, 0)
        steps = by_date(opening, ((c.due, c.units) for c in usable), today)
        found[variant] = [replace(step, grounds=_grounds(step.day, usable)) for step in steps]
    return found


def _grounds(day: date, usable: Iterable[Coming]) -> tuple[str, ...]:
    """What comes on a day: what is ordered, what can be ordered, or both."""
    return tuple(sorted({ON_ITS_WAY if c.is_ordered else TO_ORDER for c in usable if c.due == day and c.units}))


def _for(channel_id: UUID, rooms: Rooms | None) -> list[Coming]:
    return rooms.of(channel_id) if rooms else []


def inbound(steps: Iterable[Step]) -> list[dict[str, Any]]:
    """What more can be promised on which day, as the API tells it."""
    told: list[dict[str, Any]] = []
    before = 0
    for n, step in enumerate(steps):
        if n:
            told.append({"date": step.day.isoformat(), "quantity": step.units - before, "grounds": list(step.grounds)})
        before = step.units
    return told
