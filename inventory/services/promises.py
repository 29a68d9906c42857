"""Promises: units that are reserved or allocated to demands at stock rows, moved by one guarded statement.

All functions take sets and lock stock rows in (variant, location) order, so that no two of them can wait in a circle.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from core.actors import SYSTEM
from core.bulk import Table, insert_all
from core.db import require_atomic, rows
from core.ids import new_id
from core.problems import Conflict
from inventory import shortfalls
from inventory.free import FREE
from inventory.limits import caps, fences
from inventory.limits.caps import Sale
from inventory.locks import lock_behind
from inventory.supply.risen import WANTED, tell_rows


class Short(Conflict):
    """Some stock rows have too few free units; nothing was changed. `rows` are their (variant, location) ids."""

    def __init__(self, missing: list[tuple[UUID, UUID]]) -> None:
        self.missing = missing
        super().__init__("Somebody else has just taken units that were free a moment ago.")


@dataclass(frozen=True, slots=True)
class Pin:
    """Units to be pinned to one legal location for one demand, out of the fence of its channel first."""

    demand_key: UUID
    variant_id: UUID
    location_id: UUID
    pool_id: UUID
    quantity: int
    channel_id: UUID | None = None
    id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class Target:
    """Units of a demand decided for a location; where they are not pinned yet, out of the fence of its channel first."""

    demand_key: UUID
    variant_id: UUID
    location_id: UUID
    quantity: int
    channel_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class At:
    """Units of a variant at a location, for a demand."""

    variant_id: UUID
    location_id: UUID
    quantity: int
    demand_key: UUID


@dataclass(frozen=True, slots=True)
class Shift:
    """A change of what is promised to a demand at one stock row; `gone` when the units have left."""

    variant_id: UUID
    location_id: UUID
    demand_key: UUID
    reserved: int = 0
    allocated: int = 0
    channel_id: UUID | None = None
    gone: bool = False


SHIFT = f"""
WITH want AS MATERIALIZED (
    SELECT * FROM unnest(%(variants)s::uuid[], %(locations)s::uuid[], %(reserved)s::int[], %(allocated)s::int[],
                         %(own)s::bool[]) AS w(variant_id, location_id, r, a, own)),
locked AS MATERIALIZED (
    SELECT s.id, w.r, w.a, w.own, p.held_units, p.held_share
    FROM inventory_stock s JOIN want w USING (variant_id, location_id) JOIN inventory_location p ON p.id = s.location_id
    ORDER BY s.variant_id, s.location_id FOR NO KEY UPDATE OF s)
UPDATE inventory_stock s SET reserved = s.reserved + l.r, allocated = s.allocated + l.a FROM locked l
WHERE s.id = l.id AND (l.r + l.a <= 0 OR {FREE} + CASE WHEN l.own THEN s.fenced ELSE 0 END >= l.r + l.a)
RETURNING s.id, s.variant_id, s.location_id, s.fenced > 0 OR EXISTS (SELECT FROM inventory_fence f WHERE f.stock_id = s.id) AS has_fences,
    s.reserved + s.allocated <= s.on_hand AND s.reserved + s.allocated - l.r - l.a > s.on_hand AS cured,
    l.r + l.a < 0 AND {WANTED} AS risen
"""  # noqa: S608 - constants


def shift(shifts: Sequence[Shift], sales: Sequence[Sale] = ()) -> list[Any]:
    """Move promises at many stock rows in one statement; returns the rows: `cured` of a shortfall by it, or `risen`, with
    more that is free and wanted by somebody.

    `sales` count against their channels' caps. Raises Short where too few units are free; what it did elsewhere must then
    be given up with the savepoint.
    """
    require_atomic()
    wanted: dict[tuple[UUID, UUID], tuple[int, int, bool]] = {}
    for s in shifts:
        reserved, allocated, own = wanted.get((s.variant_id, s.location_id), (0, 0, False))
        wanted[(s.variant_id, s.location_id)] = (
            reserved + s.reserved,
            allocated + s.allocated,
            own or s.channel_id is not None,
        )
    asked = {
        "variants": [variant for variant, _ in wanted],
        "locations": [location for _, location in wanted],
        "reserved": [reserved for reserved, _, _ in wanted.values()],
        "allocated": [allocated for _, allocated, _ in wanted.values()],
        "own": [own for _, _, own in wanted.values()],
    }
    done = rows(SHIFT, asked) if wanted else []
    if len(done) < len(wanted):
        raise Short(sorted(set(wanted) - {(d.variant_id, d.location_id) for d in done}))
    if over := caps.count(sales):
        raise Short([(s.variant_id, s.location_id) for s in shifts if s.variant_id in over])
    _settle_fences(shifts, {(d.variant_id, d.location_id): d.id for d in done if d.has_fences})
    return done


def _settle_fences(shifts: Sequence[Shift], fenced: Mapping[tuple[UUID, UUID], UUID]) -> None:
    """What the fences of these stock rows give and take back: each demand's change, all its shifts there together."""
    if not fenced:
        return
    changes: dict[tuple[UUID, UUID], fences.Change] = {}
    places = {stock: place for place, stock in fenced.items()}
    for s in shifts:
        if (stock := fenced.get((s.variant_id, s.location_id))) is not None:
            known = changes.get((stock, s.demand_key))
            changes[(stock, s.demand_key)] = fences.Change(
                stock,
                s.demand_key,
                s.reserved + s.allocated + (known.units if known else 0),
                s.channel_id or (known.channel_id if known else None),
                s.gone,
            )
    if over := fences.settle(list(changes.values())):
        raise Short([places[stock] for stock in over])


def give_back(shifts: Sequence[Shift]) -> None:
    """Move promises where some end, which may end a shortfall and serve somebody who waits."""
    done = shift(shifts)
    shortfalls.resolve_given_back([d.id for d in done if d.cured], actor=SYSTEM)
    tell_rows([d.id for d in done if d.risen])


PINS = Table(
    "inventory_reservation",
    {
        "id": "uuid",
        "demand_key": "uuid",
        "variant_id": "uuid",
        "location_id": "uuid",
        "pool_id": "uuid",
        "quantity": "int",
    },
)


def reserve(pins: Sequence[Pin]) -> None:
    """Pin units; the guarded update comes last, so that hot stock rows are locked as briefly as can be."""
    with transaction.atomic():
        insert_all({PINS: pins})
        promise_pinned(pins)


def promise_pinned(pins: Sequence[Pin], sales: Sequence[Sale] = ()) -> None:
    """The guarded half of `reserve`, for a caller who has written the pins with other rows; `sales` count against caps.

    Raises Short where too few units are free: the transaction, or its savepoint, must then be given up.
    """
    shift(
        [Shift(p.variant_id, p.location_id, p.demand_key, reserved=p.quantity, channel_id=p.channel_id) for p in pins],
        sales,
    )


GIVE_BACK = """
WITH want AS (SELECT * FROM unnest(%(keys)s::uuid[], %(quantities)s::int[]) AS w(demand_key, q)),
pins AS (
    SELECT r.id, r.demand_key, r.variant_id, r.location_id, r.quantity, w.q,
           sum(r.quantity) OVER (PARTITION BY r.demand_key ORDER BY r.id) AS upto
    FROM inventory_reservation r JOIN want w USING (demand_key)),
parts AS (
    SELECT *, least(quantity, q - (upto - quantity)) AS part FROM pins WHERE upto - quantity < q),
shrunk AS (
    UPDATE inventory_reservation r SET quantity = r.quantity - p.part FROM parts p
    WHERE r.id = p.id AND p.part < r.quantity),
gone AS (DELETE FROM inventory_reservation r USING parts p WHERE r.id = p.id AND p.part = p.quantity)
SELECT demand_key, variant_id, location_id, part FROM parts
"""


def unreserve(demands: Sequence[tuple[UUID, int]]) -> None:
    """Give units back from the demands' pins; the caller holds the lock of whatever the demands belong to."""
    require_atomic()
    if not demands:
        return
    lock_behind([key for key, _ in demands])
    parts = rows(GIVE_BACK, {"keys": [d[0] for d in demands], "quantities": [d[1] for d in demands]})
    if sum(p.part for p in parts) != sum(q for _, q in demands):
        raise Conflict(_("Fewer units are reserved than are to be given back."))
    give_back([Shift(p.variant_id, p.location_id, p.demand_key, reserved=-p.part) for p in parts])


def allocate(targets: Sequence[Target]) -> None:
    """Turn the demands' pins into allocations, wherever these stand, in one move.

    The targets of a demand take no more units than it has pinned; Short when a target has too few free units.
    """
    require_atomic()
    if not targets:
        return
    keys = sorted({t.demand_key for t in targets})
    with transaction.atomic():
        lock_behind(keys, [(t.variant_id, t.location_id) for t in targets])
        gone = rows(
            "DELETE FROM inventory_reservation WHERE demand_key = ANY(%(keys)s)"
            " RETURNING demand_key, variant_id, location_id, pool_id, quantity",
            {"keys": keys},
        )
        if sum(g.quantity for g in gone) != sum(t.quantity for t in targets):
            gone = _put_back(gone, targets)
        give_back(
            [Shift(g.variant_id, g.location_id, g.demand_key, reserved=-g.quantity) for g in gone]
            + [
                Shift(t.variant_id, t.location_id, t.demand_key, allocated=t.quantity, channel_id=t.channel_id)
                for t in targets
            ]
        )


def _put_back(gone: Sequence[Any], targets: Sequence[Target]) -> list[Pin]:
    """Units that came for a demand (inventory.supply) after its plan was made stay pinned. Each target takes what stands
    at its place, then what stands elsewhere; returns what they took."""
    pins = [Pin(g.demand_key, g.variant_id, g.location_id, g.pool_id, g.quantity) for g in gone]
    left = {pin.id: pin.quantity for pin in pins}
    for is_elsewhere in (False, True):
        targets = [replace(t, quantity=t.quantity - _take(t, pins, left, is_elsewhere)) for t in targets]
    if any(t.quantity for t in targets):
        raise Conflict(_("What is to be allocated is not what was reserved."))
    insert_all({PINS: [replace(pin, id=new_id(), quantity=left[pin.id]) for pin in pins if left[pin.id]]})
    return [replace(pin, quantity=units) for pin in pins if (units := pin.quantity - left[pin.id])]


def _take(target: Target, pins: Sequence[Pin], left: dict[UUID, int], is_elsewhere: bool) -> int:
    taken = 0
    for pin in pins:
        if pin.demand_key == target.demand_key and (is_elsewhere or pin.location_id == target.location_id):
            part = min(left[pin.id], target.quantity - taken)
            left[pin.id] -= part
            taken += part
    return taken


def deallocate(units: Sequence[At]) -> None:
    """Give allocated units back."""
    give_back([Shift(u.variant_id, u.location_id, u.demand_key, allocated=-u.quantity) for u in units])
