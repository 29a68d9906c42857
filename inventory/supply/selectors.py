"""Reads of supply: what is to come, and what can be promised of it from which day on."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from core.days import company_day
from core.db import rows
from inventory.selectors import free_and_left
from inventory.supply.dated import Step, by_date, within
from inventory.supply.reading import room
from inventory.supply.sharing import Coming

ON_ITS_WAY, TO_ORDER = "on_its_way", "to_order"
"""What a promise of a later day rests on: supply that is ordered, and what vendors can still be asked for."""
_LEGAL = """
SELECT p.location_id FROM inventory_poollocation p JOIN inventory_location l ON l.id = p.location_id
WHERE p.pool_id = %(pool)s AND l.is_active AND 'ship' = ANY(l.can)
"""


@dataclass(frozen=True, slots=True)
class Now:
    """What lies free of each variant for a channel, the places that can send, and what caps leave (of those that have
    one)."""

    free: Mapping[UUID, int]
    places: Collection[UUID]
    left: Mapping[UUID, int]


def atp_by_date(
    variant_ids: Collection[UUID], pool_id: UUID, channel_id: UUID, *, today: date | None = None, now: Now | None = None
) -> dict[UUID, list[Step]]:
    """What a channel selling from the pool can promise of each variant, from today and from each day on which more comes:
    as much as an order that is sold ahead is accepted for.

    What comes is what nobody has who waits; supply that is late by now is no ground for a promise; a cap counts what is
    sold before it is here too.
    """
    today, wanted = today or company_day(), list(variant_ids)
    now = now or _now(wanted, pool_id, channel_id)
    coming = room(wanted)
    found = {}
    for variant in wanted:
        more = coming[variant].of(channel_id) if variant in coming else ()
        usable = [c for c in more if c.location_id in now.places and c.due >= today]
        steps = by_date(now.free.get(variant, 0), ((c.due, c.units) for c in usable), today)
        told = [replace(step, grounds=_grounds(step.day, usable)) for step in steps]
        found[variant] = within(told, now.left.get(variant))
    return found


def _grounds(day: date, usable: Iterable[Coming]) -> tuple[str, ...]:
    """What comes on a day: what is ordered, what can be ordered, or both."""
    return tuple(sorted({ON_ITS_WAY if c.is_ordered else TO_ORDER for c in usable if c.due == day and c.units}))


def _now(variant_ids: Sequence[UUID], pool_id: UUID, channel_id: UUID) -> Now:
    free, left = free_and_left(variant_ids, pool_id, channel_id)
    return Now(free, {row.location_id for row in rows(_LEGAL, {"pool": pool_id})}, left)


def inbound(steps: Iterable[Step], available: int) -> list[dict[str, Any]]:
    """What can be promised beyond what is `available` now, and on which day, as the API tells it."""
    told: list[dict[str, Any]] = []
    for step in steps:
        if step.units > available:
            more = {"date": step.day.isoformat(), "quantity": step.units - available, "grounds": list(step.grounds)}
            told.append(more)
            available = step.units
    return told
