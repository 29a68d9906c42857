"""Room for an order that is short: pins of other orders go where they may sit as well, and their timelines say so."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from capture.drafts import DraftOrder
from core.actors import Actor
from inventory.pins import move_pins
from inventory.room import Room, find_room
from inventory.selectors import Seats, seats
from inventory.services import Pin
from orders.repinned import tell_repinned

EVERYTHING = 2**31
"""More units than there can be of anything."""


def look(
    missing: Mapping[UUID, int], pool_id: UUID, channel_id: UUID, places: Sequence[UUID], others: Sequence[Pin]
) -> dict[UUID, Room]:
    """Room at the pool's `places` for the missing units of each variant, to be sold through a channel; `others` are pins of
    this call that are not written yet. A place that has promised or keeps back more than it has would give nobody what is
    moved from it."""
    now = seats(missing)
    legal = now.legal.get(pool_id, ())
    for pin in others:
        if pin.variant_id in missing:
            free, pins = now.free[pin.variant_id], now.pins[pin.variant_id]
            free[pin.location_id] = free.get(pin.location_id, 0) - pin.quantity
            seat = now.seat(pin.location_id, pin.pool_id, pin.channel_id)
            pins[seat] = pins.get(seat, 0) + pin.quantity
    return {
        variant: _look(now, variant, units, channel_id, [place for place in places if place in legal])
        for variant, units in missing.items()
    }


def _look(now: Seats, variant: UUID, units: int, channel_id: UUID, places: Sequence[UUID]) -> Room:
    """What is set aside for the channel itself at these places is known to be free for it."""
    free, own = now.free[variant], now.own[variant]
    giving = [place for place in places if free.get(place, 0) + own.get((place, channel_id), 0) >= 0]
    others = {spot: q for spot, q in own.items() if spot[1] != channel_id or spot[0] not in giving}
    return find_room(units, giving, free=free, own=others, pins=now.pins[variant], legal=now.legal)


def most(variant_ids: Sequence[UUID], pool_id: UUID, channel_id: UUID, places: Sequence[UUID]) -> dict[UUID, int]:
    """How many units more of each variant a channel could sell by moving what waits at the pool's `places`, beyond what is
    free."""
    found = look(dict.fromkeys(variant_ids, EVERYTHING), pool_id, channel_id, places, ())
    return {variant: each.units for variant, each in found.items()}


def make(draft: DraftOrder, *, actor: Actor) -> None:
    """Carry out the moves that the draft needs; the caller has the variants' stock rows locked everywhere."""
    tell_repinned(move_pins(draft.moves), actor=actor, number=draft.number)
