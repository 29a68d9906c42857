"""Pins that others change: they wait for their units at another place where they may legally sit, or are pins again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from core.db import require_atomic, rows, run
from core.problems import Conflict
from inventory.limits import owners
from inventory.room import Room
from inventory.services import Pin, Shift, give_back


@dataclass(frozen=True, slots=True)
class PinMove:
    """Units of a variant that pins of a pool, and of a channel, hold at one location and shall hold at another; of these
    so many out of what is set aside for the channel there (`own`)."""

    variant_id: UUID
    pool_id: UUID
    channel_id: UUID | None
    origin_id: UUID
    target_id: UUID
    units: int
    own: int = 0


def moves_of(rooms: Mapping[UUID, Room]) -> list[PinMove]:
    """What must be moved for the room that was found, by variant."""
    return [
        PinMove(variant, move.pool_id, move.channel_id, move.origin_id, move.target_id, move.units, move.own)
        for variant, room in rooms.items()
        for move in room.moves
    ]


# The moves of a group (variant, pool, channel, origin) and its pins, those of the newest orders first, are laid end to end: what
# lies side by side is a part of a pin that goes to a target. A demand has one pool and one channel.
MOVE_PINS = """
WITH want AS (
    SELECT *, sum(units) OVER (PARTITION BY variant_id, pool_id, channel_id, origin_id ORDER BY n) AS upto
    FROM unnest(%(variants)s::uuid[], %(pools)s::uuid[], %(channels)s::uuid[], %(origins)s::uuid[], %(targets)s::uuid[],
                %(units)s::int[]) WITH ORDINALITY AS w(variant_id, pool_id, channel_id, origin_id, target_id, units, n)),
pins AS (
    SELECT r.*, d.channel_id, sum(r.quantity) OVER (
        PARTITION BY r.variant_id, r.pool_id, d.channel_id, r.location_id ORDER BY r.demand_key DESC) AS upto
    FROM inventory_reservation r
    LEFT JOIN unnest(%(keys)s::uuid[], %(key_channels)s::uuid[]) AS d(demand_key, channel_id) ON d.demand_key = r.demand_key
    JOIN (SELECT DISTINCT variant_id, pool_id, origin_id FROM want) w
      ON w.variant_id = r.variant_id AND w.pool_id = r.pool_id AND w.origin_id = r.location_id
    WHERE %(fenced)s OR NOT EXISTS (
        SELECT FROM inventory_fencedraw d JOIN inventory_fence f ON f.id = d.fence_id
        JOIN inventory_stock s ON s.id = f.stock_id AND s.location_id = r.location_id WHERE d.demand_key = r.demand_key)),
parts AS MATERIALIZED (
    SELECT p.id, p.demand_key, p.variant_id, p.pool_id, p.quantity, w.origin_id, w.target_id,
           (least(p.upto, w.upto) - greatest(p.upto - p.quantity, w.upto - w.units))::int AS part
    FROM pins p JOIN want w
      ON w.variant_id = p.variant_id AND w.pool_id = p.pool_id AND w.origin_id = p.location_id
     AND w.channel_id IS NOT DISTINCT FROM p.channel_id AND p.upto > w.upto - w.units AND w.upto > p.upto - p.quantity),
taken AS (SELECT id, quantity, sum(part)::int AS part FROM parts GROUP BY id, quantity),
gone AS (DELETE FROM inventory_reservation r USING taken t WHERE r.id = t.id AND t.part = t.quantity),
shrunk AS (
    UPDATE inventory_reservation r SET quantity = r.quantity - t.part FROM taken t WHERE r.id = t.id AND t.part < t.quantity),
put AS (
    INSERT INTO inventory_reservation (id, demand_key, variant_id, location_id, pool_id, quantity)
    SELECT gen_random_uuid(), demand_key, variant_id, target_id, pool_id, sum(part)::int FROM parts
    GROUP BY demand_key, variant_id, target_id, pool_id
    ON CONFLICT (demand_key, location_id) DO UPDATE SET quantity = inventory_reservation.quantity + excluded.quantity)
SELECT demand_key, variant_id, origin_id, target_id, part AS units FROM parts
"""


def move_pins(moves: Sequence[PinMove], *, fenced: bool = False) -> list[Any]:
    """Let demands wait for their units at another legal location, so that there is room for somebody else.

    The caller has the variants' stock rows locked, at both ends. Returns what was moved (demand_key, variant_id,
    origin_id, target_id, units). Short where a target has too few free units; what is set aside there for a demand's
    channel is taken first. With `fenced` also what is pinned out of a fence, which it gives back.
    """
    require_atomic()
    if not moves:
        return []
    channels = owners.of_pins({m.variant_id for m in moves})
    moved = rows(
        MOVE_PINS,
        {
            "keys": list(channels),
            "key_channels": list(channels.values()),
            "channels": [m.channel_id for m in moves],
            "variants": [m.variant_id for m in moves],
            "pools": [m.pool_id for m in moves],
            "origins": [m.origin_id for m in moves],
            "targets": [m.target_id for m in moves],
            "units": [m.units for m in moves],
            "fenced": fenced,
        },
    )
    if sum(m.units for m in moved) != sum(m.units for m in moves):
        raise Conflict(_("What is to be moved is not pinned there any more."))
    give_back(
        [Shift(m.variant_id, m.origin_id, m.demand_key, reserved=-m.units) for m in moved]
        + [
            Shift(m.variant_id, m.target_id, m.demand_key, reserved=m.units, channel_id=channels.get(m.demand_key))
            for m in moved
        ]
    )
    return moved


ADD_PINS = """
INSERT INTO inventory_reservation (id, demand_key, variant_id, location_id, pool_id, quantity)
SELECT * FROM unnest(%(ids)s::uuid[], %(keys)s::uuid[], %(variants)s::uuid[], %(locations)s::uuid[], %(pools)s::uuid[],
                     %(quantities)s::int[])
ON CONFLICT (demand_key, location_id) DO UPDATE SET quantity = inventory_reservation.quantity + excluded.quantity
"""


def add_pins(pins: Sequence[Pin]) -> None:
    """Write pins, those of a demand at the same place as one; what is reserved there is still to be moved.

    The caller has the stock rows locked.
    """
    require_atomic()
    wanted: dict[tuple[UUID, UUID], Pin] = {}
    for pin in pins:
        known = wanted.get((pin.demand_key, pin.location_id))
        wanted[(pin.demand_key, pin.location_id)] = replace(
            pin, quantity=pin.quantity + (known.quantity if known else 0)
        )
    run(
        ADD_PINS,
        {
            "ids": [p.id for p in wanted.values()],
            "keys": [p.demand_key for p in wanted.values()],
            "variants": [p.variant_id for p in wanted.values()],
            "locations": [p.location_id for p in wanted.values()],
            "pools": [p.pool_id for p in wanted.values()],
            "quantities": [p.quantity for p in wanted.values()],
        },
    )


def pin_allocated(pins: Sequence[Pin]) -> None:
    """Allocated units are reserved again where they are: what was decided for them is open again.

    The caller has the stock rows locked.
    """
    add_pins(pins)
    give_back(
        [Shift(p.variant_id, p.location_id, p.demand_key, reserved=p.quantity, allocated=-p.quantity) for p in pins]
    )
