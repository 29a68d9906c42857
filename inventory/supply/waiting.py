"""Demands in line: who waits for which supply, and how units that came become reservations.

Every change is made under the lock of the variant's supply (locks), by reading those whom it can concern (reading),
deciding (sharing) and writing the difference.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from core.db import require_atomic, rows, run
from core.ids import new_id
from core.outbox import publish
from inventory.locks import lock_stock
from inventory.pins import add_pins
from inventory.services import Pin, Short, promise_pinned
from inventory.supply import reading
from inventory.supply.events import WaitsChanged, in_parts
from inventory.supply.locks import lock_supply
from inventory.supply.reading import room
from inventory.supply.sharing import Part, Pins, Waiting, hand_out, in_line, share, without


@dataclass(frozen=True, slots=True)
class Wait:
    """Units of a demand that no place has; `channel_id` is whose fences may serve it."""

    demand_key: UUID
    variant_id: UUID
    pool_id: UUID
    channel_id: UUID | None
    quantity: int
    ordered_at: datetime


def wait(waits: Sequence[Wait]) -> None:
    """Put units in line: they wait for the earliest supply that is legal and not promised, or for any that is to come.

    The caller holds the lock of whatever the demands belong to, and has done with stock rows.
    """
    if waits:
        lock_supply({w.variant_id for w in waits})
        put(waits, [None] * len(waits))
        told = settle({w.variant_id for w in waits})
        _tell((w.variant_id, w.demand_key) for w in waits if w.demand_key not in told)


def _tell(demands: Iterable[tuple[UUID, UUID]]) -> None:
    by_variant: dict[UUID, set[str]] = defaultdict(set)
    for variant, demand in demands:
        by_variant[variant].add(str(demand))
    for variant, keys in sorted(by_variant.items()):
        publish([WaitsChanged(about=variant, demands=part) for part in in_parts(sorted(keys))])


PUT = """
INSERT INTO inventory_supplypin (id, demand_key, variant_id, pool_id, channel_id, supply_id, quantity, ordered_at)
SELECT * FROM unnest(%(ids)s::uuid[], %(keys)s::uuid[], %(variants)s::uuid[], %(pools)s::uuid[], %(channels)s::uuid[],
                     %(supplies)s::uuid[], %(quantities)s::int[], %(ordered)s::timestamptz[])
ON CONFLICT (demand_key, supply_id) DO UPDATE SET quantity = {quantity}
"""
ADD = PUT.format(quantity="inventory_supplypin.quantity + excluded.quantity")
SET = PUT.format(quantity="excluded.quantity")


def put(waits: Sequence[Wait], supplies: Sequence[UUID | None], sql: str = ADD) -> None:
    """Write pins of waits, each to its supply; the caller holds the lock of the variants' supply."""
    run(
        sql,
        {
            "ids": [new_id() for _ in waits],
            "keys": [w.demand_key for w in waits],
            "variants": [w.variant_id for w in waits],
            "pools": [w.pool_id for w in waits],
            "channels": [w.channel_id for w in waits],
            "supplies": list(supplies),
            "quantities": [w.quantity for w in waits],
            "ordered": [w.ordered_at for w in waits],
        },
    )


@dataclass(frozen=True, slots=True)
class Ahead:
    """Units of a new demand that are sold before they are here, and the supply that brings them."""

    wait: Wait
    supply_id: UUID
    location_id: UUID
    due: date


def sell_ahead(sold: Sequence[Ahead]) -> None:
    """Promise units of supply. Short where somebody took them meanwhile, or they come on another day than was promised: the
    transaction must then be given up.

    The caller has done with stock rows.
    """
    if not sold:
        return
    variants = {each.wait.variant_id for each in sold}
    lock_supply(variants)
    rooms = room(variants)
    for each in sold:
        variant, channel = each.wait.variant_id, each.wait.channel_id
        left = {(c.supply_id, c.due): c.units for c in rooms[variant].of(channel)} if variant in rooms else {}
        if left.get((each.supply_id, each.due), 0) < each.wait.quantity:
            raise Short([(variant, each.location_id)])
        rooms[variant].take(each.supply_id, channel, each.wait.quantity)
    put([each.wait for each in sold], [each.supply_id for each in sold])


def settle(variant_ids: Collection[UUID]) -> set[UUID]:
    """Give room that nobody has to those who wait without any, or longer; the caller holds the variants' supply. Returns
    the demands that wait for something else than before, which others are told of."""
    require_atomic()
    changed: set[UUID] = set()
    for variant, rooms in room(variant_ids).items():
        if rooms.open():
            pools = reading.legal()
            waits: list[Waiting] = []
            after: dict[UUID, Pins] = {}
            for part in reading.who_could_gain(variant, rooms, pools):
                waits += part
                after |= share(part, rooms, pools)
            changed |= _change(waits, after)
    return changed


REMOVE = """
DELETE FROM inventory_supplypin p USING unnest(%(keys)s::uuid[], %(supplies)s::uuid[]) AS w(demand_key, supply_id)
WHERE p.demand_key = w.demand_key AND p.supply_id IS NOT DISTINCT FROM w.supply_id
"""


def _change(waits: Iterable[Waiting], after: Mapping[UUID, Pins], *, told: bool = True) -> set[UUID]:
    """Write what differs: first what becomes less, so that no supply is promised twice for a moment. Returns whose."""
    known = {wait.demand_key: wait for wait in waits}
    before = {(key, held): units for key, wait in known.items() for held, units in wait.pins.items()}
    wanted = {(key, held): units for key, pins in after.items() for held, units in pins.items()}
    changed = {pin: units for pin, units in wanted.items() if units != before.get(pin, 0)}
    _remove([pin for pin, units in changed.items() if not units])
    less = {pin for pin, units in changed.items() if 0 < units < before.get(pin, 0)}
    for part in (less, {pin for pin, units in changed.items() if units > before.get(pin, 0)}):
        if part:
            pins = sorted(part, key=str)
            put([_of(known[key], wanted[key, held]) for key, held in pins], [held for _, held in pins], SET)
    if told:
        _tell((known[key].variant_id, key) for key, _ in changed)
    return {key for key, _ in changed}


def _of(known: Waiting, units: int) -> Wait:
    return Wait(known.demand_key, known.variant_id, known.pool_id, known.channel_id, units, known.ordered_at)


def _remove(pins: Sequence[tuple[UUID, UUID | None]]) -> None:
    if pins:
        run(REMOVE, {"keys": [key for key, _ in pins], "supplies": [held for _, held in pins]})


COMMITTED = "SELECT committed FROM inventory_supply WHERE id = %(id)s"


def loosen_beyond(variant_id: UUID, supply_id: UUID, to_come: int) -> None:
    """No more than so many units of a supply will come: who ordered last waits for another, or for any that is to come."""
    units = rows(COMMITTED, {"id": supply_id})[0].committed - to_come
    if units <= 0:
        return
    after: dict[UUID, Pins] = {}
    waits = reading.last_of(variant_id, supply_id, units)
    for known in reversed(in_line(waits)):
        if part := min(units, known.pins.get(supply_id, 0)):
            units -= part
            pins = after[known.demand_key] = dict(known.pins)
            pins[supply_id] -= part
            pins[None] = pins.get(None, 0) + part
    _change(waits, after)


def hand_over(variant_id: UUID, held: UUID, supply_id: UUID, most: int) -> int:
    """Who waits for one supply waits for another that brings the same, the first come first; returns the units."""
    left = most
    after: dict[UUID, Pins] = {}
    waits = reading.first_of(variant_id, held, most)
    for known in in_line(waits):
        if part := min(left, known.pins.get(held, 0)):
            left -= part
            pins = after[known.demand_key] = dict(known.pins)
            pins[held] -= part
            pins[supply_id] = pins.get(supply_id, 0) + part
    _change(waits, after)
    return most - left


# Units that came


def serve(
    variant_id: UUID, location_id: UUID | None = None, *, first: UUID | None = None, most: int | None = None
) -> int:
    """Free units, at one place or everywhere, become reservations of those who wait; returns how many.

    What may be sold to an order may serve it: no unit that a place keeps back, withholds, or has set aside for another
    channel. With `first` only units that are waited for of this supply, `most` of them. The caller holds the stock rows
    and the variant's supply.
    """
    free = reading.shelves(variant_id, location_id)
    if not free:
        return 0
    pools, given = reading.legal(), 0
    for waits, due in reading.who_could_have(variant_id, free, pools, first=first, most=most):
        parts = hand_out(_wanting(waits, first), free, pools, None if most is None else most - given)
        _reserve(waits, parts, due, first)
        given += sum(part.units for part in parts)
        if given == most or not any(shelf.common > 0 or shelf.channels for shelf in free.values()):
            break
    return given


def _wanting(waits: Sequence[Waiting], first: UUID | None) -> list[Waiting]:
    """Those who wait, with what they wait for of `first` only."""
    return list(waits) if first is None else [replace(w, pins={first: w.pins[first]}) for w in waits]


def _reserve(waits: Sequence[Waiting], parts: Sequence[Part], due: Mapping[UUID, date], first: UUID | None) -> None:
    if not parts:
        return
    known = {wait.demand_key: wait for wait in waits}
    given: dict[UUID, int] = defaultdict(int)
    for part in parts:
        given[part.demand_key] += part.units
    after = {key: without(known[key].pins, units, due, first) for key, units in given.items()}
    _change(waits, after, told=False)
    pins = [_pin(known[part.demand_key], part) for part in parts]
    add_pins(pins)
    promise_pinned(pins)


def _pin(known: Waiting, part: Part) -> Pin:
    return Pin(
        known.demand_key, known.variant_id, part.location_id, known.pool_id, part.units, channel_id=known.channel_id
    )


def cover(variant_ids: Collection[UUID]) -> int:
    """What lies free goes to those who wait, and their room of supply to others; returns how many units were given."""
    with transaction.atomic():
        lock_stock(variant_ids, None)
        lock_supply(variant_ids)
        given = sum(serve(variant) for variant in sorted(variant_ids))
        settle(variant_ids)
    return given


HELD = """
SELECT w.demand_key, w.wanted, coalesce(r.units, 0)::int AS reserved
FROM unnest(%(keys)s::uuid[], %(wanted)s::int[]) AS w(demand_key, wanted)
LEFT JOIN (SELECT demand_key, sum(quantity) AS units FROM inventory_reservation
           WHERE demand_key = ANY(%(keys)s) GROUP BY 1) r ON r.demand_key = w.demand_key
"""


def let_go(variant_ids: Collection[UUID], demands: Sequence[tuple[UUID, int]]) -> list[tuple[UUID, int]]:
    """Demands want so many units in all from now on, those they have reserved among them: they leave the line by the
    rest, first where they would wait longest. Returns what they have reserved beyond that, for `unreserve`.

    The caller holds the variants' stock rows everywhere.
    """
    require_atomic()
    lock_supply(variant_ids)
    keys = [key for key, _ in demands]
    known, due = reading.of_demands(keys)
    after: dict[UUID, Pins] = {}
    beyond: list[tuple[UUID, int]] = []
    for row in rows(HELD, {"keys": keys, "wanted": [units for _, units in demands]}):
        wait = known.get(row.demand_key)
        waits = wait.units if wait else 0
        over = row.reserved + waits - row.wanted
        if wait and (part := min(over, waits)) > 0:
            after[row.demand_key] = without(wait.pins, part, due)
        if over > waits:
            beyond.append((row.demand_key, over - waits))
    _change(known.values(), after, told=False)
    settle(variant_ids)
    return beyond
