"""Demands in line: who waits for which supply, and how units that came become reservations.

Every change is made under the lock of the variant's supply (locks), by reading all, deciding (sharing) and writing the
difference.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from core.db import require_atomic, rows, run
from core.ids import new_id
from core.outbox import publish
from inventory.free import FREE
from inventory.locks import lock_stock
from inventory.pins import add_pins
from inventory.selectors import LEGAL
from inventory.services import Pin, Short, promise_pinned
from inventory.supply.events import WaitsChanged
from inventory.supply.locks import lock_supply
from inventory.supply.sharing import Coming, Legal, Part, Pins, Waiting, hand_out, in_line, share, without


@dataclass(frozen=True, slots=True)
class Wait:
    """Units of a demand that no place has."""

    demand_key: UUID
    variant_id: UUID
    pool_id: UUID
    quantity: int
    ordered_at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """All who wait for a variant, what is to come of it, and what lies free: read under its lock."""

    variant_id: UUID
    waits: dict[UUID, Waiting]
    coming: list[Coming]
    due: dict[UUID, date]


def wait(waits: Sequence[Wait]) -> None:
    """Put units in line: they wait for the earliest supply that is legal and not promised, or for any that is to come.

    The caller holds the lock of whatever the demands belong to, and has done with stock rows.
    """
    if waits:
        lock_supply({w.variant_id for w in waits})
        put(waits, [None] * len(waits))
        told = settle({w.variant_id for w in waits})
        _tell([w for w in waits if w.demand_key not in told])


def _tell(waits: Sequence[Wait]) -> None:
    for variant in sorted({w.variant_id for w in waits}):
        demands = sorted({str(w.demand_key) for w in waits if w.variant_id == variant})
        publish([WaitsChanged(about=variant, demands=demands)])


PUT = """
INSERT INTO inventory_supplypin (id, demand_key, variant_id, pool_id, supply_id, quantity, ordered_at)
SELECT * FROM unnest(%(ids)s::uuid[], %(keys)s::uuid[], %(variants)s::uuid[], %(pools)s::uuid[], %(supplies)s::uuid[],
                     %(quantities)s::int[], %(ordered)s::timestamptz[])
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
    """Promise units of supply. Short where somebody took them meanwhile: the transaction must then be given up.

    The caller has done with stock rows.
    """
    if not sold:
        return
    variants = {each.wait.variant_id for each in sold}
    lock_supply(variants)
    left = {c.supply_id: c.units for coming in room(variants).values() for c in coming}
    for each in sold:
        left[each.supply_id] = left.get(each.supply_id, 0) - each.wait.quantity
        if left[each.supply_id] < 0:
            raise Short([(each.wait.variant_id, each.location_id)])
    put([each.wait for each in sold], [each.supply_id for each in sold])


def settle(variant_ids: Collection[UUID]) -> set[UUID]:
    """Give room that nobody has to those who wait without any, or longer; the caller holds the variants' supply. Returns
    the demands that wait for something else than before, which others are told of."""
    require_atomic()
    changed: set[UUID] = set()
    for variant, coming in room(variant_ids).items():
        if any(c.units for c in coming):
            line = _line(variant, coming)
            changed |= _change(line, share(line.waits.values(), coming, legal()))
    return changed


def legal() -> Legal:
    """The places of each pool that ship."""
    return {row.pool_id: tuple(row.places) for row in rows(LEGAL)}


# A place that owes more than it has, or keeps more back, will have that much less of what comes.
COMING = f"""
SELECT y.id, y.variant_id, y.location_id, y.due, y.quantity - y.arrived - y.committed AS units,
       greatest(0, -coalesce({FREE}, 0)) AS owing, l.is_active AND 'ship' = ANY(l.can) AND NOT coalesce(s.withheld, false) AS ships
FROM inventory_supply y JOIN inventory_location l ON l.id = y.location_id
LEFT JOIN inventory_stock s ON s.variant_id = y.variant_id AND s.location_id = y.location_id
WHERE y.variant_id = ANY(%(variants)s) AND y.state = 'expected' ORDER BY y.due, y.id
"""  # noqa: S608 - a constant


def room(variant_ids: Collection[UUID]) -> dict[UUID, list[Coming]]:
    """What is to come of each variant, the soonest first, with the units of it that can still be promised."""
    found: dict[UUID, list[Coming]] = {}
    owing: dict[tuple[UUID, UUID], int] = {}
    for row in rows(COMING, {"variants": list(variant_ids)}):
        owed = owing.setdefault((row.variant_id, row.location_id), row.owing)
        free = max(0, row.units)
        owing[row.variant_id, row.location_id] = max(0, owed - free)
        units = max(0, free - owed) if row.ships else 0
        found.setdefault(row.variant_id, []).append(Coming(row.id, row.location_id, row.due, units))
    return found


WAITS = """
SELECT demand_key, pool_id, supply_id, quantity, ordered_at FROM inventory_supplypin WHERE variant_id = %(variant)s
ORDER BY ordered_at, demand_key
"""


def _line(variant_id: UUID, coming: Sequence[Coming]) -> Line:
    waits: dict[UUID, Waiting] = {}
    for row in rows(WAITS, {"variant": variant_id}):
        known = waits.setdefault(row.demand_key, Waiting(row.demand_key, row.pool_id, row.ordered_at, {}))
        known.pins[row.supply_id] = row.quantity
    return Line(variant_id, waits, list(coming), {c.supply_id: c.due for c in coming})


def line_of(variant_id: UUID) -> Line:
    """All who wait for a variant; the caller holds its supply."""
    return _line(variant_id, room([variant_id]).get(variant_id, []))


REMOVE = """
DELETE FROM inventory_supplypin p USING unnest(%(keys)s::uuid[], %(supplies)s::uuid[]) AS w(demand_key, supply_id)
WHERE p.demand_key = w.demand_key AND p.supply_id IS NOT DISTINCT FROM w.supply_id
"""


def _change(line: Line, after: Mapping[UUID, Pins], *, told: bool = True) -> set[UUID]:
    """Write what differs: first what becomes less, so that no supply is promised twice for a moment. Returns whose."""
    before = {(key, held): units for key, wait in line.waits.items() for held, units in wait.pins.items()}
    wanted = {(key, held): units for key, pins in after.items() for held, units in pins.items()}
    changed = {pin: units for pin, units in wanted.items() if units != before.get(pin, 0)}
    _remove([pin for pin, units in changed.items() if not units])
    less = {pin for pin, units in changed.items() if 0 < units < before.get(pin, 0)}
    for part in (less, {pin for pin, units in changed.items() if units > before.get(pin, 0)}):
        if part:
            pins = sorted(part, key=str)
            put([_of(line, key, wanted[key, held]) for key, held in pins], [held for _, held in pins], SET)
    if told and changed:
        demands = sorted({str(key) for key, _ in changed})
        publish([WaitsChanged(about=line.variant_id, demands=demands)])
    return {key for key, _ in changed}


def _of(line: Line, demand_key: UUID, units: int) -> Wait:
    known = line.waits[demand_key]
    return Wait(demand_key, line.variant_id, known.pool_id, units, known.ordered_at)


def _remove(pins: Sequence[tuple[UUID, UUID | None]]) -> None:
    if pins:
        run(REMOVE, {"keys": [key for key, _ in pins], "supplies": [held for _, held in pins]})


def loosen(line: Line, supply_id: UUID, units: int) -> None:
    """So many units of a supply will not come: who ordered last waits for another, or for any that is to come."""
    after: dict[UUID, Pins] = {}
    for known in reversed(in_line(line.waits.values())):
        if part := min(units, known.pins.get(supply_id, 0)):
            units -= part
            pins = after[known.demand_key] = dict(known.pins)
            pins[supply_id] -= part
            pins[None] = pins.get(None, 0) + part
    _change(line, after)


# Units that came


FREE_AT = f"""
SELECT s.location_id, {FREE} AS units FROM inventory_stock s JOIN inventory_location l ON l.id = s.location_id
WHERE s.variant_id = %(variant)s AND l.is_active AND 'ship' = ANY(l.can) AND {FREE} > 0
  AND (%(location)s::uuid IS NULL OR s.location_id = %(location)s)
"""  # noqa: S608 - constants


def serve(
    variant_id: UUID, location_id: UUID | None = None, *, first: UUID | None = None, most: int | None = None
) -> int:
    """Free units, at one place or everywhere, become reservations of those who wait; returns how many.

    With `first` only units that are waited for of this supply, `most` of them. The caller holds the stock rows and the
    variant's supply.
    """
    free = {r.location_id: r.units for r in rows(FREE_AT, {"variant": variant_id, "location": location_id})}
    if not free:
        return 0
    if most is not None:
        free = {place: min(units, most) for place, units in free.items()}
    line = line_of(variant_id)
    parts = hand_out(_who(line, first), free, legal())
    _reserve(line, parts, first)
    return sum(part.units for part in parts)


def _who(line: Line, first: UUID | None) -> Iterable[Waiting]:
    if first is None:
        return line.waits.values()
    return [
        Waiting(w.demand_key, w.pool_id, w.ordered_at, {first: w.pins[first]})
        for w in line.waits.values()
        if first in w.pins
    ]


def _reserve(line: Line, parts: Sequence[Part], first: UUID | None) -> None:
    if not parts:
        return
    given: dict[UUID, int] = {}
    for part in parts:
        given[part.demand_key] = given.get(part.demand_key, 0) + part.units
    after = {key: without(line.waits[key].pins, units, line.due, first) for key, units in given.items()}
    _change(line, after, told=False)
    pins = [Pin(p.demand_key, line.variant_id, p.location_id, p.pool_id, p.units) for p in parts]
    add_pins(pins)
    promise_pinned(pins)


def cover(variant_ids: Collection[UUID]) -> int:
    """What lies free goes to those who wait, and their room of supply to others; returns how many units were given."""
    with transaction.atomic():
        lock_stock(variant_ids, None)
        lock_supply(variant_ids)
        given = sum(serve(variant) for variant in sorted(variant_ids))
        settle(variant_ids)
    return given


HELD = """
SELECT w.demand_key, w.wanted, coalesce(r.units, 0)::int AS reserved, p.variant_id
FROM unnest(%(keys)s::uuid[], %(wanted)s::int[]) AS w(demand_key, wanted)
LEFT JOIN (SELECT demand_key, sum(quantity) AS units FROM inventory_reservation
           WHERE demand_key = ANY(%(keys)s) GROUP BY 1) r ON r.demand_key = w.demand_key
LEFT JOIN (SELECT DISTINCT demand_key, variant_id FROM inventory_supplypin
           WHERE demand_key = ANY(%(keys)s)) p ON p.demand_key = w.demand_key
"""


def let_go(variant_ids: Collection[UUID], demands: Sequence[tuple[UUID, int]]) -> list[tuple[UUID, int]]:
    """Demands want so many units in all from now on, those they have reserved among them: they leave the line by the
    rest, first where they would wait longest. Returns what they have reserved beyond that, for `unreserve`.

    The caller holds the variants' stock rows everywhere.
    """
    require_atomic()
    lock_supply(variant_ids)
    lines = {variant: line_of(variant) for variant in variant_ids}
    beyond: list[tuple[UUID, int]] = []
    for row in rows(HELD, {"keys": [key for key, _ in demands], "wanted": [units for _, units in demands]}):
        line = lines.get(row.variant_id)
        waits = line.waits[row.demand_key].units if line else 0
        over = row.reserved + waits - row.wanted
        if line and (part := min(over, waits)) > 0:
            _change(line, {row.demand_key: without(line.waits[row.demand_key].pins, part, line.due)}, told=False)
        if over > waits:
            beyond.append((row.demand_key, over - waits))
    settle(variant_ids)
    return beyond
